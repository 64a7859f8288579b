"""Owns the scatter of cells by two or three features of the embedding, within given axes."""

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
from mpl_toolkits.mplot3d.axes3d import Axes3D

from hybrid_wbc.classical.embeddings import numbered
from hybrid_wbc.report.figures.style import (
    BLACK,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    class_handles,
    class_styles,
    legend_columns,
    new_figure,
)

Features = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]

# More points than this only hide one another at the size of a panel.
MOST_POINTS_IN_SPACE = 2000


def feature_scatter(
    X: Features,
    y: Labels,
    classes: Sequence[str],
    *,
    features: Sequence[int],
    title: str,
    synthetic: bool,
    wrong: npt.NDArray[np.bool_] | None = None,
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw two features of the embedding in the plane, or three in space.

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
        Embeddings.
    y : ndarray of int, shape (n,)
        Class of each cell, as an index into `classes`.
    classes : sequence of str
        Class names.
    features : sequence of two or three int
        Columns to draw, counted from 0.
    title : str
        What the cells are; their number is added.
    synthetic : bool
        Whether the cells were drawn.
    wrong : ndarray of bool, shape (n,), optional
        Cells to put a ring around.
    names : sequence of d str, optional
        Of the features; by default they are numbered.

    Returns
    -------
    matplotlib.figure.Figure
        Of more than `MOST_POINTS_IN_SPACE` cells, an even choice from each class is drawn, and the
        title says so.
    """
    figure = new_figure(5.0, synthetic=synthetic)
    in_space = len(features) == 3
    axis = figure.add_subplot(1, 1, 1, **({"projection": "3d"} if in_space else {}))
    drawn = draw_scatter(axis, X, y, len(classes), features, wrong=wrong, names=names)
    axis.set_title(f"{title} ({how_many(drawn, len(y))})", fontsize=TITLE_SIZE)
    if in_space:
        cast(Axes3D, axis).set_box_aspect(None, zoom=0.9)
        # The layout takes no account of the titles and outer labels of 3-D axes.
        cast(ConstrainedLayoutEngine, figure.get_layout_engine()).set(rect=(0, 0, 0.985, 0.95))
    handles = scatter_handles(classes, ringed=wrong is not None)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=legend_columns([str(handle.get_label()) for handle in handles]),
        fontsize=TEXT_SIZE,
        frameon=False,
    )
    return figure


def draw_scatter(
    axis: Axes,
    X: Features,
    y: Labels,
    n_classes: int,
    features: Sequence[int],
    *,
    limits: Sequence[tuple[float, float]] | None = None,
    size: float | None = None,
    wrong: npt.NDArray[np.bool_] | None = None,
    names: Sequence[str] | None = None,
) -> int:
    """Draw two features into axes, or three into 3-D axes.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        With the projection "3d" for three features.
    X, y, features, wrong, names
        As for `feature_scatter`.
    n_classes : int
    limits : sequence of (float, float), optional
        Of each axis; by default such that all cells lie within.
    size : float, optional
        Of a point, in square points.

    Returns
    -------
    int
        How many cells were drawn.
    """
    columns = list(features)
    titles = numbered(X.shape[1]) if names is None else names
    limits = axes_limits(X[:, columns]) if limits is None else limits
    size = (16.0 if len(y) <= 500 else 6.0) if size is None else size
    drawn = even_choice(y, MOST_POINTS_IN_SPACE)
    deep: dict[str, Any] = {"depthshade": False} if len(columns) == 3 else {}
    plane_or_space: Any = axis  # the types know of scatters in the plane alone
    for index, style in enumerate(class_styles(n_classes)):
        plane_or_space.scatter(
            *X[drawn[y[drawn] == index]][:, columns].T,
            s=size,
            color=style.colour,
            marker=style.marker,
            alpha=0.75,
            linewidths=0,
            rasterized=True,
            **deep,
        )
    if wrong is not None:
        plane_or_space.scatter(
            *X[drawn[wrong[drawn]]][:, columns].T,
            s=4 * size,
            facecolors="none",
            edgecolors=BLACK,
            linewidths=0.8,
            **deep,
        )
    for name, column, (low, high) in zip("xyz", columns, limits, strict=False):
        axis.set(**{f"{name}lim": (low, high)})
        pad = {"labelpad": -4} if deep else {}
        getattr(axis, f"set_{name}label")(titles[column], fontsize=TEXT_SIZE, **pad)
        if deep:
            axis.set(**{f"{name}ticks": _inner_ticks(low, high)})
    axis.tick_params(labelsize=SMALL_SIZE)
    if deep:
        axis.tick_params(pad=-2)
    else:
        axis.spines[["top", "right"]].set_visible(False)
    return len(drawn)


def scatter_handles(classes: Sequence[str], *, ringed: bool) -> list[Line2D]:
    """Make the entries of a scatter's legend."""
    handles = class_handles(classes)
    if ringed:
        handles.append(
            Line2D(
                [],
                [],
                color=BLACK,
                marker="o",
                markersize=8,
                markerfacecolor="none",
                linestyle="",
                label="classed wrong",
            )
        )
    return handles


def is_in_space(axis: Axes) -> bool:
    """Whether axes take three features."""
    return isinstance(axis, Axes3D)


def axes_limits(X: Features) -> list[tuple[float, float]]:
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


def even_choice(y: Labels, most: int) -> npt.NDArray[np.intp]:
    """Choose about `most` positions, evenly spaced within each class, in the classes' shares."""
    if len(y) <= most:
        return np.arange(len(y))
    chosen = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        count = max(1, len(members) * most // len(y))
        chosen.append(members[np.linspace(0, len(members) - 1, count).astype(int)])
    return np.concatenate(chosen)


def how_many(drawn: int, total: int) -> str:
    """Say how many cells are drawn, and of how many."""
    return f"{total:,} cells" if drawn == total else f"{drawn:,} of {total:,} cells drawn"
