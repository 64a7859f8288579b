"""Whether a cell is unlike all that a network was trained on, by what its features are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

# The mean over some neighbours: one training cell that is an outlier makes nothing familiar.
NEIGHBOURS = 5
# Share of held-out cells, of known classes as they are, that count as familiar.
FAMILIAR = 0.95
# With fewer held-out cells than this their largest measure is the limit.
_ENOUGH = 20
_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Familiarity:
    """The training cells of a network, and how strange held-out cells of each class are to it.

    How strange a cell is, is said by how much of its features lies outside the training cells'
    subspace where that was measured; else by the mean distance to its five nearest training cells.

    Parameters
    ----------
    scaler : StandardScaler
        Of the training cells' embedding.
    search : NearestNeighbors
        Of the same.
    limits : numpy.ndarray of float, shape (k,)
        By the class that is said: beyond it a cell is unlike anything seen.
    few : list of int
        The classes that fewer than 20 held-out cells were said to be of; the limit is then that of
        all classes.
    """

    scaler: StandardScaler
    search: NearestNeighbors
    limits: np.ndarray
    few: list[int]

    @classmethod
    def of(
        cls,
        trained: np.ndarray,
        held_out: np.ndarray,
        said: np.ndarray,
        n_classes: int,
        outside: np.ndarray | None = None,
    ) -> Familiarity:
        """Learn from the cells of a run.

        Parameters
        ----------
        trained : numpy.ndarray of float, shape (t, d)
            Embeddings of the training cells.
        held_out : numpy.ndarray of float, shape (n, d)
            Of cells that took no part in the training. Without any nothing is unlike.
        said : numpy.ndarray of int, shape (n,)
            The position of the class that each of these was said to be of.
        n_classes : int
        outside : numpy.ndarray of float, shape (n,), optional
            How much of the held-out cells' features lies outside the training cells' subspace.

        Returns
        -------
        Familiarity
        """
        scaler = StandardScaler().fit(trained)
        search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(trained)))
        search.fit(scaler.transform(trained))
        nothing = cls(scaler, search, np.full(n_classes, np.inf), [])
        strange = nothing._measured(held_out, outside)
        limits = np.full(n_classes, _limit(strange))
        few = []
        for label in range(n_classes):
            of_class = strange[said == label]
            if len(of_class) < _ENOUGH:
                few.append(label)
            else:
                limits[label] = _limit(of_class)
        return cls(scaler, search, limits, few)

    def nearest(self, X: np.ndarray) -> np.ndarray:
        """Measure how far cells lie from the nearest training cell.

        Parameters
        ----------
        X : numpy.ndarray of float, shape (n, d)

        Returns
        -------
        numpy.ndarray of float, shape (n,)
            Between standardised features.
        """
        return self._distances(X)[:, 0]

    def strangeness(
        self, X: np.ndarray, said: np.ndarray, outside: np.ndarray | None
    ) -> np.ndarray:
        """Say how strange cells are.

        Parameters
        ----------
        X : numpy.ndarray of float, shape (n, d)
        said : numpy.ndarray of int, shape (n,)
            The position of the class that each cell is said to be of.
        outside : numpy.ndarray of float, shape (n,), or None
            How much of their features lies outside the subspace, as `of` was given it.

        Returns
        -------
        numpy.ndarray of float, shape (n,)
            As a share of the limit: above 1 a cell is unlike anything seen.
        """
        return self._measured(X, outside) / self.limits[said]

    def named_few(self, classes: Sequence[str]) -> list[str]:
        """Name the classes whose limit is that of all classes."""
        return [classes[label] for label in self.few]

    def _measured(self, X: np.ndarray, outside: np.ndarray | None) -> np.ndarray:
        return self._distances(X).mean(axis=1) if outside is None else outside

    def _distances(self, X: np.ndarray) -> np.ndarray:
        if not len(X):
            return np.empty((0, 1))
        return self.search.kneighbors(self.scaler.transform(X))[0]


def _limit(strange: np.ndarray) -> float:
    if not len(strange):
        return np.inf
    # Copies of training cells are no distance away.
    return max(float(np.quantile(strange, FAMILIAR, method="higher")), _TINY)
