"""Owns the figures of stress: damage step by step, few cells, accuracy by the share answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hybrid_wbc.evaluation.certainty import Answered
from hybrid_wbc.evaluation.few_cells import FewCells
from hybrid_wbc.evaluation.score_types import AnyScore
from hybrid_wbc.evaluation.stress import Damaged
from hybrid_wbc.report.figures.style import (
    GREY,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    class_handles,
    class_styles,
    legend_columns,
    new_figure,
    wrapped,
)

_COLUMNS = 3
_PANEL = 2.0
# Of a panel's title.
_NAME_CHARACTERS = 32


def damage_curves(damaged: Damaged, *, titles: Mapping[str, str], synthetic: bool) -> Figure:
    """Draw the accuracy of each classifier by the step of each damage.

    Parameters
    ----------
    damaged : Damaged
    titles : mapping of str to str
        The classifiers' names for people, by key.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each damage, three a row, from no damage at the left; a line for each
        classifier, and the 95 % interval of each step.
    """
    keys = list(damaged["undamaged"])
    figure, axes = _panels(len(damaged["kinds"]), [titles[key] for key in keys], synthetic)
    for axis, kind in zip(axes, damaged["kinds"].values(), strict=True):
        amounts = [0.0, *(step["amount"] for step in kind["steps"])]
        for place, key in enumerate(keys):
            scores: list[AnyScore] = [damaged["undamaged"][key]]
            scores += [step["classifiers"][key]["accuracy"] for step in kind["steps"]]
            _draw(axis, amounts, scores, place, len(keys))
        axis.set_title(kind["title"], fontsize=TITLE_SIZE)
        axis.set_xlabel(kind["unit"], fontsize=TEXT_SIZE)
    _label(axes, "accuracy")
    return figure


def few_cells_curves(
    few: Sequence[FewCells],
    everything: Mapping[str, AnyScore],
    *,
    titles: Mapping[str, str],
    synthetic: bool,
) -> Figure:
    """Draw the balanced accuracy of each classifier by the number of its training cells.

    Parameters
    ----------
    few : sequence of FewCells
    everything : mapping of str to AnyScore
        By classifier, with all training cells.
    titles, synthetic
        As for `damage_curves`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each classifier; the dashed line is what it reaches with all training cells.
    """
    keys = list(few[0]["classifiers"])
    figure, axes = _panels(len(keys), [], synthetic)
    for axis, key in zip(axes, keys, strict=True):
        scores = [each["classifiers"][key]["balanced_accuracy"] for each in few]
        _draw(axis, [each["cells"] for each in few], scores, 0, 1)
        mean = everything[key]["mean"]
        if mean is not None:
            axis.axhline(mean, color=GREY, linestyle="--", linewidth=1.0)
        axis.set_xscale("log")
        axis.set_xticks([each["cells"] for each in few], [str(each["cells"]) for each in few])
        axis.minorticks_off()
        axis.set_title(titles[key], fontsize=TITLE_SIZE)
        axis.set_xlabel("training cells a class", fontsize=TEXT_SIZE)
    _label(axes, "balanced accuracy")
    return figure


def answered_curves(
    places: Mapping[str, Mapping[str, Sequence[Answered]]],
    *,
    titles: Mapping[str, str],
    synthetic: bool,
) -> Figure:
    """Draw the accuracy among the surest cells by the share of cells that is answered.

    Parameters
    ----------
    places : mapping of str to mapping of str to sequence of Answered
        By name of the set, then by classifier.
    titles, synthetic
        As for `damage_curves`.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each set, three a row; a line for each classifier, with 95 % intervals.
    """
    keys = list(next(iter(places.values())))
    figure, axes = _panels(len(places), [titles[key] for key in keys], synthetic)
    for axis, (name, found) in zip(axes, places.items(), strict=True):
        for place, key in enumerate(keys):
            shares = [each["share"] for each in found[key]]
            scores = [each["accuracy"] for each in found[key]]
            _draw(axis, shares, scores, place, len(keys))
        axis.set_title(wrapped(name, _NAME_CHARACTERS), fontsize=TITLE_SIZE)
        axis.set_xlabel("share answered, the surest first", fontsize=TEXT_SIZE)
    _label(axes, "accuracy")
    return figure


def _panels(count: int, names: Sequence[str], synthetic: bool) -> tuple[Figure, list[Axes]]:
    """Make panels three a row on one scale, and the legend of the lines in them."""
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    figure = new_figure(0.6 + (_PANEL + 0.3) * rows, synthetic=synthetic)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axis in grid.flat[count:]:
        axis.set_axis_off()
    if names:
        figure.legend(
            handles=class_handles(names, lines=True),
            loc="outside lower center",
            ncols=legend_columns(names),
            fontsize=TEXT_SIZE,
            frameon=False,
            handlelength=3,
        )
    return figure, list(grid.flat[:count])


def _draw(
    axis: Axes, x: Sequence[float], scores: Sequence[AnyScore], place: int, count: int
) -> None:
    style = class_styles(count)[place]
    mean, low, high = (
        np.array([score[end] for score in scores], float)  # type: ignore[literal-required]
        for end in ("mean", "low", "high")
    )
    axis.fill_between(x, low, high, color=style.colour, alpha=0.12, linewidth=0)
    axis.plot(x, mean, style.line, color=style.colour, linewidth=1.2)
    axis.plot(x, mean, style.marker, color=style.colour, markersize=3)


def _label(axes: Sequence[Axes], what: str) -> None:
    for axis in axes:
        axis.set_ylim(-0.02, 1.02)
        axis.tick_params(labelsize=SMALL_SIZE)
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[::_COLUMNS]:
        axis.set_ylabel(what, fontsize=TEXT_SIZE)
