"""Whether cells of a class that nobody told of stand out: distances in the embedding, and areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.evaluation.probabilities import roc_area
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import PossibleScore

# Of the pooled variance, added so that a feature that never varies divides nothing by zero.
_RIDGE = 1e-6


class Unknown(TypedDict):
    """How well the test cells of one class are told from the others' without knowing the class.

    Areas under the ROC curve by two scores: `nearest`, the distance to the nearest training cell of
    the other classes; `mahalanobis`, the least Mahalanobis distance to the mean of one of these
    classes, with their common covariance (Lee et al. 2018, arXiv 1807.03888). `cells` counts the
    class's test cells over all repeats.
    """

    label: str
    cells: int
    nearest: PossibleScore
    mahalanobis: PossibleScore


def leave_each_out(
    embedded: Sequence[Embeddings], *, seed: int, groups: Sequence[int] | None = None
) -> list[Unknown]:
    """Leave each class out of the known ones in turn, and see whether its test cells stand out.

    The embedding is that of a network that was trained on the class: this asks what the distance
    tells, not what a network would that has never met such a cell.

    Parameters
    ----------
    embedded : sequence of Embeddings
        One a repeat, with features.
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.

    Returns
    -------
    list of Unknown
        In the order of the classes. An area is None where a class has no test cell.
    """
    tested = [e.split == TEST for e in embedded]
    sources = [e.sources[on] for e, on in zip(embedded, tested, strict=True)]
    resampling = Resampling(sources, seed=seed, groups=groups)
    found: list[Unknown] = []
    for label in embedded[0].classes.tolist():
        unknown = [e.classes[e.y[on]] == label for e, on in zip(embedded, tested, strict=True)]
        area = _Areas(resampling, unknown, sources)
        found.append(
            {
                "label": label,
                "cells": int(sum(of.sum() for of in unknown)),
                "nearest": area.of([_scores(e, label, nearest) for e in embedded]),
                "mahalanobis": area.of([_scores(e, label, mahalanobis) for e in embedded]),
            }
        )
    return found


def nearest(known: np.ndarray, _y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Give each asked cell's distance to the nearest known one.

    Parameters
    ----------
    known : numpy.ndarray of float, shape (n, d)
    _y : numpy.ndarray of int, shape (n,)
    asked : numpy.ndarray of float, shape (m, d)

    Returns
    -------
    numpy.ndarray of float, shape (m,)
    """
    return NearestNeighbors(n_neighbors=1).fit(known).kneighbors(asked)[0][:, 0]


def mahalanobis(known: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Give each asked cell's least Mahalanobis distance to the mean of a known class.

    Parameters
    ----------
    known : numpy.ndarray of float, shape (n, d)
    y : numpy.ndarray of int, shape (n,)
        Each known cell's class.
    asked : numpy.ndarray of float, shape (m, d)

    Returns
    -------
    numpy.ndarray of float, shape (m,)
    """
    labels = np.unique(y)
    means = np.stack([known[y == label].mean(axis=0) for label in labels])
    within = known - means[np.searchsorted(labels, y)]
    covariance = within.T @ within / len(known) + _RIDGE * np.eye(known.shape[1])
    apart = asked[:, None, :] - means
    squares = np.einsum("mkd,de,mke->mk", apart, np.linalg.inv(covariance), apart)
    return np.sqrt(squares.min(axis=1))


Distance = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def _scores(e: Embeddings, label: str, distance: Distance) -> np.ndarray:
    """Score a repeat's test cells by the training cells of all classes but one."""
    known = (e.split == TRAIN) & (e.classes[e.y] != label)
    scaler = StandardScaler().fit(e.X[known])
    asked = scaler.transform(e.X[e.split == TEST])
    return distance(scaler.transform(e.X[known]), e.y[known], asked)


class _Areas:
    """Areas under the ROC curve of one class against the others, with their intervals."""

    def __init__(
        self,
        resampling: Resampling,
        unknown: Sequence[np.ndarray],
        sources: Sequence[np.ndarray],
    ) -> None:
        self._resampling, self._unknown = resampling, unknown
        of_class = [names[of] for names, of in zip(sources, unknown, strict=True)]
        self._n_sources = effective_sources(np.concatenate(of_class))

    def of(self, scores: Sequence[np.ndarray]) -> PossibleScore:
        found = [roc_area(u, score) for u, score in zip(self._unknown, scores, strict=True)]
        values = np.array([value for value, _ in found])
        moves = [np.nan_to_num(move)[:, None] for _, move in found]
        spread = np.stack(self._resampling.totals(moves))[:, :, 0] + values[:, None]
        return self._resampling.score(values, spread, self._n_sources, lowest=0.0)
