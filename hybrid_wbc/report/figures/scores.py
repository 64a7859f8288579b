"""Owns the figures of scores: confusion matrices, learning curves, classifiers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hybrid_wbc.evaluation.score_types import Score
from hybrid_wbc.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    VERMILION,
    new_figure,
    wrapped,
)

# Of a line of a class name beside a matrix.
_NAME_CHARACTERS = 28
_CURVES = {
    "loss": (("loss", "training", BLUE, "-"), ("validation_loss", "validation", VERMILION, "--")),
    "accuracy": (
        ("accuracy", "training", BLUE, "-"),
        ("validation_accuracy", "validation", VERMILION, "--"),
    ),
    "learning rate": (("learning_rate", "learning rate", BLACK, "-"),),
}


def confusion_matrices(
    matrices: Mapping[str, npt.NDArray[Any]], classes: Sequence[str], *, synthetic: bool
) -> Figure:
    """Draw one confusion matrix per classifier: counts as text, share of the true class as colour.

    Parameters
    ----------
    matrices : mapping of str to ndarray of shape (k, k)
        Counts by panel title; rows are true classes, columns predicted ones.
    classes : sequence of k str
        Class names in the order of the rows.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels a row, one colour scale from 0 to 1, the accuracy in each title.
    """
    columns = min(2, len(matrices))
    rows = -(-len(matrices) // columns)
    names = [wrapped(name, _NAME_CHARACTERS) for name in classes]
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    # Inches: a panel, and the names below it.
    below = longest * (0.04 if _are_slanted(names) else 0.058)
    figure = new_figure(0.6 + (2.9 + below) * rows, synthetic=synthetic)
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis, (title, given) in zip(axes.flat, matrices.items(), strict=False):
        draw_confusion(axis, given, classes, title)
    for axis in axes.flat[len(matrices) :]:
        axis.set_axis_off()
    figure.supxlabel("predicted class", fontsize=TEXT_SIZE)
    figure.supylabel("true class", fontsize=TEXT_SIZE)
    if matrices:
        bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, shrink=0.6, aspect=30)
        bar.set_label("share of the true class", fontsize=TEXT_SIZE)
        bar.ax.tick_params(labelsize=SMALL_SIZE)
    return figure


def draw_confusion(axis: Axes, given: npt.NDArray[Any], classes: Sequence[str], title: str) -> None:
    """Draw one confusion matrix into axes.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    given : ndarray of shape (k, k)
        Counts; rows are true classes.
    classes : sequence of k str
    title : str
        The accuracy is added.
    """
    counts = np.asarray(given)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    seaborn.heatmap(
        shares,
        ax=axis,
        cmap="Blues",
        vmin=0,
        vmax=1,
        cbar=False,
        annot=counts,
        fmt="g",
        annot_kws={"fontsize": SMALL_SIZE if len(classes) <= 8 else SMALL_SIZE - 1},
    )
    for text, count in zip(axis.texts, counts.flat, strict=True):
        if count == 0:  # what did not happen is there, and out of the way
            text.set_color(GREY)
    right, total = np.trace(counts), counts.sum()
    axis.set_title(
        f"{title}\naccuracy {right / max(total, 1):.3f} ({right:,g} of {total:,g})",
        fontsize=TITLE_SIZE,
    )
    ticks = np.arange(len(classes)) + 0.5
    names = [wrapped(name, _NAME_CHARACTERS) for name in classes]
    if _are_slanted(names):
        axis.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axis.set_xticks(ticks, names, rotation=90)
    axis.set_yticks(ticks, names, rotation=0)
    axis.spines[:].set_visible(True)
    axis.tick_params(labelsize=SMALL_SIZE, length=0)


def _are_slanted(names: Sequence[str]) -> bool:
    """Say whether names below a matrix slant: those of two lines stand upright and fit."""
    return not any("\n" in name for name in names)


def learning_curves(
    histories: Sequence[Mapping[str, Sequence[float]]], *, synthetic: bool
) -> Figure:
    """Draw what training and validation did, epoch by epoch, in every repeat.

    Parameters
    ----------
    histories : sequence of mappings
        One per repeat, of one value per epoch under 'loss' and 'accuracy' and, where there are
        any, 'validation_loss', 'validation_accuracy' and 'learning_rate'. Lengths may differ.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for the loss and one for the accuracy, and a third for the learning rate where
        a history holds it. Thin lines are repeats; the bold line is the mean of the repeats that
        reached that epoch.
    """
    recorded = {key for history in histories for key, values in history.items() if len(values)}
    panels = [
        name for name in _CURVES if name != "learning rate" or _CURVES[name][0][0] in recorded
    ]
    figure = new_figure(2.9, synthetic=synthetic)
    widths = [0.7 if name == "learning rate" else 1.0 for name in panels]
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
    for axis, name in zip(axes, panels, strict=True):
        for key, side, colour, line in _CURVES[name]:
            runs = [np.asarray(history[key], float) for history in histories if key in history]
            label = f"{side} (thin: each repeat, bold: mean)"
            _draw_repeats(axis, [run for run in runs if len(run)], label, colour, line)
        axis.set_title(name, fontsize=TITLE_SIZE)
        axis.set_xlabel("epoch", fontsize=TEXT_SIZE)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axis.tick_params(labelsize=SMALL_SIZE)
        axis.spines[["top", "right"]].set_visible(False)
    if len(panels) == 3:
        axes[2].set_yscale("log")
        axes[2].tick_params(which="both", labelsize=SMALL_SIZE)
    handles, _ = axes[0].get_legend_handles_labels()
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2,
        fontsize=TEXT_SIZE,
        frameon=False,
        handlelength=3,
    )
    return figure


def _draw_repeats(
    axis: Axes, runs: Sequence[npt.NDArray[np.float64]], label: str, colour: str, line: str
) -> None:
    if not runs:
        return
    longest = max(len(run) for run in runs)
    reached = np.full((len(runs), longest), np.nan)
    for row, run in zip(reached, runs, strict=True):
        row[: len(run)] = run
        axis.plot(np.arange(1, len(run) + 1), run, line, color=colour, alpha=0.35, linewidth=0.7)
    mean = np.ma.masked_invalid(reached).mean(axis=0)
    epochs = np.arange(1, longest + 1)
    axis.plot(epochs, mean, line, color=colour, linewidth=2.0, label=label)


def classifier_comparison(scores: Mapping[str, Score], *, metric: str, synthetic: bool) -> Figure:
    """Draw one metric of every classifier: each repeat, their mean and its 95 % interval.

    Parameters
    ----------
    scores : mapping of str to Score
        By classifier title; without a finite interval, the mean stands alone.
    metric : str
        Name of the metric, for the axis.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A row per classifier, in the order given, from the top.
    """
    figure = new_figure(0.9 + 0.5 * len(scores), synthetic=synthetic)
    axis = figure.subplots()
    for row, score in enumerate(scores.values()):
        raw = np.asarray(score["raw"], float)
        # Multiples of the golden ratio spread any number of dots evenly, the same every time.
        below = 0.15 + 0.25 * (np.arange(len(raw)) * 0.6180339887 % 1)
        axis.scatter(raw, row + below, s=14, color=GREY, alpha=0.6, linewidths=0)
        low, high = (np.nan if score[end] is None else score[end] for end in ("low", "high"))
        written = f"{score['mean']:.3f}"
        if np.isfinite([low, high]).all():
            axis.plot([low, high], [row, row], color=BLUE, linewidth=2, solid_capstyle="butt")
            axis.plot([low, high], [row, row], "|", color=BLUE, markersize=9, markeredgewidth=2)
            written += f"  ({low:.3f} to {high:.3f})"
        axis.plot(score["mean"], row, "D", color=BLUE, markersize=7, markeredgecolor="white")
        axis.annotate(
            written,
            (1.02, row),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=TEXT_SIZE,
        )
    axis.set_yticks(range(len(scores)), list(scores))
    axis.set_ylim(len(scores) - 0.5, -0.5)
    axis.tick_params(labelsize=TEXT_SIZE)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.set_xlabel(
        f"{metric}: diamond and bar, mean and 95 % interval; dots, single repeats",
        fontsize=TEXT_SIZE,
    )
    return figure
