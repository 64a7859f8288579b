"""Scores of class probabilities: areas under ROC and precision-recall curves, log loss, Brier.

How often their 95 % intervals hold: for three copies that agree, five classes, and 40 or 100
sources, or two copies and 300 sources, the true value lay within in 95 to 99 % of 200 drawn sets
for the area under the ROC curve, in 92 to 98 % for the average precision, in 94 to 96 % for the
Brier score, and in 86 to 95 % for the log loss, least where 40 sources give few losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn import metrics

from hybrid_wbc.config.choices import CATEGORICAL
from hybrid_wbc.evaluation.metrics import cross_entropy, mean_of_known
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import PossibleScore, ProbabilityScores


@dataclass(frozen=True)
class Probabilities:
    """The class probabilities that one classifier gives the cells of one repeat.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
        Position of each cell's class.
    probabilities : numpy.ndarray of float, shape (n, k)
    sources : numpy.ndarray of str, shape (n,)
        The photograph, smear or patient that each cell comes from.
    """

    y: np.ndarray
    probabilities: np.ndarray
    sources: np.ndarray


def score_probabilities(
    repeats: Sequence[Probabilities],
    classes: Sequence[str],
    *,
    seed: int,
    groups: Sequence[int] | None = None,
) -> ProbabilityScores:
    """Score the probabilities of one classifier, with intervals clustered by source.

    An area is resampled by how much each cell moves it, to first order: for the ROC curve these are
    the structural components of clustered ROC analysis (Obuchowski 1997, doi 10.2307/2533958).

    Parameters
    ----------
    repeats : sequence of Probabilities
    classes : sequence of str, length k
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.

    Returns
    -------
    ProbabilityScores
        A class's areas are None where a repeat's cells are all of it, or none is.
    """
    resampling = Resampling([repeat.sources for repeat in repeats], seed=seed, groups=groups)
    sources = np.concatenate([repeat.sources for repeat in repeats])
    y = np.concatenate([repeat.y for repeat in repeats])
    scores: dict[str, list[PossibleScore]] = {}
    for name, area in (("roc_auc", roc_area), ("average_precision", _precision_area)):
        found = [[area(r.y == i, r.probabilities[:, i]) for i in range(len(classes))]
                 for r in repeats]  # fmt: skip
        values = np.array([[value for value, _ in of_repeat] for of_repeat in found])
        moves = [np.stack([move for _, move in of_repeat], axis=1) for of_repeat in found]
        # The mean over the classes comes last.
        values = np.column_stack([values, mean_of_known(values, axis=1)])
        moves = [np.column_stack([m, mean_of_known(m, axis=1)]) for m in moves]
        shifts = np.stack(resampling.totals([np.nan_to_num(m) for m in moves]))
        spread = values[:, None, :] + shifts
        scores[name] = [
            resampling.score(
                values[:, i],
                spread[:, :, i],
                effective_sources(sources if i == len(classes) else sources[y == i]),
                lowest=0.0,
            )
            for i in range(len(classes) + 1)
        ]
    losses = [cross_entropy(r.y, r.probabilities, CATEGORICAL)[:, None] for r in repeats]
    return {
        "roc_auc": scores["roc_auc"][-1],
        "average_precision": scores["average_precision"][-1],
        "log_loss": resampling.loss_score(losses),
        "brier_score": resampling.column_scores([brier_losses(r)[:, None] for r in repeats])[0],
        "per_class": {
            label: {
                "roc_auc": scores["roc_auc"][i],
                "average_precision": scores["average_precision"][i],
            }
            for i, label in enumerate(classes)
        },
    }


def of_chosen(probabilities: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Divide the probabilities of the chosen classes by their sum.

    Parameters
    ----------
    probabilities : numpy.ndarray of float, shape (n, k)
    chosen : numpy.ndarray of bool, shape (k,)

    Returns
    -------
    numpy.ndarray of float, shape (n, m)
        The m chosen classes alike where nothing is left for any of them.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0]])
    >>> of_chosen(p, np.array([False, True, True])).round(3).tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    left = probabilities[:, chosen].astype(float)
    total = left.sum(axis=1, keepdims=True)
    alike = np.full_like(left, 1 / left.shape[1])
    return np.divide(left, total, out=alike, where=total > 0)


def likeliest_of(probabilities: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Give the likeliest of the chosen classes, or of all where none of them has any probability.

    Parameters
    ----------
    probabilities : numpy.ndarray of float, shape (n, k)
    chosen : numpy.ndarray of bool, shape (k,)

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Positions among all k classes.

    Examples
    --------
    >>> import numpy as np
    >>> p = np.array([[0.6, 0.1, 0.3], [1.0, 0.0, 0.0]])
    >>> likeliest_of(p, np.array([False, True, True])).tolist()
    [2, 0]
    """
    left = np.where(chosen, probabilities, 0)
    nothing = ~left.any(axis=1)
    return np.where(nothing, probabilities.argmax(axis=1), left.argmax(axis=1))


def brier_losses(repeat: Probabilities) -> np.ndarray:
    """Give half the squared distance of each cell's probabilities from the truth, shape (n,)."""
    truth = np.arange(repeat.probabilities.shape[1]) == repeat.y[:, None]
    return ((repeat.probabilities.astype(float) - truth) ** 2).sum(axis=1) / 2


def roc_area(positive: np.ndarray, score: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the area under the ROC curve, and how much a cell's weight moves it.

    Parameters
    ----------
    positive : numpy.ndarray of bool, shape (n,)
    score : numpy.ndarray of float, shape (n,)
        Higher for those that should be positive.

    Returns
    -------
    area : float
        Not a number where all cells are positive, or none is.
    moves : numpy.ndarray of float, shape (n,)
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not (n_positive and n_negative):
        return np.nan, np.full(len(score), np.nan)
    area = float(metrics.roc_auc_score(positive, score))
    share = np.empty(len(score))
    for cells, others, sign in ((positive, ~positive, 1), (~positive, positive, -1)):
        ranked = np.sort(sign * score[others])
        below = [np.searchsorted(ranked, sign * score[cells], side) for side in ("left", "right")]
        share[cells] = (below[0] + below[1]) / 2 / others.sum()
    return area, (share - area) / np.where(positive, n_positive, n_negative)


def _precision_area(positive: np.ndarray, score: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the average precision, and how much a cell's weight moves it."""
    n_positive = int(positive.sum())
    if n_positive in (0, len(score)):
        return np.nan, np.full(len(score), np.nan)
    area = float(metrics.average_precision_score(positive, score))
    # How many cells, and how many of the class, have at least the score of each cell of it.
    own = np.sort(score[positive])
    at_least = len(score) - np.searchsorted(np.sort(score), own, "left")
    precision = (n_positive - np.searchsorted(own, own, "left")) / at_least
    # A cell changes the precision at each of those scores that is not above its own.
    upto = np.searchsorted(own, score, "right")
    counted = np.concatenate([[0.0], np.cumsum(1 / at_least)])[upto]
    expected = np.concatenate([[0.0], np.cumsum(precision / at_least)])[upto]
    move = positive * counted - expected
    move[positive] += precision[np.searchsorted(own, score[positive], "left")] - area
    return area, move / n_positive
