"""Owns the look of every figure: colours, markers, text sizes, width and marks of warning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.spines import Spine
from matplotlib.text import Text

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

# What the pages use in the dark: paper, ink, and lines between the two.
DARK_PAPER, DARK_INK, DARK_LINE = "#17181A", "#E8E8E8", "#6A6C70"

Line = Literal["-", "--", ":", "-."]
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, OLIVE)
_LINES: tuple[Line, ...] = ("-", "--", ":", "-.")
_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*", "<", "p", ">", "h")


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


def class_handles(classes: Sequence[str], *, lines: bool = False) -> list[Line2D]:
    """Make the entries of a legend: each class by its marker, or by its line."""
    return [
        Line2D(
            [],
            [],
            color=style.colour,
            marker="" if lines else style.marker,
            markersize=6,
            linestyle=style.line if lines else "",
            linewidth=1.0,
            label=name,
        )
        for name, style in zip(classes, class_styles(len(classes)), strict=True)
    ]


def legend_columns(names: Sequence[str]) -> int:
    """Say how many names of a legend stand side by side on a page."""
    # Inches: an average letter at TEXT_SIZE, and the marker with its spaces.
    widest = 0.065 * max(len(name) for name in names) + 0.45
    return max(1, min(len(names), int(PAGE_WIDTH / widest)))


def mark_axes(axis: Axes, text: str) -> None:
    """Write a mark above the title of axes that lie in somebody else's figure."""
    title = axis.get_title()
    axis.set_title(f"{text}\n{title}" if title else text, fontsize=TITLE_SIZE)


def add_mark(figure: Figure, text: str) -> None:
    """Write a mark across the top of a figure, below one that stands there."""
    lines = [line for line in (figure.get_suptitle(), text) if line]
    figure.suptitle("\n".join(lines), fontsize=TITLE_SIZE, fontweight="bold", color=VERMILION)


def in_dark(figure: Figure) -> Figure:
    """Turn a figure of pictures to a dark page: paper, texts and frames, not the pictures.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is changed.

    Returns
    -------
    matplotlib.figure.Figure
        The same.
    """
    figure.set_facecolor(DARK_PAPER)
    for text in figure.findobj(Text):
        if to_rgb(text.get_color()) == to_rgb(BLACK):  # type: ignore[attr-defined]
            text.set_color(DARK_INK)  # type: ignore[attr-defined]
    for frame in figure.findobj(Spine):
        frame.set_edgecolor(DARK_LINE)  # type: ignore[attr-defined]
    return figure


def wrapped(name: str, characters: int) -> str:
    """Break a name into lines: after spaces, underscores, hyphens and strokes where it has them.

    Parameters
    ----------
    name : str
    characters : int
        Of a line at most; only a part that is longer by itself is broken within.

    Returns
    -------
    str

    Examples
    --------
    >>> wrapped("promyelocyte_or_myelocyte", 16).splitlines()
    ['promyelocyte_or_', 'myelocyte']
    """
    lines = [""]
    for part in re.split(r"(?<=[ _/-])", name):
        if len((lines[-1] + part).rstrip()) > characters and lines[-1]:
            lines.append("")
        lines[-1] += part
        while len(lines[-1].rstrip()) > characters:
            lines[-1:] = [lines[-1][:characters], lines[-1][characters:]]
    return "\n".join(line.rstrip() for line in lines)
