"""Owns the page of explained pictures: one HTML file with maps, answers and training cells."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
from PIL import Image

from hybrid_wbc.evaluation.explained import Explanation
from hybrid_wbc.report.figures.explained import LOWERS, RAISES, overlay
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.pages.mistakes import thumbnail
from hybrid_wbc.report.words import explained as words

_SIDE = 192
_WEBP_QUALITY = 80


def render(explanation: Explanation, *, private: str, command: str) -> str:
    """Write explained pictures as one self-contained page, which asks for nothing elsewhere.

    Parameters
    ----------
    explanation : Explanation
    private : str
        Why the page may not be passed on, or empty.
    command : str
        What makes it again.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped.
    """
    environment = templates.environment()
    environment.filters["picture"] = data_uri
    environment.filters["base"] = lambda name: PurePath(name).name
    environment.globals["overlay"] = lambda picture, places: overlay(picture, places, _SIDE)
    for name in ("heading", "verdict", "answer", "cell"):
        environment.globals[name] = getattr(words, name)
    return environment.get_template("explained.html.j2").render(
        explanation=explanation,
        in_short=words.in_short(explanation),
        how_to_read=words.HOW_TO_READ,
        training=_thumbnails(explanation.training),
        raises=RAISES,
        lowers=LOWERS,
        private=private,
        command=command,
        synthetic_text=SYNTHETIC_TEXT if explanation.synthetic else "",
        styles=templates.own_file("page.css") + templates.own_file("explained.css"),
    )


def _thumbnails(training: Mapping[str, npt.NDArray[np.uint8]]) -> dict[str, str]:
    return {cell: _uri(thumbnail(pixels)) for cell, pixels in training.items()}


def data_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """Write a picture, RGB of shape (h, w, 3), as the address of a WebP that holds itself."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=_WEBP_QUALITY)
    return _uri(file.getvalue())


def _uri(webp: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(webp).decode('ascii')}"
