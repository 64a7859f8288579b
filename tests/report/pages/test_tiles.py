"""Owns the tests of the sheet of pictures: how large they are, and that none is lost."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.report.pages.tiles import sprite_sheet


@pytest.mark.parametrize(
    ("count", "tile"), [(1, 96), (250, 96), (251, 80), (1001, 48), (5000, 48), (5001, 32)]
)
def test_pictures_are_smaller_where_there_are_more(count: int, tile: int) -> None:
    sheet, tiles = sprite_sheet(np.full((1, 8, 8, 3), 90, np.uint8), np.zeros(count, int))
    assert tiles["tile"] == tile
    with Image.open(io.BytesIO(sheet)) as picture:
        rows = -(-count // tiles["columns"])
        assert picture.size == (tiles["columns"] * tile, rows * tile)


def test_pictures_follow_the_order_that_is_given() -> None:
    shades = np.array([20, 120, 220], np.uint8)
    images = np.broadcast_to(shades[:, None, None, None], (3, 96, 96, 3))
    sheet, _ = sprite_sheet(images, np.array([2, 0, 1]))
    with Image.open(io.BytesIO(sheet)) as picture:
        pixels = np.asarray(picture.convert("L")).astype(int)
    middles = [pixels[48, 48], pixels[48, 144], pixels[144, 48]]
    assert np.abs(np.subtract(middles, [220, 20, 120])).max() < 6
