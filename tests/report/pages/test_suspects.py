"""Owns the test of the suspects' pictures."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from hybrid_wbc.report.pages.suspects import pictured

SUSPECT = {
    "id": "a.png",
    "label": "basophil",
    "suggested": "monocyte",
    "agreement": 1.0,
    "neighbours": 0.8,
    "probability": 0.1,
    "repeats": 1,
    "reason": "labelled basophil",
}


def test_each_suspect_has_its_own_picture_where_there_are_any() -> None:
    images = np.stack([np.full((96, 96, 3), value, np.uint8) for value in (10, 200)])
    shown = pictured([SUSPECT, SUSPECT | {"id": "b.png"}], images)
    pictures = [Image.open(io.BytesIO(each["image"])) for each in shown]
    assert [picture.size for picture in pictures] == [(64, 64)] * 2
    assert [round(np.asarray(picture).mean(), -1) for picture in pictures] == [10, 200]
    assert [each["image"] for each in pictured([SUSPECT], None)] == [None]
    assert shown[1]["id"] == "b.png" and shown[1]["reason"] == "labelled basophil"
