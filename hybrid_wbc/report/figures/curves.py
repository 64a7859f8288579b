"""Owns the figures of class probabilities: ROC, precision-recall and calibration curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hybrid_wbc.evaluation import curves
from hybrid_wbc.evaluation.curves import Calibration, Curves
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.score_types import AnyScore
from hybrid_wbc.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    class_handles,
    class_styles,
    legend_columns,
    new_figure,
)


@dataclass(frozen=True)
class CurveKind:
    """One kind of curve of a class against the rest.

    Parameters
    ----------
    area : {"roc_auc", "average_precision"}
        The score that is the area under it.
    of : callable
        Gives the curves of one classifier.
    axes : tuple of two str
        What its axes show.
    """

    area: Literal["roc_auc", "average_precision"]
    of: Callable[[Sequence[Probabilities]], Curves]
    axes: tuple[str, str]


ROC = CurveKind("roc_auc", curves.roc, ("false-positive rate", "true-positive rate"))
PRECISION_RECALL = CurveKind("average_precision", curves.precision_recall, ("recall", "precision"))
CALIBRATION_AXES = ("probability of the likeliest class", "share that is of this class")
_MOST_COLUMNS = 3


def class_curves(
    kind: CurveKind,
    given: Mapping[str, Curves],
    areas: Mapping[str, AnyScore],
    classes: Sequence[str],
    *,
    synthetic: bool,
) -> Figure:
    """Draw the ROC or precision-recall curves of every classifier, one class against the rest.

    Parameters
    ----------
    kind : CurveKind
    given : mapping of str to Curves
        By panel title.
    areas : mapping of str to AnyScore
        The mean of the areas over the classes, by the same titles.
    classes : sequence of k str
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each classifier, three a row: a line for each class and a bold one for their
        mean; the mean area and its 95 % interval in the title.
    """
    figure, axes = _panels(len(given), kind.axes, synthetic=synthetic)
    for axis, (title, drawn) in zip(axes, given.items(), strict=True):
        draw_class_curves(axis, drawn, areas[title], title)
    handles = [*class_handles(classes, lines=True), _mean_handle()]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=legend_columns([*classes, "mean of the classes"]),
        fontsize=TEXT_SIZE,
        frameon=False,
        handlelength=3,
    )
    return figure


def draw_class_curves(axis: Axes, given: Curves, area: AnyScore, title: str) -> None:
    """Draw one classifier's curves into axes.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    given : Curves
    area : AnyScore
        The mean of the areas over the classes.
    title : str
    """
    for line, style in zip(given.by_class, class_styles(len(given.by_class)), strict=True):
        axis.plot(given.x, line, style.line, color=style.colour, linewidth=1.0, alpha=0.9)
    axis.plot(given.x, given.mean, color=BLACK, linewidth=2.0)
    axis.set_title(f"{title}\nmean area {_written(area)}", fontsize=TITLE_SIZE)
    _square(axis)


def calibration_curves(given: Mapping[str, Calibration], *, synthetic: bool) -> Figure:
    """Draw how often each classifier is right, by how sure it says that it is.

    Parameters
    ----------
    given : mapping of str to Calibration
        By panel title.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each classifier, three a row: dots with 95 % intervals, larger where more cells
        lie; on the dashed line probabilities are right as often as they say.
    """
    figure, axes = _panels(len(given), CALIBRATION_AXES, synthetic=synthetic)
    for axis, (title, curve) in zip(axes, given.items(), strict=True):
        draw_calibration(axis, curve, title)
    return figure


def draw_calibration(axis: Axes, curve: Calibration, title: str) -> None:
    """Draw one classifier's calibration curve into axes.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    curve : Calibration
    title : str
    """
    axis.plot([0, 1], [0, 1], "--", color=GREY, linewidth=0.8)
    right = np.array([score["mean"] for score in curve.right], float)
    low, high = (np.array([score[end] for score in curve.right], float) for end in ("low", "high"))
    axis.vlines(curve.said, low, high, color=BLUE, linewidth=0.8)
    axis.plot(curve.said, right, color=BLUE, linewidth=1.0)
    axis.scatter(
        curve.said, right, s=8 + 60 * curve.cells / curve.cells.sum(), color=BLUE, zorder=3
    )
    axis.set_title(f"{title}\n{curve.cells.sum():,} predictions", fontsize=TITLE_SIZE)
    _square(axis)


def label_axes(axis: Axes, labels: tuple[str, str]) -> None:
    """Name both axes of a panel that stands by itself."""
    axis.set_xlabel(labels[0], fontsize=TEXT_SIZE)
    axis.set_ylabel(labels[1], fontsize=TEXT_SIZE)


def curve_legend(axis: Axes, classes: Sequence[str]) -> None:
    """Say within a panel which line is which class."""
    axis.legend(handles=[*class_handles(classes, lines=True), _mean_handle()], fontsize=SMALL_SIZE)


def _panels(count: int, labels: tuple[str, str], *, synthetic: bool) -> tuple[Figure, list[Axes]]:
    columns = min(_MOST_COLUMNS, count)
    rows = -(-count // columns)
    side = PAGE_WIDTH / max(columns, 2)
    figure = new_figure(0.9 + (side + 0.45) * rows, synthetic=synthetic)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    axes = list(grid.flat)
    for axis in axes[count:]:
        axis.set_axis_off()
    # A panel above an empty place has no other to carry its numbers.
    for axis in axes[max(count - columns, 0) : count]:
        axis.tick_params(labelbottom=True)
        axis.set_xlabel(labels[0], fontsize=TEXT_SIZE)
    for axis in axes[:count:columns]:
        axis.set_ylabel(labels[1], fontsize=TEXT_SIZE)
    return figure, axes[:count]


def _square(axis: Axes) -> None:
    axis.set_xlim(-0.02, 1.02)
    axis.set_ylim(-0.02, 1.02)
    axis.set_aspect("equal")
    axis.tick_params(labelsize=SMALL_SIZE)
    axis.grid(color="#DDDDDD", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _mean_handle() -> Line2D:
    return Line2D([], [], color=BLACK, linewidth=2.0, label="mean of the classes")


def _written(score: AnyScore) -> str:
    if score["mean"] is None:
        return "–"
    written = f"{score['mean']:.3f}"
    if score["low"] is not None and score["high"] is not None:
        written += f"\n({score['low']:.3f} to {score['high']:.3f})"
    return written
