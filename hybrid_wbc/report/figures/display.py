"""Owns the display of an estimator's embedding, in the way of scikit-learn's displays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hybrid_wbc.errors import InputError
from hybrid_wbc.report.figures.scatter import (
    draw_scatter,
    feature_scatter,
    is_in_space,
    scatter_handles,
)
from hybrid_wbc.report.figures.style import SMALL_SIZE, SYNTHETIC_TEXT, TITLE_SIZE, mark_axes


class Transformer(Protocol):
    """An estimator that gives an embedding."""

    def transform(self, X: Any) -> np.ndarray:
        """Give an embedding, shape (n, d)."""


class EmbeddingDisplay:
    """Scatter of cells by two or three features of an embedding, coloured by class.

    Make one with `from_estimator` or `from_embedding`; `plot` draws it again.

    Parameters
    ----------
    embedding : numpy.ndarray of float, shape (n, d)
    y : numpy.ndarray of int, shape (n,)
        Class of each cell, as an index into `classes`.
    classes : sequence of str
    synthetic : bool
        Whether the cells were drawn, which the figure then says.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn into last.
    figure_ : matplotlib.figure.Figure

    Examples
    --------
    >>> import numpy as np
    >>> from hybrid_wbc import EmbeddingDisplay
    >>> embedding = np.random.default_rng(0).standard_normal((20, 5))
    >>> labels = ["monocyte", "neutrophil"] * 10
    >>> display = EmbeddingDisplay.from_embedding(embedding, labels, features=(1, 4))
    >>> display.ax_.get_ylabel()
    'feature 4'
    """

    def __init__(
        self, embedding: np.ndarray, y: np.ndarray, classes: Sequence[str], *, synthetic: bool
    ) -> None:
        self.embedding = embedding
        self.y = y
        self.classes = list(classes)
        self.synthetic = synthetic

    @classmethod
    def from_estimator(
        cls,
        estimator: Transformer,
        X: Any,
        y: Sequence[Any] | np.ndarray,
        *,
        features: Sequence[int] | None = None,
        ax: Axes | None = None,
        synthetic: bool = False,
    ) -> EmbeddingDisplay:
        """Draw the embedding that a fitted estimator gives some cells.

        Parameters
        ----------
        estimator : HybridClassifier, or any estimator with `transform`
            Fitted.
        X : as the estimator takes it
        y : sequence of n labels
        features : sequence of two or three int, optional
            Counted from 1. By default the first three, or as many as `ax` or the embedding take.
        ax : matplotlib.axes.Axes, optional
            To draw into, 3-D for three features; by default a new figure.
        synthetic : bool
            Whether the cells were drawn.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        InputError
            As `from_embedding` does.
        """
        return cls.from_embedding(
            estimator.transform(X), y, features=features, ax=ax, synthetic=synthetic
        )

    @classmethod
    def from_embedding(
        cls,
        embedding: np.ndarray,
        y: Sequence[Any] | np.ndarray,
        *,
        features: Sequence[int] | None = None,
        ax: Axes | None = None,
        synthetic: bool = False,
    ) -> EmbeddingDisplay:
        """Draw an embedding.

        Parameters
        ----------
        embedding : array-like of float, shape (n, d)
        y : sequence of n labels
        features, ax, synthetic
            As for `from_estimator`.

        Returns
        -------
        EmbeddingDisplay

        Raises
        ------
        InputError
            If the lengths differ, a feature does not exist, or the axes do not fit their number.
        """
        values = np.asarray(embedding, dtype=float)
        labels = np.asarray(y)
        if values.ndim != 2 or labels.shape != (len(values),) or not len(values):
            raise InputError(
                f"embedding: received shape {values.shape} for {labels.size} labels; give a row "
                "of features for each label"
            )
        classes, codes = np.unique(labels, return_inverse=True)
        names = [str(name) for name in classes]
        return cls(values, codes, names, synthetic=synthetic).plot(features=features, ax=ax)

    def plot(
        self, *, features: Sequence[int] | None = None, ax: Axes | None = None
    ) -> EmbeddingDisplay:
        """Draw the embedding.

        Parameters
        ----------
        features, ax
            As for `from_estimator`.

        Returns
        -------
        EmbeddingDisplay
            Itself.

        Raises
        ------
        InputError
            If a feature does not exist, or the axes do not fit the number of features.
        """
        self.figure_ = scatter_into(
            ax,
            self.embedding,
            self.y,
            self.classes,
            features=features,
            title="embedding",
            marks=[SYNTHETIC_TEXT] if self.synthetic else [],
            synthetic=self.synthetic,
        )
        self.ax_ = self.figure_.axes[0] if ax is None else ax
        return self

    def __repr__(self) -> str:
        n, d = self.embedding.shape
        drawn = "SYNTHETIC, " if self.synthetic else ""
        return f"<EmbeddingDisplay: {drawn}{n} cells, {d} features, {len(self.classes)} classes>"


def scatter_into(
    ax: Axes | None,
    X: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    *,
    features: Sequence[int] | None,
    title: str,
    marks: Sequence[str],
    synthetic: bool,
    wrong: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> Figure:
    """Draw a scatter into given axes, or into a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
    X, y, classes, title, wrong, names
        As for `feature_scatter`.
    features : sequence of int or None
        Counted from 1.
    marks : sequence of str
        What is written above the title in given axes.
    synthetic : bool
        Whether a new figure says that the cells were drawn.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a feature does not exist, or the axes do not fit the number of features.
    """
    columns = chosen_columns(features, X.shape[1], ax)
    if ax is None:
        return feature_scatter(
            X,
            y,
            classes,
            features=columns,
            title=title,
            synthetic=synthetic,
            wrong=wrong,
            names=names,
        )
    draw_scatter(ax, X, y, len(classes), columns, wrong=wrong, names=names)
    ax.set_title(title, fontsize=TITLE_SIZE)
    for mark in marks:
        mark_axes(ax, mark)
    ax.legend(handles=scatter_handles(classes, ringed=wrong is not None), fontsize=SMALL_SIZE)
    return figure_of(ax)


def figure_of(ax: Axes) -> Figure:
    """Give the whole figure that axes lie in."""
    return ax.figure.figure


def chosen_columns(features: Sequence[int] | None, width: int, ax: Axes | None) -> list[int]:
    """Turn the numbers of two or three features into columns, counted from 0.

    Raises
    ------
    InputError
        If a feature does not exist, there are too few or too many, or the axes do not fit.
    """
    if features is None:
        flat = ax is not None and not is_in_space(ax)
        features = range(1, min(2 if flat else 3, width) + 1)
    columns = checked_columns(features, width)
    if len(columns) not in (2, 3):
        raise InputError(
            f"features: received {_listed(features)}; a scatter takes two or three, as 1,4 or 1,4,5"
        )
    if ax is not None and is_in_space(ax) != (len(columns) == 3):
        raise InputError(
            f"ax: received {'3-D' if is_in_space(ax) else '2-D'} axes for {len(columns)} features; "
            'make 3-D ones with projection="3d"'
        )
    return columns


def checked_columns(features: Sequence[int], width: int) -> list[int]:
    """Turn the numbers of features into columns, counted from 0.

    Raises
    ------
    InputError
        If one does not exist, or is named twice.
    """
    unknown = [number for number in features if not 1 <= number <= width]
    if unknown:
        raise InputError(
            f"features: received {unknown[0]}; there are {width}, choose from "
            f"{_listed(range(1, width + 1))}"
        )
    if len(set(features)) < len(features):
        raise InputError(f"features: received {_listed(features)}; name each feature once")
    return [number - 1 for number in features]


def _listed(features: Sequence[int]) -> str:
    return ",".join(map(str, features))
