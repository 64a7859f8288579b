"""The few directions in which features of training cells vary, and what of others leaves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

# docs/decisions/0023-unlike-anything-seen.md: fewer find less, more find no more.
_MOST, _FEWEST = 32, 16
# Cells, and features, a direction: else all that was trained on lies inside, or anything does.
_CELLS, _WIDTH = 8, 4
# With less than these there is no subspace.
FEWEST_CELLS, FEWEST_FEATURES = _FEWEST * _CELLS, _FEWEST * _WIDTH


@dataclass(frozen=True)
class Subspace:
    """Where the features of training cells lie, of those that a network's embedding is made of.

    A cell of a kind that the network has not met gives features in directions that its training
    cells never took, and the few units of the embedding leave these out: what they make of such a
    cell can lie among the known ones. So it is measured before them (Wang et al. 2022, "ViM",
    arXiv 2203.10807, equation 4; here as a share, since strength depends on stain and light).

    Parameters
    ----------
    centre : numpy.ndarray of float32, shape (f,)
        The mean of the training cells.
    axes : numpy.ndarray of float16, shape (c, f)
        The directions, of length one.
    """

    centre: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Subspace | None:
        """Learn from training cells.

        Parameters
        ----------
        features : numpy.ndarray of float32, shape (n, f)

        Returns
        -------
        Subspace or None
            Of 16 to 32 directions. None with fewer than 128 cells or 64 features, of which too
            little would lie outside, and where all cells have the same features.

        Examples
        --------
        >>> features = np.random.default_rng(0).normal(size=(200, 100))
        >>> Subspace.of(features).axes.shape
        (25, 100)
        >>> Subspace.of(features[:100])
        """
        cells, width = features.shape
        count = min(_MOST, cells // _CELLS, width // _WIDTH)
        if count < _FEWEST or not np.ptp(features, axis=0).any():
            return None
        # So that the bytes are the same on workers, which have another number of threads.
        with threadpool_limits(1):
            found = PCA(count, svd_solver="randomized", random_state=0).fit(features)
        return cls(found.mean_.astype(np.float32), found.components_.astype(np.float16))

    def outside(self, features: np.ndarray) -> np.ndarray:
        """Measure how much of each cell's features lies outside.

        Parameters
        ----------
        features : numpy.ndarray of float32, shape (n, f)

        Returns
        -------
        numpy.ndarray of float32, shape (n,)
            The length of what lies outside, as a share of all that differs from the mean: from 0
            to 1.
        """
        axes = self.axes.astype(np.float32)
        apart = features - self.centre
        # Not by matrix products, whose rounding depends on the number of threads.
        along = np.einsum("nf,cf->nc", apart, axes)
        left = apart - np.einsum("nc,cf->nf", along, axes)
        lengths = np.linalg.norm(apart, axis=1)
        share = np.linalg.norm(left, axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
        return share.astype(np.float32)
