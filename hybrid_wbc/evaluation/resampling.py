"""The bootstrap over sources that intervals come from, and how many sources count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from hybrid_wbc.evaluation import intervals
from hybrid_wbc.evaluation.metrics import mean_of_known
from hybrid_wbc.evaluation.score_types import PossibleScore


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
