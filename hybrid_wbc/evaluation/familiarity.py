"""Whether a cell is unlike all that a network was trained on, by its distance in the embedding."""

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
# With fewer held-out cells than this their largest distance is the limit.
_ENOUGH = 20


@dataclass(frozen=True)
class Familiarity:
    """The training cells of a network, and how far from them held-out cells of each class lie.

    Parameters
    ----------
    scaler : StandardScaler
        Of the training cells' features.
    search : NearestNeighbors
        Of the same.
    limits : numpy.ndarray of float, shape (k,)
        By the class that is said: the distance beyond which a cell is unlike anything seen.
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
        cls, trained: np.ndarray, held_out: np.ndarray, said: np.ndarray, n_classes: int
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

        Returns
        -------
        Familiarity
        """
        scaler = StandardScaler().fit(trained)
        search = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(trained)))
        search.fit(scaler.transform(trained))
        _, distances = _measure(scaler, search, held_out)
        limits = np.full(n_classes, _limit(distances))
        few = []
        for label in range(n_classes):
            of_class = distances[said == label]
            if len(of_class) < _ENOUGH:
                few.append(label)
            else:
                limits[label] = _limit(of_class)
        return cls(scaler, search, limits, few)

    def distances(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Measure how far cells lie from the training cells.

        Parameters
        ----------
        X : numpy.ndarray of float, shape (n, d)

        Returns
        -------
        nearest, mean : numpy.ndarray of float, shape (n,)
            Between standardised features: to the nearest training cell, and on average to the five
            nearest.
        """
        return _measure(self.scaler, self.search, X)

    def unlike(self, mean: np.ndarray, said: np.ndarray) -> np.ndarray:
        """Say which cells are unlike anything seen.

        Parameters
        ----------
        mean : numpy.ndarray of float, shape (n,)
            Distances to the five nearest training cells.
        said : numpy.ndarray of int, shape (n,)
            The position of the class that each cell is said to be of.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
        """
        return mean > self.limits[said]

    def named_few(self, classes: Sequence[str]) -> list[str]:
        """Name the classes whose limit is that of all classes."""
        return [classes[label] for label in self.few]


def _measure(
    scaler: StandardScaler, search: NearestNeighbors, X: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if not len(X):
        return np.empty(0), np.empty(0)
    distances = search.kneighbors(scaler.transform(X))[0]
    return distances[:, 0], distances.mean(axis=1)


def _limit(distances: np.ndarray) -> float:
    if not len(distances):
        return np.inf
    return float(np.quantile(distances, FAMILIAR, method="higher"))
