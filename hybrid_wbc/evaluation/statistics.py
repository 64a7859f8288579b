"""What a classifier reaches over all repeats, each score with its interval by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from hybrid_wbc.evaluation.metrics import OVERALL, PER_CLASS, confusion_matrix, scores
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import ClassifierScores, PossibleScore

if TYPE_CHECKING:
    from types import EllipsisType


@dataclass(frozen=True)
class Predictions:
    """One classifier's answers on the test side of one repeat.

    Parameters
    ----------
    true, predicted : numpy.ndarray of str, shape (n,)
    sources : numpy.ndarray of str, shape (n,)
        The photograph, smear or patient that each cell comes from.
    """

    true: np.ndarray
    predicted: np.ndarray
    sources: np.ndarray


def summarise(
    repeats: Sequence[Predictions],
    classes: Sequence[str],
    *,
    seed: int,
    groups: Sequence[int] | None = None,
    resamples: int = 2000,
) -> ClassifierScores:
    """Score each repeat, and give every score's mean, 95 % interval and raw values.

    The mean is that of the repeats' own scores, whether they are seeds or folds.

    Parameters
    ----------
    repeats : sequence of Predictions
    classes : sequence of str, length k
    seed : int
    groups : sequence of int, optional
        As for `Resampling`.
    resamples : int

    Returns
    -------
    ClassifierScores
        A class's figures are None where it has no true cells.
    """
    k = len(classes)
    matrices = np.stack([confusion_matrix(r.true, r.predicted, classes) for r in repeats])
    values = scores(matrices)
    resampling = Resampling(
        [repeat.sources for repeat in repeats], seed=seed, groups=groups, resamples=resamples
    )
    number = {name: i for i, name in enumerate(classes)}
    places = [
        [number[t] * k + number[p] for t, p in zip(r.true, r.predicted, strict=True)]
        for r in repeats
    ]
    resampled = []
    for total in resampling.totals([np.eye(k * k, dtype=np.float32)[place] for place in places]):
        counts = total.reshape(-1, k, k)
        # A resampling that misses all of a repeat's sources has nothing to score.
        counts[counts.sum(axis=(1, 2)) == 0] = np.nan
        resampled.append(scores(counts))
    sources = np.concatenate([repeat.sources for repeat in repeats])
    true = np.concatenate([repeat.true for repeat in repeats])
    predicted = np.concatenate([repeat.predicted for repeat in repeats])

    def summed_up(name: str, cells: np.ndarray, label: int | EllipsisType = ...) -> PossibleScore:
        return resampling.score(
            values[name][:, label],
            np.stack([figures[name][:, label] for figures in resampled]),
            effective_sources(sources[cells]),
            lowest=-1.0 if name == "kappa" else 0.0,
        )

    everything = np.ones(len(true), dtype=bool)
    overall = {name: summed_up(name, everything) for name in OVERALL}
    per_class = {
        label: {
            name: summed_up(name, (predicted if name == "precision" else true) == label, i)
            for name in PER_CLASS
        }
        | {"support": int(matrices[:, i].sum())}
        for i, label in enumerate(classes)
    }
    # The names of the scores are those of the type.
    return cast(
        ClassifierScores,
        overall | {"per_class": per_class, "confusion": matrices.sum(axis=0).tolist()},
    )
