"""Owns the figure of one picture explained, and how a map is laid over a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from hybrid_wbc.evaluation.explained import ExplainedPicture
from hybrid_wbc.report.figures.style import (
    BLUE,
    ORANGE,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    VERMILION,
    new_figure,
)

Pixels = npt.NDArray[np.uint8]

RAISES, LOWERS = BLUE, ORANGE
# Of the colour over the strongest place; the cell has to be seen through it.
_STRONGEST = 0.8
# Of the picture's grey, so that the colours stand out.
_FADED = 0.55
# Of the maps: pairs side by side, and the inches of a map, of a pair and of a row.
_ACROSS = 3
_MAP, _BLOCK, _ROW = 1.08, 2.37, 2.0
_NAME_CHARACTERS = 38


def overlay(picture: Pixels, places: npt.NDArray[np.floating], side: int) -> Pixels:
    """Lay a map over a picture in grey: blue where it is above zero, orange below.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    places : ndarray of float, shape (h, w)
    side : int
        Height and width of what is given, in pixels.

    Returns
    -------
    ndarray of uint8, shape (side, side, 3)
        The strongest place is the most coloured; a map of zeros leaves the picture grey.
    """
    size = (side, side)
    grey = Image.fromarray(picture).convert("L").resize(size, Image.Resampling.BILINEAR)
    faded = 255 - _FADED * (255 - np.asarray(grey, dtype=float)[..., None])
    drawn = Image.fromarray(places.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    strength = np.asarray(drawn)[..., None] / (np.abs(places).max() or 1.0)
    colour = np.where(strength > 0, to_rgb(RAISES), to_rgb(LOWERS)) * 255
    share = _STRONGEST * np.clip(np.abs(strength), 0, 1)
    return np.rint((1 - share) * faded + share * colour).astype(np.uint8)


def explained_figure(
    explained: ExplainedPicture,
    headings: list[str],
    verdicts: list[str],
    answers: list[str],
    training: Mapping[str, Pixels],
    *,
    synthetic: bool,
) -> Figure:
    """Draw a picture, what was said of it, its maps in pairs, and the cells nearest to it.

    Parameters
    ----------
    explained : ExplainedPicture
    headings, verdicts : list of str
        Of each of its maps, in their order.
    answers : list of str
        What each classifier said, a line each.
    training : mapping of str to ndarray of uint8, shape (size, size, 3)
        Pictures of training cells, by id; a neighbour that has none is left out.
    synthetic : bool
        Whether the run was trained on drawn cells.

    Returns
    -------
    matplotlib.figure.Figure
        Of each number Grad-CAM at the left and occlusion at the right.
    """
    rows = -(-len(explained.maps) // _ACROSS)
    near = [cell for cell in explained.neighbours if cell.id in training]
    title = textwrap.fill(explained.name, 66)
    head = max(1.5, 0.2 * (title.count("\n") + 2 + len(answers)))
    height = 0.3 * synthetic + head + rows * _ROW + (1.5 if near else 0.1) + 0.2
    figure = new_figure(height, synthetic=synthetic)
    figure.set_layout_engine("none")  # places are given in inches
    sheet = _Sheet(figure, height)
    top = 0.1 + 0.3 * synthetic
    _show(sheet.axis(0.1, top, 1.3), explained.pixels)
    sheet.write(1.6, top, title, fontsize=TITLE_SIZE, fontweight="bold")
    below = top + 0.18 * (title.count("\n") + 1) + 0.1
    sheet.write(1.6, below, "\n".join(answers), fontsize=TEXT_SIZE, linespacing=1.4)
    for place, mapped in enumerate(explained.maps):
        left = 0.1 + place % _ACROSS * _BLOCK
        high = top + head + place // _ACROSS * _ROW
        named = textwrap.fill(headings[place], _NAME_CHARACTERS)
        sheet.write(left, high, named, fontsize=SMALL_SIZE, fontweight="bold")
        pair = (("Grad-CAM", mapped.gradient), ("occlusion", mapped.occlusion))
        for number, (kind, places) in enumerate(pair):
            axis = sheet.axis(left + number * (_MAP + 0.07), high + 0.3, _MAP)
            _show(axis, overlay(explained.pixels, places, 192))
            axis.set_xlabel(kind, fontsize=SMALL_SIZE, labelpad=2)
        told = textwrap.fill(verdicts[place], _NAME_CHARACTERS)
        colour = "black" if mapped.is_readable else VERMILION
        sheet.write(left, high + 0.3 + _MAP + 0.2, told, fontsize=SMALL_SIZE, color=colour)
    lowest = top + head + rows * _ROW
    if near:
        sheet.write(0.1, lowest, "The nearest training cells", fontsize=TITLE_SIZE)
    for number, cell in enumerate(near):
        axis = sheet.axis(0.1 + number * 1.4, lowest + 0.2, 0.9)
        _show(axis, training[cell.id])
        told = f"{textwrap.fill(cell.label, 20)}\ndistance {cell.number:.2f}"
        axis.set_xlabel(told, fontsize=SMALL_SIZE, labelpad=2)
    return figure


class _Sheet:
    """Places on a figure, in inches from its upper left corner."""

    def __init__(self, figure: Figure, height: float) -> None:
        self.figure, self.height = figure, height

    def axis(self, left: float, top: float, side: float) -> Axes:
        """Give axes for a square picture."""
        bottom = self.height - top - side
        return self.figure.add_axes(
            (left / PAGE_WIDTH, bottom / self.height, side / PAGE_WIDTH, side / self.height)
        )

    def write(self, left: float, top: float, text: str, **looks: Any) -> None:
        """Write text, its upper left corner there."""
        place = left / PAGE_WIDTH, 1 - top / self.height
        self.figure.text(*place, text, va="top", **looks)


def _show(axis: Axes, pixels: Pixels) -> None:
    axis.imshow(pixels)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_linewidth(0.5)
