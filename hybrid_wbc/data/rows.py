"""Some of many images, taken when they are looked at: a set may be larger than the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Images(Protocol):
    """What is asked of many images, of an array as of `Rows`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, height, width, 3)."""

    def __len__(self) -> int:
        """Give n."""

    def __getitem__(self, key: Any, /) -> Any:
        """Give the images of a slice or of an array of positions, uint8."""


@dataclass(frozen=True)
class Rows:
    """Some of the images of an array, in an order of their own, copied when they are asked for.

    Parameters
    ----------
    images : Images, shape (n, height, width, 3)
    rows : numpy.ndarray of int, shape (m,)

    Examples
    --------
    >>> import numpy as np
    >>> images = np.arange(5 * 2 * 2 * 3, dtype=np.uint8).reshape(5, 2, 2, 3)
    >>> some = Rows.of(images, np.array([True, False, True, False, True]))
    >>> some.shape
    (3, 2, 2, 3)
    >>> np.array_equal(some[1:], images[[2, 4]])
    True
    """

    images: Images
    rows: np.ndarray

    @classmethod
    def of(cls, images: Images, chosen: np.ndarray) -> Rows:
        """Choose images.

        Parameters
        ----------
        images : Images, shape (n, height, width, 3)
        chosen : numpy.ndarray of int, shape (m,), or of bool, shape (n,)

        Returns
        -------
        Rows
        """
        rows = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return (
            cls(images.images, images.rows[rows]) if isinstance(images, Rows) else cls(images, rows)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """(m, height, width, 3)."""
        return (len(self.rows), *self.images.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: slice | np.ndarray) -> np.ndarray:
        return self.images[self.rows[key]]
