"""Owns the further axes that cells are looked at along: PCA and LDA, fitted on training cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import StandardScaler

MOST_COMPONENTS = 5


@dataclass(frozen=True)
class Projection:
    """The components of one method.

    Parameters
    ----------
    method : str
        "PCA" or "LDA".
    shares : tuple of float
        What each component has of the training cells' variance (PCA), or of the variance between
        the means of their classes (LDA); from 0 to 1.
    values : ndarray of float, shape (n, components)
        Of every cell, trained on or not.
    """

    method: str
    shares: tuple[float, ...]
    values: npt.NDArray[np.floating[Any]]


def projections(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    trained: npt.NDArray[np.bool_],
) -> list[Projection]:
    """Project an embedding onto its principal components and its linear discriminants.

    Both are fitted on the training side alone, on features standardised there, and then applied to
    every cell. LDA is told the classes of the training cells, so that these may look better
    separated by it than cells that were not trained on.

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
        Embeddings.
    y : ndarray of int, shape (n,)
        Class of each cell.
    trained : ndarray of bool, shape (n,)
        Whether a cell lies on the training side.

    Returns
    -------
    list of Projection
        At most 5 components of each method, those with the largest shares first. A method is left
        out where the training side cannot carry it: no feature that varies, or one class alone.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(60, 4)) + np.arange(60)[:, None] % 3
    >>> [(p.method, p.values.shape) for p in projections(X, np.arange(60) % 3, np.arange(60) < 40)]
    [('PCA', (60, 4)), ('LDA', (60, 2))]
    """
    if trained.sum() < 2:
        return []
    scaled = StandardScaler().fit(X[trained].astype(float)).transform(X.astype(float))
    # A feature that hardly varies beside its mean is standardised to noise of the last digit.
    spread, size = X[trained].std(axis=0), np.abs(X[trained]).max(axis=0)
    scaled = scaled[:, spread > 1e-6 * size]
    if not scaled.shape[1]:
        return []
    fitted, labels = scaled[trained], y[trained]
    components = min(MOST_COMPONENTS, *fitted.shape)
    pca = PCA(components, svd_solver="full").fit(fitted)
    found = [_projection("PCA", pca.explained_variance_ratio_, pca.transform(scaled))]
    classes = np.unique(labels)
    means = {label: fitted[labels == label].mean(axis=0) for label in classes}
    within = fitted - np.array([means[label] for label in labels])
    if 1 < len(classes) < len(labels) and within.std(axis=0).min() > 1e-6:
        components = min(MOST_COMPONENTS, len(classes) - 1, fitted.shape[1])
        lda = LinearDiscriminantAnalysis(n_components=components).fit(fitted, labels)
        found.append(_projection("LDA", lda.explained_variance_ratio_, lda.transform(scaled)))
    return found


def _projection(
    method: str, shares: npt.NDArray[np.floating[Any]], values: npt.NDArray[np.floating[Any]]
) -> Projection:
    return Projection(method, tuple(float(share) for share in shares[: values.shape[1]]), values)
