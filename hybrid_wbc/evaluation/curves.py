"""Curves of class probabilities: ROC, precision-recall and calibration, over all repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics

from hybrid_wbc.evaluation.metrics import mean_of_known
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import PossibleScore

_POINTS = 401


@dataclass(frozen=True)
class Curves:
    """One curve for each class against the rest, and their mean.

    Parameters
    ----------
    x : numpy.ndarray of float, shape (points,)
        False-positive rate of a ROC curve, recall of a precision-recall curve.
    by_class : numpy.ndarray of float, shape (k, points)
        True-positive rate or precision, averaged over the repeats; not a number for a class that
        no repeat has a curve of.
    """

    x: np.ndarray
    by_class: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean over the classes, shape (points,)."""
        return mean_of_known(self.by_class, axis=0)


@dataclass(frozen=True)
class Calibration:
    """How often the most probable class is right, by how probable it is said to be.

    Parameters
    ----------
    said : numpy.ndarray of float, shape (bins,)
        Mean probability of the most probable class in each bin that has cells.
    right : list of PossibleScore, length bins
        Share of these cells that are of this class, with its interval.
    cells : numpy.ndarray of int, shape (bins,)
        Over all repeats.
    """

    said: np.ndarray
    right: list[PossibleScore]
    cells: np.ndarray


def roc(repeats: Sequence[Probabilities]) -> Curves:
    """Give the ROC curve of each class against the rest.

    Parameters
    ----------
    repeats : sequence of Probabilities

    Returns
    -------
    Curves
        Vertical averages over the repeats (Fawcett 2006, doi 10.1016/j.patrec.2005.10.010).
    """
    x = np.linspace(0, 1, _POINTS)

    def curve(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
        false, true, _ = metrics.roc_curve(positive, score, drop_intermediate=False)
        return np.interp(x, false, true)

    return Curves(x, _over_repeats(repeats, curve))


def precision_recall(repeats: Sequence[Probabilities]) -> Curves:
    """Give the precision-recall curve of each class against the rest.

    Parameters
    ----------
    repeats : sequence of Probabilities

    Returns
    -------
    Curves
        The precision at the highest threshold that reaches each recall, averaged over the repeats:
        the mean height of a curve is the average precision.
    """
    x = np.linspace(0, 1, _POINTS)

    def curve(positive: np.ndarray, score: np.ndarray) -> np.ndarray:
        precision, recall, _ = metrics.precision_recall_curve(positive, score)
        # The last point, of recall 0 and precision 1, is no threshold's.
        place = np.searchsorted(recall[-2::-1], np.maximum(x, 1e-12))
        return precision[-2::-1][np.minimum(place, len(precision) - 2)]

    return Curves(x, _over_repeats(repeats, curve))


def calibration(
    repeats: Sequence[Probabilities],
    *,
    seed: int,
    groups: Sequence[int] | None = None,
    bins: int = 10,
) -> Calibration:
    """Hold the probability of the most probable class against how often it is right.

    Parameters
    ----------
    repeats : sequence of Probabilities
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.
    bins : int
        Of equal width, from 0 to 1.

    Returns
    -------
    Calibration
        Less the bins without a cell.
    """
    said = [repeat.probabilities.max(axis=1) for repeat in repeats]
    right = [r.probabilities.argmax(axis=1) == r.y for r in repeats]
    places = [np.clip((s * bins).astype(int), 0, bins - 1) for s in said]
    everything, place = np.concatenate(said), np.concatenate(places)
    filled = np.unique(place)
    columns = [
        np.where(of[:, None] == filled, hit[:, None], np.nan)
        for of, hit in zip(places, right, strict=True)
    ]
    resampling = Resampling([repeat.sources for repeat in repeats], seed=seed, groups=groups)
    return Calibration(
        said=np.array([everything[place == i].mean() for i in filled]),
        right=resampling.column_scores(columns),
        cells=np.array([(place == i).sum() for i in filled]),
    )


def _over_repeats(
    repeats: Sequence[Probabilities], curve: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Average a curve of each class over the repeats that have one."""
    k = repeats[0].probabilities.shape[1]
    found = np.full((len(repeats), k, _POINTS), np.nan)
    for number, repeat in enumerate(repeats):
        for label in range(k):
            positive = repeat.y == label
            if positive.any() and not positive.all():
                found[number, label] = curve(positive, repeat.probabilities[:, label])
    return mean_of_known(found, axis=0)
