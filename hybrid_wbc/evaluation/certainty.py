"""How far a classifier's certainty can be trusted: calibration, and right among those answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.probabilities import Probabilities, brier_losses
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import PossibleScore

BINS = 10
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Answered(TypedDict):
    """The accuracy among the cells that are answered, where only the surest `share` is."""

    share: float
    accuracy: PossibleScore


class Certainty(TypedDict):
    """What a classifier's probabilities are worth.

    `calibration_error` is the expected calibration error in ten bins of equal width (Guo et al.
    2017, arXiv 1706.04599), which is above 0 by chance where cells are few; `brier_score` is half
    the squared distance from the truth, from 0 to 1.
    """

    calibration_error: PossibleScore
    brier_score: PossibleScore
    answered: list[Answered]


def measure_certainty(
    repeats: Sequence[Probabilities], *, seed: int, groups: Sequence[int] | None = None
) -> Certainty:
    """Measure what the probabilities of one classifier are worth.

    Parameters
    ----------
    repeats : sequence of Probabilities
    seed : int
        Seeds the resampling, and the order of cells that are equally sure.
    groups : sequence of int, optional
        As for `resampling.Resampling`.

    Returns
    -------
    Certainty
        Every figure with its 95 % interval, by bootstrap over sources.

    Examples
    --------
    >>> given = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    >>> cells = Probabilities(np.array([0, 0, 1, 1]), given, np.array(["a", "b", "c", "d"]))
    >>> found = measure_certainty([cells], seed=0)
    >>> found["answered"][-1]["accuracy"]["mean"]
    0.75
    """
    resampling = Resampling([repeat.sources for repeat in repeats], seed=seed, groups=groups)
    sources = np.concatenate([repeat.sources for repeat in repeats])
    binned = [_binned(repeat) for repeat in repeats]
    answered = resampling.column_scores([_answered(repeat, seed) for repeat in repeats])
    return {
        "calibration_error": resampling.score(
            np.array([_calibration_error(part.sum(axis=0)) for part in binned]),
            np.stack([_calibration_error(total) for total in resampling.totals(binned)]),
            effective_sources(sources),
            lowest=0.0,
        ),
        "brier_score": resampling.column_scores([brier_losses(r)[:, None] for r in repeats])[0],
        "answered": [
            {"share": share, "accuracy": accuracy}
            for share, accuracy in zip(SHARES, answered, strict=True)
        ],
    }


def _binned(repeat: Probabilities) -> np.ndarray:
    """Give each cell its place: one, and right less said, in the columns of its bin."""
    said = repeat.probabilities.max(axis=1).astype(float)
    right = repeat.probabilities.argmax(axis=1) == repeat.y
    member = np.arange(BINS) == np.minimum((said * BINS).astype(int), BINS - 1)[:, None]
    return np.hstack([member, member * (right - said)[:, None]])


def _calibration_error(sums: np.ndarray) -> np.ndarray:
    """Give the error from the sums of what `_binned` gives, shape (..., 2 * BINS)."""
    counts = sums[..., :BINS].sum(axis=-1)
    return np.abs(sums[..., BINS:]).sum(axis=-1) / np.where(counts == 0, np.nan, counts)


def _answered(repeat: Probabilities, seed: int) -> np.ndarray:
    """Give whether each cell is classed right, a column a share; not a number where unanswered."""
    said = repeat.probabilities.max(axis=1)
    right = (repeat.probabilities.argmax(axis=1) == repeat.y).astype(float)
    # Cells of one class lie together in a set: among the equally sure, chance decides.
    chance = np.random.default_rng(seed).random(len(said))
    rank = np.empty(len(said))
    rank[np.lexsort((chance, -said))] = np.arange(1, len(said) + 1)
    most = np.maximum(np.rint(np.array(SHARES) * len(said)), 1)
    return np.where(rank[:, None] <= most, right[:, None], np.nan)
