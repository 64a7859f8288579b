"""Owns the picture of a smear with its cells: a box about each, its class and number beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw, ImageFont

from hybrid_wbc.evaluation.predicted import PredictedCell
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT, class_styles

# Of the frame's longer side: how thick a line is, and how high a letter.
_LINE, _LETTER = 1 / 400, 1 / 55
_LEAST_LETTER = 11


def class_colours(classes: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Give each class the colour that it has in every figure, as red, green and blue to 255."""
    colours = [to_rgb(style.colour) for style in class_styles(len(classes))]
    return {
        name: (round(255 * red), round(255 * green), round(255 * blue))
        for name, (red, green, blue) in zip(classes, colours, strict=True)
    }


def draw_boxes(
    image: npt.NDArray[np.uint8],
    cells: Sequence[PredictedCell],
    classes: Sequence[str],
    *,
    synthetic: bool,
) -> Image.Image:
    """Draw the cells of a smear on it.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        RGB.
    cells : sequence of PredictedCell
        Those of this smear.
    classes : sequence of str
        All classes, in their order, which gives the colours.
    synthetic : bool
        True writes that the cells the answers rest on are drawn.

    Returns
    -------
    PIL.Image.Image
        As large as the smear. A cell that the frame cuts off, or that is unlike anything seen, has
        a question mark.
    """
    picture = Image.fromarray(image)
    drawing = ImageDraw.Draw(picture)
    longer = max(picture.size)
    line = max(2, round(_LINE * longer))
    font = ImageFont.load_default(max(_LEAST_LETTER, round(_LETTER * longer)))
    colours = class_colours(classes)
    for cell in cells:
        if cell["box"] is None:
            continue
        left, top, right, bottom = cell["box"]
        colour = colours[cell["answer"]]
        drawing.rectangle((left, top, right - 1, bottom - 1), outline=colour, width=line)
        doubt = "?" if cell["cut_off"] or cell["unlike"] else ""
        _write(drawing, (left, top), f"{cell['number']} {cell['answer']}{doubt}", font, colour)
    if synthetic:
        _write(drawing, (line, 0), SYNTHETIC_TEXT, font, (0, 0, 0))
    return picture


def _write(
    drawing: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    colour: tuple[int, int, int],
) -> None:
    """Write on a label of a colour, above a corner where there is room, always in the frame."""
    # The letters that the built-in font lacks are no reason to fail.
    text = text.encode("latin-1", "replace").decode("latin-1")
    left, top, right, bottom = drawing.textbbox((0, 0), text, font=font)
    width, height = right - left + 6, bottom - top + 6
    room = drawing.im.size
    x = max(0, min(corner[0], room[0] - width))
    y = corner[1] - height if corner[1] >= height else corner[1]
    drawing.rectangle((x, y, x + width, y + height), fill=colour)
    bright = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 140
    ink = (0, 0, 0) if bright else (255, 255, 255)
    drawing.text((x + 3 - left, y + 3 - top), text, font=font, fill=ink)
