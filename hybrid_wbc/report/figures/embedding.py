"""Owns the figures of the embedding: three features in space, and every feature against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.axes3d import Axes3D

from hybrid_wbc.classical.embeddings import numbered
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.report.figures.scatter import (
    Features,
    Labels,
    axes_limits,
    draw_scatter,
    even_choice,
    how_many,
)
from hybrid_wbc.report.figures.style import (
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    ClassStyle,
    class_handles,
    class_styles,
    legend_columns,
    new_figure,
    wrapped,
)

# More points than this on one side only hide one another at the size of a panel.
MOST_POINTS_IN_PAIRS = 700
# Panels of more features would be smaller than their numbers.
MOST_FEATURES_IN_PAIRS = 8
# Characters of a feature's name beside a small panel.
_LINE = 14


def embedding_scatter(
    train_X: Features,
    train_y: Labels,
    test_X: Features,
    test_y: Labels,
    classes: Sequence[str],
    *,
    synthetic: bool,
    features: tuple[int, ...] = (0, 1, 2),
    names: Sequence[str] | None = None,
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
    names : sequence of d str, optional
        Of the features; by default they are numbered.

    Returns
    -------
    matplotlib.figure.Figure
        Of more than `MOST_POINTS_IN_SPACE` cells on a side, an even choice from each
        class is drawn, and the panel's title says so.
    """
    columns = [feature for feature in features if feature < train_X.shape[1]]
    in_space = len(columns) == 3
    sides = {"A   training": (train_X, train_y), "B   test": (test_X, test_y)}
    limits = axes_limits(np.concatenate([train_X, test_X])[:, columns])
    size = 16 if max(len(train_y), len(test_y)) <= 500 else 6
    figure = new_figure(4.0, synthetic=synthetic)
    for place, (title, (X, y)) in enumerate(sides.items(), start=1):
        projection = {"projection": "3d"} if in_space else {}
        axis = figure.add_subplot(1, 2, place, **projection)
        drawn = draw_scatter(
            axis, X, y, len(classes), columns, limits=limits, size=size, names=names
        )
        axis.set_title(f"{title} ({how_many(drawn, len(y))})", fontsize=TITLE_SIZE)
        if in_space:
            cast(Axes3D, axis).set_box_aspect(None, zoom=0.9)
    if in_space:
        # The layout takes no account of the titles and outer labels of 3-D axes.
        cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(rect=(0, 0, 0.985, 0.95))
    figure.legend(
        handles=class_handles(classes),
        loc="outside lower center",
        ncols=legend_columns(classes),
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
    features: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
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
    features : sequence of int, optional
        Columns to draw, counted from 0; all by default.
    names : sequence of d str, optional
        Of the features; by default they are numbered.

    Returns
    -------
    matplotlib.figure.Figure
        d rows and d columns, the lower triangle filled, legend and remarks in the upper one. Of
        more than `MOST_FEATURES_IN_PAIRS` features the first so many are drawn, which the remarks
        say. Of more than `MOST_POINTS_IN_PAIRS` cells on a side, an even choice from each class is
        drawn; the densities are of all cells.
    """
    width = X.shape[1]
    columns = list(range(width) if features is None else features)[:MOST_FEATURES_IN_PAIRS]
    asked = width if features is None else len(features)
    figure = new_figure(7.2, synthetic=synthetic)
    axes = figure.subplots(len(columns), len(columns), sharex="col", squeeze=False)
    title = draw_pair_plot(axes, X, y, split, len(classes), columns, names)
    if len(columns) < asked:
        title += f"\nthe first {len(columns)} of {asked} features"
    figure.legend(
        handles=class_handles(classes),
        title=title,
        title_fontsize=TEXT_SIZE,
        fontsize=TEXT_SIZE,
        loc="upper right",
        bbox_to_anchor=(0.99, 0.955),
        alignment="left",
        frameon=False,
    )
    return figure


def draw_pair_plot(
    axes: npt.NDArray[np.object_],
    X: Features,
    y: Labels,
    split: npt.NDArray[np.str_] | Sequence[str],
    n_classes: int,
    columns: Sequence[int],
    names: Sequence[str] | None = None,
) -> str:
    """Draw every feature against every other into a square of axes.

    Parameters
    ----------
    axes : ndarray of matplotlib.axes.Axes, shape (d, d)
        Those above the diagonal are left empty.
    X, y, split
        As for `pair_plot`.
    n_classes : int
    columns : sequence of d int
        Columns to draw, counted from 0.
    names
        As for `pair_plot`.

    Returns
    -------
    str
        What the strong and the faint points are, for a legend.
    """
    titles = [wrapped(name, _LINE) for name in names or numbered(X.shape[1])]
    is_test = np.asarray(split) == TEST
    styles = class_styles(n_classes)
    limits = axes_limits(X)
    # Training cells first: the test side lies on top of them.
    sides = [
        (picked[even_choice(y[picked], MOST_POINTS_IN_PAIRS)], len(picked), test)
        for test in (False, True)
        for picked in [np.flatnonzero(is_test == test)]
    ]
    last = len(columns) - 1
    for row, column in np.ndindex(axes.shape):
        axis = cast(Axes, axes[row, column])
        if column > row:
            axis.set_axis_off()
            continue
        down, across = columns[row], columns[column]
        axis.set_xlim(limits[across])
        if column == row:
            _draw_densities(axis, X[:, down], y, limits[down], styles)
        else:
            axis.set_ylim(limits[down])
            for drawn, _, test in sides:
                _draw_pairs(axis, X[drawn][:, [across, down]], y[drawn], styles, strong=test)
        axis.xaxis.set_major_locator(MaxNLocator(4 if len(columns) <= 5 else 2))
        axis.tick_params(labelsize=SMALL_SIZE, length=2)
        if row == last:
            axis.set_xlabel(titles[across], fontsize=TEXT_SIZE)
        if column == 0:
            axis.set_ylabel("density" if row == 0 else titles[down], fontsize=TEXT_SIZE)
        elif column < row:
            axis.tick_params(labelleft=False)
    named = (("strong: test", sides[1]), ("faint: training", sides[0]))
    told = [f"{name} ({how_many(len(drawn), of)})" for name, (drawn, of, _) in named if of]
    return "\n".join([*told, "diagonal: density of all cells,\na row for each class in this order"])


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
    """Draw a row for each class, the first at the top: lines over one another are a tangle."""
    edges = np.linspace(*limits, 25)
    shares = [np.histogram(values[y == index], edges)[0] for index in range(len(styles))]
    densities = [counts / max(counts.sum(), 1) for counts in shares]
    tallest = max(float(density.max()) for density in densities) or 1.0
    for row, (density, style) in enumerate(zip(densities, styles, strict=True)):
        floor = -row
        axis.stairs(
            floor + 0.95 * density / tallest, edges, baseline=floor, fill=True, color=style.colour
        )
        axis.axhline(floor, color=style.colour, linewidth=0.5)
    axis.set_ylim(1 - len(styles) - 0.15, 1)
    axis.set_yticks([])
