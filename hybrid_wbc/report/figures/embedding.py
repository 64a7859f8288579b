"""Owns the figures of the embedding: three features in space, and every feature against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.report.figures.style import (
    PAGE_WIDTH,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    ClassStyle,
    class_styles,
    new_figure,
)

Features = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]

# More points than this on one side only hide one another at the size of a panel.
MOST_POINTS_IN_SPACE = 2000
MOST_POINTS_IN_PAIRS = 700
# Panels of more features would be smaller than their numbers.
MOST_FEATURES_IN_PAIRS = 8


def embedding_scatter(
    train_X: Features,
    train_y: Labels,
    test_X: Features,
    test_y: Labels,
    classes: Sequence[str],
    *,
    synthetic: bool,
    features: tuple[int, ...] = (0, 1, 2),
) -> Figure:
    """Draw three features of the embedding in space: panel A training cells, panel B test cells.

    An embedding of two features is drawn in the plane.

    This is the hybrid paper's own figure. Both panels have the same limits and the same view, so
    that a class that moves between them can be seen to move.

    Parameters
    ----------
    train_X, test_X : ndarray of float, shape (n, d)
        Embeddings.
    train_y, test_y : ndarray of int, shape (n,)
        Class of each cell, as an index into `classes`.
    classes : sequence of str
        Class names.
    synthetic : bool
        Whether the cells were drawn.
    features : tuple of three int
        Columns to draw, counted from 0; those that the embedding lacks are left out.

    Returns
    -------
    matplotlib.figure.Figure
        Of more than `MOST_POINTS_IN_SPACE` cells on a side, an even choice from each
        class is drawn, and the panel's title says so.
    """
    columns = [feature for feature in features if feature < train_X.shape[1]]
    in_space = len(columns) == 3
    sides = {"A   training": (train_X, train_y), "B   test": (test_X, test_y)}
    limits = _limits(np.concatenate([train_X, test_X])[:, columns])
    styles = class_styles(len(classes))
    size = 16 if max(len(train_y), len(test_y)) <= 500 else 6
    figure = new_figure(4.0, synthetic=synthetic)
    for place, (title, (X, y)) in enumerate(sides.items(), start=1):
        axis: Any = figure.add_subplot(1, 2, place, projection="3d" if in_space else None)
        drawn = _even_choice(y, MOST_POINTS_IN_SPACE)
        for index, style in enumerate(styles):
            axis.scatter(
                *X[drawn[y[drawn] == index]][:, columns].T,
                s=size,
                color=style.colour,
                marker=style.marker,
                alpha=0.75,
                linewidths=0,
                rasterized=True,
                **({"depthshade": False} if in_space else {}),
            )
        axis.set_title(f"{title} ({_how_many(len(drawn), len(y))})", fontsize=TITLE_SIZE)
        for name, column, (low, high) in zip("xyz", columns, limits, strict=False):
            axis.set(**{f"{name}lim": (low, high)})
            getattr(axis, f"set_{name}label")(
                f"feature {column + 1}", fontsize=TEXT_SIZE, labelpad=-4 if in_space else 2
            )
            axis.set(**{f"{name}ticks": _inner_ticks(low, high)})
        axis.tick_params(labelsize=SMALL_SIZE, pad=-2 if in_space else 2)
        if in_space:
            axis.set_box_aspect(None, zoom=0.9)
    if in_space:
        # The layout takes no account of the titles and outer labels of 3-D axes.
        cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(rect=(0, 0, 0.985, 0.95))
    figure.legend(
        handles=_legend_handles(classes, styles, line=False),
        loc="outside lower center",
        ncols=_legend_columns(classes),
        fontsize=TEXT_SIZE,
        frameon=False,
    )
    return figure


def pair_plot(
    X: Features,
    y: Labels,
    split: npt.NDArray[np.str_] | Sequence[str],
    classes: Sequence[str],
    *,
    synthetic: bool,
) -> Figure:
    """Draw every feature against every other, and each one's density by class on the diagonal.

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
        Embeddings of all sides.
    y : ndarray of int, shape (n,)
        Class of each cell, as an index into `classes`.
    split : sequence of n str
        Side of each cell; 'test' is drawn strong and every other side faint.
    classes : sequence of str
        Class names.
    synthetic : bool
        Whether the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure
        d rows and d columns, the lower triangle filled, legend and remarks in the upper one. Of
        more than `MOST_FEATURES_IN_PAIRS` features the first so many are drawn, which the remarks
        say. Of more than `MOST_POINTS_IN_PAIRS` cells on a side, an even choice from each class is
        drawn; the densities are of all cells.
    """
    is_test = np.asarray(split) == TEST
    styles = class_styles(len(classes))
    limits = _limits(X)
    features = X.shape[1]
    width = min(features, MOST_FEATURES_IN_PAIRS)
    # Training cells first: the test side lies on top of them.
    sides = [
        (picked[_even_choice(y[picked], MOST_POINTS_IN_PAIRS)], len(picked), test)
        for test in (False, True)
        for picked in [np.flatnonzero(is_test == test)]
    ]
    figure = new_figure(7.2, synthetic=synthetic)
    axes = figure.subplots(width, width, sharex="col", squeeze=False)
    for row, column in np.ndindex(width, width):
        axis = cast(Axes, axes[row, column])
        if column > row:
            axis.set_axis_off()
            continue
        axis.set_xlim(limits[column])
        if column == row:
            _draw_densities(axis, X[:, row], y, limits[row], styles)
        else:
            axis.set_ylim(limits[row])
            for drawn, _, test in sides:
                _draw_pairs(axis, X[drawn][:, [column, row]], y[drawn], styles, strong=test)
        axis.xaxis.set_major_locator(MaxNLocator(4 if width <= 5 else 2))
        axis.tick_params(labelsize=SMALL_SIZE, length=2)
        if row == width - 1:
            axis.set_xlabel(f"feature {column + 1}", fontsize=TEXT_SIZE)
        if column == 0:
            axis.set_ylabel("density" if row == 0 else f"feature {row + 1}", fontsize=TEXT_SIZE)
        elif column < row:
            axis.tick_params(labelleft=False)
    (train_drawn, train_all, _), (test_drawn, test_all, _) = sides
    figure.legend(
        handles=_legend_handles(classes, styles, line=True),
        title=(
            f"strong: test ({_how_many(len(test_drawn), test_all)})\n"
            f"faint: training ({_how_many(len(train_drawn), train_all)})\n"
            "diagonal: density of all cells"
            + ("" if width == features else f"\nthe first {width} of {features} features")
        ),
        title_fontsize=TEXT_SIZE,
        fontsize=TEXT_SIZE,
        loc="upper right",
        bbox_to_anchor=(0.99, 0.955),
        alignment="left",
        handlelength=3,
        frameon=False,
    )
    return figure


def _draw_pairs(
    axis: Axes, points: Features, y: Labels, styles: Sequence[ClassStyle], *, strong: bool
) -> None:
    for index, style in enumerate(styles):
        axis.scatter(
            points[y == index, 0],
            points[y == index, 1],
            s=8 if strong else 4,
            color=style.colour,
            marker=style.marker,
            alpha=0.85 if strong else 0.22,
            linewidths=0,
            rasterized=True,
        )


def _draw_densities(
    axis: Axes,
    values: Features,
    y: Labels,
    limits: tuple[float, float],
    styles: Sequence[ClassStyle],
) -> None:
    edges = np.linspace(*limits, 25)
    for index, style in enumerate(styles):
        counts, _ = np.histogram(values[y == index], edges)
        heights = counts / max(counts.sum(), 1) / np.diff(edges)
        axis.stairs(heights, edges, color=style.colour, linestyle=style.line, linewidth=1.0)
    axis.set_ylim(bottom=0)
    axis.set_yticks([])


def _limits(X: Features) -> list[tuple[float, float]]:
    """Give each column limits with a margin; a constant column gets one half to each side."""
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    span = high - low
    flat = span <= 1e-6 * np.maximum(1, np.abs(low))
    margin = np.where(flat, 0.5, 0.05 * span)
    return list(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))


def _inner_ticks(low: float, high: float) -> list[float]:
    """Give round values away from the corners, where labels of two axes would meet."""
    edge = 0.08 * (high - low)
    ticks = MaxNLocator(5).tick_values(low, high)
    return [float(tick) for tick in ticks if low + edge < tick < high - edge]


def _even_choice(y: Labels, most: int) -> npt.NDArray[np.intp]:
    """Choose about `most` positions, evenly spaced within each class, in the classes' shares."""
    if len(y) <= most:
        return np.arange(len(y))
    chosen = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = max(1, len(members) * most // len(y))
        chosen.append(members[np.linspace(0, len(members) - 1, count).astype(int)])
    return np.concatenate(chosen)


def _how_many(drawn: int, total: int) -> str:
    return f"{total:,} cells" if drawn == total else f"{drawn:,} of {total:,} cells drawn"


def _legend_columns(classes: Sequence[str]) -> int:
    # Inches: an average letter at TEXT_SIZE, and the marker with its spaces.
    widest = 0.065 * max(len(name) for name in classes) + 0.45
    return max(1, min(len(classes), int(PAGE_WIDTH / widest)))


def _legend_handles(
    classes: Sequence[str], styles: Sequence[ClassStyle], *, line: bool
) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=style.colour,
            marker=style.marker,
            markersize=6,
            linestyle=style.line if line else "",
            linewidth=1.0,
            label=name,
        )
        for name, style in zip(classes, styles, strict=True)
    ]
