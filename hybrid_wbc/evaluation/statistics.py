"""Scores over repeats with their intervals, clustered by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, cast

import numpy as np
from scipy import sparse
from typing_extensions import TypedDict

from hybrid_wbc.evaluation import intervals
from hybrid_wbc.evaluation.metrics import (
    OVERALL,
    PER_CLASS,
    confusion_matrix,
    mean_of_known,
    scores,
)

if TYPE_CHECKING:
    from types import EllipsisType


class Interval(TypedDict):
    """A figure and its 95 % interval."""

    mean: float
    low: float
    high: float


class Score(Interval):
    """A figure over the repeats, with its value in each: None where a repeat has none."""

    raw: list[float | None]


class PossibleScore(TypedDict):
    """A figure that may not exist, as the precision of a class that nothing was taken for.

    A network's training loss has a mean and no interval.
    """

    mean: float | None
    low: float | None
    high: float | None
    raw: list[float | None]


AnyScore = Score | PossibleScore


class Misclassified(PossibleScore):
    """Images classed wrong in a repeat, without an interval, and `of` how many, on average."""

    of: float


class ClassScores(TypedDict):
    """What one classifier reaches on one class; `support` counts its cells over all repeats."""

    precision: PossibleScore
    recall: PossibleScore
    f1: PossibleScore
    support: int
    misclassified: NotRequired[Misclassified]


class OverallScores(TypedDict):
    """What one classifier reaches on the cells of all classes."""

    accuracy: Score
    balanced_accuracy: Score
    macro_precision: Score
    macro_recall: Score
    macro_f1: Score
    kappa: Score


class Areas(TypedDict):
    """The areas under the ROC and the precision-recall curve, one class against the rest."""

    roc_auc: PossibleScore
    average_precision: PossibleScore


class ProbabilityScores(Areas):
    """How good a classifier's probabilities are; the areas are means over the classes.

    The log loss is that of the class that the cell is of, in natural units. The Brier score is half
    the squared distance between the probabilities and the truth, from 0 to 1. Less is better for
    both.
    """

    log_loss: PossibleScore
    brier_score: PossibleScore
    per_class: dict[str, Areas]


class ClassifierScores(OverallScores):
    """What one classifier reaches, overall and by class.

    `confusion` has the counts summed over the repeats, a row for each true class; `probability` is
    there where the classifier gives any.
    """

    per_class: dict[str, ClassScores]
    confusion: list[list[int]]
    element_wise_accuracy: NotRequired[PossibleScore]
    probability: NotRequired[ProbabilityScores]
    misclassified: NotRequired[Misclassified]


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


class Resampling:
    """One bootstrap over sources, for as many figures as are asked of it.

    All figures see the same draws.

    Parameters
    ----------
    sources : sequence of numpy.ndarray of str
        For each repeat the source of each test cell, shape (n,).
    seed : int
    groups : sequence of int, optional
        For each repeat the seed that it belongs to; the folds of a seed share it and count as one.
        Where left out, or where all repeats are folds of one seed, each stands for itself: what
        the folds of a lone seed have in common cannot be seen.
    resamples : int
    """

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        *,
        seed: int,
        groups: Sequence[int] | None = None,
        resamples: int = 2000,
    ) -> None:
        generator = np.random.default_rng(seed)
        names, rows = np.unique(np.concatenate(list(sources)), return_inverse=True)
        ends = np.cumsum([len(repeat) for repeat in sources])[:-1]
        self._membership = [
            sparse.csr_array(
                (np.ones(len(part), np.float32), (part, np.arange(len(part)))),
                shape=(len(names), len(part)),
            )
            for part in np.split(rows, ends)
        ]
        self._weights = np.empty((resamples, len(names)), np.float32)
        for weights in self._weights:
            drawn = generator.integers(len(names), size=len(names))
            weights[:] = np.bincount(drawn, minlength=len(names))
        numbers = np.arange(len(sources))
        if groups is not None and len(set(groups)) > 1:
            numbers = np.asarray(groups)
        self._repeats_of_seeds = np.unique(numbers)[:, None] == numbers

    def totals(self, columns: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Sum columns over the cells of each repeat, in every resampling.

        Parameters
        ----------
        columns : sequence of numpy.ndarray, shape (n, c)
            For each repeat a row for each test cell.

        Returns
        -------
        list of numpy.ndarray of float32, shape (resamples, c)
            For each repeat.
        """
        totals = []
        for member, part in zip(self._membership, columns, strict=True):
            of_sources = member @ part.astype(np.float32)
            # A source without anything to add, as one of another class, need not be drawn.
            adding = of_sources.any(axis=1)
            totals.append(self._weights[:, adding] @ of_sources[adding])
        return totals

    def score(
        self, values: np.ndarray, spread: np.ndarray, n_sources: float, *, lowest: float | None
    ) -> PossibleScore:
        """Sum up one figure: its mean over the repeats and the mean's 95 % interval.

        Parameters
        ----------
        values : numpy.ndarray of float, shape (repeats,)
            The figure in each repeat; not a number where a repeat has none.
        spread : numpy.ndarray of float, shape (repeats, resamples)
            The same in every resampling of the sources.
        n_sources : float
            Effective number of sources behind the figure.
        lowest : float or None
            The least that the figure can be, 1 being the most; None for a difference of two.

        Returns
        -------
        PossibleScore
            `values` are its "raw"; None for what is not a number.
        """
        raw = [None if np.isnan(value) else float(value) for value in values]
        mean = float(mean_of_known(values, axis=0))
        if np.isnan(mean):
            return {"mean": None, "low": None, "high": None, "raw": raw}
        variance, freedom = intervals.variance_of_mean(
            self._by_seed(values), self._by_seed(spread), n_sources
        )
        if lowest is None:
            low, high = intervals.of_difference(mean, variance, freedom, n_sources)
        else:
            span = 1 - lowest
            ends = intervals.of_share(
                (mean - lowest) / span, variance / span**2, freedom, n_sources
            )
            low, high = (lowest + span * end for end in ends)
        # Rounding may put an end on the wrong side of the mean.
        return {"mean": mean, "low": min(low, mean), "high": max(high, mean), "raw": raw}

    def loss_score(self, losses: Sequence[np.ndarray]) -> PossibleScore:
        """Give the mean of a loss over the cells, with its interval.

        Parameters
        ----------
        losses : sequence of numpy.ndarray of float, shape (n, 1)
            For each repeat the loss of each test cell, at least 0.

        Returns
        -------
        PossibleScore
            Without an interval where there are fewer than two effective sources.
        """
        values = np.array([part.mean() for part in losses])
        counts = self.totals([np.ones_like(part) for part in losses])
        sums = zip(self.totals(losses), counts, strict=True)
        spread = np.stack([_ratio(total, count)[:, 0] for total, count in sums])
        files = [member @ np.ones(member.shape[1]) for member in self._membership]
        n_sources = float(_effective_number(np.sum(files, axis=0)))
        mean = float(values.mean())
        variance, freedom = intervals.variance_of_mean(
            self._by_seed(values), self._by_seed(spread), n_sources
        )
        ends = None if n_sources < 2 else intervals.of_loss(mean, variance, freedom)
        low, high = ends or (None, None)
        return {"mean": mean, "low": low, "high": high, "raw": values.tolist()}

    def column_scores(
        self, columns: Sequence[np.ndarray], *, lowest: float | None = 0.0
    ) -> list[PossibleScore]:
        """Give the mean of each column over the cells, with its interval.

        Parameters
        ----------
        columns : sequence of numpy.ndarray of float, shape (n, c)
            For each repeat a row for each test cell, such as 1 where it was classed right and 0
            where not; not a number where the cell does not count.
        lowest : float or None
            As for `score`.

        Returns
        -------
        list of PossibleScore, length c
            What `score` gives for each column.
        """
        known = [~np.isnan(part) for part in columns]
        filled = [np.where(mask, part, 0.0) for mask, part in zip(known, columns, strict=True)]
        pairs = list(zip(filled, known, strict=True))
        values = np.stack([_ratio(part.sum(axis=0), mask.sum(axis=0)) for part, mask in pairs])
        # Mostly the same cells count in every column, and one column of counts will do.
        alike = all((mask == mask[:, :1]).all() for mask in known)
        counts = self.totals([mask[:, :1] for mask in known] if alike else known)
        sums = zip(self.totals(filled), counts, strict=True)
        spread = np.stack([_ratio(total, count) for total, count in sums])
        files = [
            member @ mask.astype(float)
            for member, mask in zip(self._membership, known, strict=True)
        ]
        return [
            self.score(values[:, i], spread[:, :, i], float(n_sources), lowest=lowest)
            for i, n_sources in enumerate(_effective_number(np.sum(files, axis=0)))
        ]

    def _by_seed(self, figures: np.ndarray) -> np.ndarray:
        """Average what the first axis has of a seed's folds."""
        return np.stack([mean_of_known(figures[of], axis=0) for of in self._repeats_of_seeds])


def interval_of(score: PossibleScore) -> Interval:
    """Give the mean and interval of a figure that exists."""
    return cast(Interval, {"mean": score["mean"], "low": score["low"], "high": score["high"]})


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.where(count == 0, np.nan, total / np.maximum(count, 1))


def _effective_number(files: np.ndarray) -> np.ndarray:
    squares = (files.astype(float) ** 2).sum(axis=0)
    return files.sum(axis=0) ** 2 / np.where(squares == 0, 1, squares)


def effective_sources(sources: Sequence[str] | np.ndarray) -> float:
    """Count the sources as if each gave equally many files.

    Kish's effective number, (sum m)^2 / sum m^2 over the files m of each source (1992, Weighting
    for unequal Pi, Journal of Official Statistics 8(2)): the number of sources where all give
    equally many, and fewer where a few give most.

    Parameters
    ----------
    sources : sequence of str, length n
        The source of each file.

    Returns
    -------
    float
        Between 1 and the number of sources; 0 without files.
    """
    _, files = np.unique(np.asarray(sources), return_counts=True)
    return float(_effective_number(files))


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
