"""Which cells the explorer shows where there are more of them than it can."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]


def choose_cells(
    sides: Sequence[Positions],
    y: npt.NDArray[np.integer[Any]],
    mistaken: npt.NDArray[np.bool_],
    most: int,
) -> list[Positions]:
    """Choose as many from every side, as far as a side has them, and its mistaken cells first.

    Parameters
    ----------
    sides : sequence of numpy.ndarray of int
        The positions of each side's cells.
    y : numpy.ndarray of int, shape (n,)
        Class of each cell.
    mistaken : numpy.ndarray of bool, shape (n,)
        Whether a classifier mistook it.
    most : int
        Of all sides together.

    Returns
    -------
    list of numpy.ndarray of int
        For each side the positions chosen, in their order.
    """
    of_side = _share([len(positions) for positions in sides], most)
    return [_choose(positions, y, mistaken, of_side) for positions in sides]


def _choose(
    members: Positions, y: npt.NDArray[np.integer[Any]], mistaken: npt.NDArray[np.bool_], most: int
) -> Positions:
    wrong = _even_choice(members[mistaken[members]], y, most)
    right = _even_choice(members[~mistaken[members]], y, most - len(wrong))
    return np.sort(np.concatenate([wrong, right]))


def _even_choice(members: Positions, y: npt.NDArray[np.integer[Any]], most: int) -> Positions:
    """Choose as many from every class, so that rare ones are seen, evenly spaced within it."""
    labels, counts = np.unique(y[members], return_counts=True)
    share = _share(counts, most)
    picked = [members[:0]]
    for label, count in zip(labels, counts, strict=True):
        of_class = members[y[members] == label]
        picked.append(of_class[np.linspace(0, count - 1, min(count, share)).astype(np.intp)])
    return np.concatenate(picked)


def _share(counts: Sequence[int] | npt.NDArray[np.integer[Any]], most: int) -> int:
    """Say how many each may give, so that together they give no more than `most`."""
    return (
        bisect_right(range(most + 1), most, key=lambda share: np.minimum(counts, share).sum()) - 1
    )
