"""Owns the figures of the ablation: what each feature is worth, and every subset's accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hybrid_wbc.classical.embeddings import count_learned, tick
from hybrid_wbc.evaluation.ablation import Ablation, ClassifierAblation
from hybrid_wbc.evaluation.score_types import AnyScore, Score
from hybrid_wbc.report.figures.style import (
    BLACK,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    class_styles,
    new_figure,
    wrapped,
)

# Inches: a panel of five features.
_LOWEST_PANEL = 1.35
# Share of the colour scale beyond which white is easier to read on it than black.
_DARK = 0.7
_MOST_TICKS = 8
# Rows between one classifier's mark and the next one's, of up to three; more share them.
_BETWEEN_MARKS = 0.28
# Inches: a row of up to three classifiers, and the tallest figure, which a page can still hold.
_ROW, _TALLEST = 0.22, 70.0
_LEGEND_COLUMNS = 4
_BAND = "#F0F0F0"
_ABSENT = "#CFCFCF"


def feature_by_class(
    shapley: Mapping[str, ClassifierAblation],
    classes: Sequence[str],
    *,
    titles: Mapping[str, str],
    synthetic: bool,
) -> Figure:
    """Draw each feature's exact Shapley value for every class's recall and for the accuracy.

    Parameters
    ----------
    shapley : mapping of str to ClassifierAblation
        By classifier: the ablation's "classifiers", of which "shapley" is drawn; all have to have
        it. A score whose mean is None, as of a class without test cells, is drawn as a dash.
    classes : sequence of str
        Class names, in the order of the columns.
    titles : mapping of str to str
        Title of each classifier.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per classifier, below each other: a row per feature, a column per class and, set
        apart, one for the accuracy; percentage points as text and, on one scale around 0, as
        colour. Values in brackets have an interval that holds 0.
    """
    tables = {
        key: {"recall": [worth["recall"][name] for name in classes]}
        | {"accuracy": [worth["accuracy"]]}
        for key, part in shapley.items()
        if (worth := part["shapley"]) is not None
    }
    features = max(len(table["accuracy"][0]) for table in tables.values())
    panel = max(_LOWEST_PANEL, _LOWEST_PANEL / 5 * features)
    figure = new_figure(1.05 + panel * len(tables), synthetic=synthetic)
    axes = figure.subplots(
        len(tables), 2, squeeze=False, sharex="col", sharey=True, width_ratios=[len(classes), 1]
    )
    farthest = max(
        np.nanmax(np.abs(_points(columns)), initial=1.0)
        for table in tables.values()
        for columns in table.values()
    )
    for (left, right), (key, table) in zip(axes, tables.items(), strict=True):
        _heat_map(left, table["recall"], classes, farthest)
        _heat_map(right, table["accuracy"], ["accuracy"], farthest)
        left.set_title(titles[key], fontsize=TITLE_SIZE, loc="left")
        left.set_ylabel("feature", fontsize=TEXT_SIZE)
    bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, aspect=30, pad=0.02)
    bar.set_label(
        "Shapley value (percentage points of recall or accuracy)\n"
        "in brackets: the 95 % interval holds 0",
        fontsize=TEXT_SIZE,
    )
    bar.ax.tick_params(labelsize=SMALL_SIZE)
    return figure


def _points(columns: Sequence[Sequence[AnyScore]]) -> npt.NDArray[np.float64]:
    """Give the means in percentage points, shape (features, columns); NaN where there is none."""
    means = [
        [np.nan if score["mean"] is None else score["mean"] for score in column]
        for column in columns
    ]
    return 100 * np.array(means, dtype=np.float64).T


def _written(score: AnyScore) -> str:
    mean, low, high = score["mean"], score["low"], score["high"]
    if mean is None:
        return "–"
    # Adding 0 after rounding leaves no "-0.0".
    value = f"{round(100 * mean, 1) + 0:.1f}".replace("-", "−")
    uncertain = low is not None and high is not None and low <= 0 <= high
    return f"({value})" if uncertain else value


def _heat_map(
    axis: Axes,
    columns: Sequence[Sequence[AnyScore]],
    names: Sequence[str],
    farthest: float,
) -> None:
    values = _points(columns)
    texts = np.array([[_written(score) for score in column] for column in columns]).T
    seaborn.heatmap(
        values,
        ax=axis,
        cmap="RdBu",
        vmin=-farthest,
        vmax=farthest,
        cbar=False,
        linewidths=0.5,
        annot=texts,
        fmt="",
        annot_kws={"fontsize": SMALL_SIZE, "color": BLACK},
    )
    # Seaborn itself turns to white on a blue that is still too light for it.
    for text, value in zip(axis.texts, values[np.isfinite(values)], strict=True):
        if abs(value) > _DARK * farthest:
            text.set_color("white")
    for row, column in np.argwhere(np.isnan(values)):  # which seaborn leaves blank
        axis.text(
            column + 0.5,
            row + 0.5,
            texts[row, column],
            ha="center",
            va="center",
            fontsize=SMALL_SIZE,
        )
    axis.set_xticks(
        np.arange(len(names)) + 0.5,
        [wrapped(name, 26) for name in names],
        rotation=30,
        ha="right",
        rotation_mode="anchor",
    )
    numbers = [str(number) for number in range(1, len(values) + 1)]
    axis.set_yticks(np.arange(len(values)) + 0.5, numbers, rotation=0)
    axis.tick_params(labelsize=SMALL_SIZE, length=0)
    axis.spines[:].set_visible(True)


def feature_subsets(ablation: Ablation, *, titles: Mapping[str, str], synthetic: bool) -> Figure:
    """Draw the accuracy of every classifier on every subset of the features.

    Laid out as an UpSet plot: a row of dots says which features are in the subset (Lex et al. 2014,
    doi 10.1109/TVCG.2014.2346248).

    Parameters
    ----------
    ablation : Ablation
        Of which "features", "chance" and, by classifier, "subsets" and "best" are drawn. Intervals
        may be None.
    titles : mapping of str to str
        Title of each classifier.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        A row per subset, small subsets first and within a size the highest mean over classifiers
        first; every second size on a band. A filled mark is the classifier's best of its size.
    """
    height = min(1.1 + _ROW * _crowded(ablation) * _n_subsets(ablation), _TALLEST)
    figure = new_figure(height, synthetic=synthetic)
    ratios = (
        [1, 4.5] if count_learned(ablation["features"]) == len(ablation["features"]) else [1, 2]
    )
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=ratios)
    handles = draw_subsets(left, right, ablation, titles)
    figure.legend(
        handles=handles,
        title="line: 95 % interval; filled: the classifier's best of its size, chosen on the test "
        "side and so optimistic",
        title_fontsize=SMALL_SIZE,
        loc="outside lower center",
        ncols=min(len(handles), _LEGEND_COLUMNS),
        fontsize=TEXT_SIZE,
        frameon=False,
    )
    return figure


def draw_subsets(
    left: Axes, right: Axes, ablation: Ablation, titles: Mapping[str, str]
) -> list[Line2D]:
    """Draw the subsets' dots into one pair of axes, and their accuracies into the other.

    Parameters
    ----------
    left, right : matplotlib.axes.Axes
    ablation, titles
        As for `feature_subsets`.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The entries of a legend.
    """
    parts = ablation["classifiers"]
    scores = {
        key: {tuple(subset["features"]): subset["accuracy"] for subset in part["subsets"]}
        for key, part in parts.items()
    }
    best = {key: {tuple(row["features"]) for row in part["best"]} for key, part in parts.items()}
    rows = sorted(
        next(iter(scores.values())),
        key=lambda subset: (
            len(subset),
            -np.mean([of_classifier[subset]["mean"] for of_classifier in scores.values()]),
        ),
    )
    crowded = _crowded(ablation)
    # One look a classifier, in the order of the ablation; shape and place tell them apart in grey.
    looks = [(style.colour, style.marker) for style in class_styles(len(scores))]
    _draw_memberships(left, rows, ablation["features"])
    between = _BETWEEN_MARKS / crowded
    sizes = [len(subset) for subset in rows]
    for size in sorted(set(sizes))[::2]:
        first = sizes.index(size) - 0.5
        for axis in (left, right):
            axis.axhspan(first, first + sizes.count(size), color=_BAND, linewidth=0, zorder=0)
    chance = right.axvline(
        ablation["chance"]["accuracy"]["mean"],
        color=BLACK,
        linestyle="--",
        linewidth=0.8,
        label="chance",
    )
    for place, (key, of_classifier) in enumerate(scores.items()):
        above = between * (place - (len(scores) - 1) / 2)
        for row, subset in enumerate(rows):
            _draw_score(
                right, of_classifier[subset], row + above, looks[place], subset in best[key]
            )
    right.set_xlabel("accuracy on the test side", fontsize=TEXT_SIZE)
    right.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    right.set_axisbelow(True)
    for axis in (left, right):
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.tick_params(labelsize=SMALL_SIZE)
        axis.tick_params(axis="y", length=0)
        axis.spines[:].set_visible(False)
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4, linewidth=0.8, label=titles[key])
        for key, (colour, marker) in zip(scores, looks, strict=True)
    ]
    return [*handles, chance]


def _n_subsets(ablation: Ablation) -> int:
    return len(next(iter(ablation["classifiers"].values()))["subsets"])


def _crowded(ablation: Ablation) -> float:
    """Say how many times as high a row is as one of three classifiers."""
    return max(1.0, len(ablation["classifiers"]) / 3)


def _draw_memberships(axis: Axes, rows: Sequence[tuple[int, ...]], features: Sequence[str]) -> None:
    count = len(features)
    # Dots of many features would run into each other.
    size = min(5.0, 50 / count)
    for row, subset in enumerate(rows):
        absent = sorted(set(range(1, count + 1)) - set(subset))
        axis.plot(absent, [row] * len(absent), "o", color=_ABSENT, markersize=size)
        axis.plot(subset, [row] * len(subset), "o-", color=BLACK, markersize=size, linewidth=1.2)
    sizes = np.array([len(subset) for subset in rows])
    groups = np.unique(sizes)
    middles = [np.flatnonzero(sizes == group).mean() for group in groups]
    names = [f"{group} feature{'s' if group > 1 else ''}" for group in groups]
    axis.set_yticks(middles, names)
    axis.set_xlim(0.4, count + 0.6)
    if count_learned(features) == count:
        axis.set_xticks(range(1, count + 1, -(-count // _MOST_TICKS)))
    else:
        axis.set_xticks(range(1, count + 1), [tick(name) for name in features], rotation=90)
    axis.xaxis.tick_top()
    axis.tick_params(axis="x", length=0)
    axis.set_xlabel("feature", fontsize=TEXT_SIZE)
    axis.xaxis.set_label_position("top")


def _draw_score(axis: Axes, score: Score, height: float, look: tuple[str, str], best: bool) -> None:
    colour, marker = look
    if score["low"] is not None and score["high"] is not None:
        axis.plot([score["low"], score["high"]], [height] * 2, color=colour, linewidth=0.7)
    axis.plot(
        score["mean"],
        height,
        marker,
        color=colour,
        markerfacecolor=colour if best else "white",
        markersize=3.6,
        markeredgewidth=0.8,
    )
