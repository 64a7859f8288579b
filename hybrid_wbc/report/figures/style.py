"""Owns the look of every figure: colours, markers, text sizes, width and marks of warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

SYNTHETIC_TEXT = "SYNTHETIC: drawn cells, not photographs"
AS_PUBLISHED_TEXT = "AS PUBLISHED: files split whatever they show, not by photograph"
PRIVATE_TEXT = (
    "This page shows cells of the LISC data base, whose terms forbid copying and passing on: keep "
    "it to yourself."
)

# Inches: the text width of an A4 or letter page, so that a point here is a point in print.
PAGE_WIDTH = 7.2

TITLE_SIZE = 9.0
TEXT_SIZE = 8.0
SMALL_SIZE = 7.0

# Okabe and Ito's palette for the colour-blind (https://jfly.uni-koeln.de/color/), its yellow
# darkened because the original cannot be seen as a small mark on white paper.
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, OLIVE = "#E69F00", "#56B4E9", "#000000", "#8A7A00"
GREY = "#6B6B6B"

Line = Literal["-", "--", ":", "-."]

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, OLIVE)
_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "<", "p", ">", "h")
_LINES: tuple[Line, ...] = ("-", "--", ":", "-.")


@dataclass(frozen=True)
class ClassStyle:
    """How one class looks in every figure: told apart by colour, and by marker without colour."""

    colour: str
    marker: str
    line: Line


def class_styles(count: int) -> list[ClassStyle]:
    """Give each of `count` classes its look; colour and marker together repeat after 24.

    Parameters
    ----------
    count : int
        Number of classes.

    Returns
    -------
    list of ClassStyle
        One per class, in class order, so that a class looks the same in all figures of a run.
    """
    return [
        ClassStyle(
            _COLOURS[index % len(_COLOURS)],
            _MARKERS[index % len(_MARKERS)],
            _LINES[index % len(_LINES)],
        )
        for index in range(count)
    ]


def new_figure(height: float, *, synthetic: bool) -> Figure:
    """Make an empty figure of page width, known to no pyplot state.

    Parameters
    ----------
    height : float
        Inches.
    synthetic : bool
        True writes `SYNTHETIC_TEXT` across the top.

    Returns
    -------
    matplotlib.figure.Figure
        Laid out by matplotlib's constrained layout, which leaves room for the mark.
    """
    figure = Figure(figsize=(PAGE_WIDTH, height), layout="constrained", facecolor="white")
    if synthetic:
        add_mark(figure, SYNTHETIC_TEXT)
    return figure


def add_mark(figure: Figure, text: str) -> None:
    """Write a mark across the top of a figure, below one that stands there."""
    lines = [line for line in (figure.get_suptitle(), text) if line]
    figure.suptitle("\n".join(lines), fontsize=TITLE_SIZE, fontweight="bold", color=VERMILION)
