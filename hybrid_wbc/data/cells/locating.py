"""Say where the one cell is that a picture was taken for, among the cells found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.finding import FoundCell, find_cells


@dataclass(frozen=True)
class Place:
    """Where the one cell of a picture is.

    Attributes
    ----------
    centre : tuple of int
        Column and row.
    frame : tuple of int
        Height and width of the picture.
    how : str
        "found", or "middle" where no cell was found and the picture's middle stands in.
    longer_side : int
        Of the cell, in pixels; 0 where none was found.
    touches_frame : bool
    """

    centre: tuple[int, int]
    frame: tuple[int, int]
    how: Literal["found", "middle"]
    longer_side: int
    touches_frame: bool

    def square(self, side: float) -> Box:
        """Give the square of a side about the centre; it may reach beyond the frame."""
        whole = max(1, round(side))
        left, top = self.centre[0] - whole // 2, self.centre[1] - whole // 2
        return left, top, left + whole, top + whole


def locate(image: np.ndarray) -> Place:
    """Find the one cell that a picture was taken for.

    It is the found cell that lies on the picture's middle, else the one with the largest nucleus.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.

    Returns
    -------
    Place

    Raises
    ------
    InputError
        As `find_cells`.
    """
    return place_of(find_cells(image), image.shape[:2])


def place_of(found: Sequence[FoundCell], frame: tuple[int, int]) -> Place:
    """Choose the one cell that a picture was taken for among those found in it; see `locate`.

    Parameters
    ----------
    found : sequence of FoundCell
    frame : tuple of int
        Height and width of the picture.

    Returns
    -------
    Place
    """
    height, width = frame
    column, row = width // 2, height // 2
    cell = cell_at(found, (column, row))
    if cell is None:
        return Place((column, row), (height, width), "middle", 0, touches_frame=False)
    left, top, right, bottom = cell.box
    centre = ((left + right) // 2, (top + bottom) // 2)
    longer = max(right - left, bottom - top)
    return Place(centre, (height, width), "found", longer, cell.touches_frame)


def cell_at(found: Sequence[FoundCell], point: tuple[int, int]) -> FoundCell | None:
    """Choose the found cell that lies on a point, else the one with the largest nucleus.

    Parameters
    ----------
    found : sequence of FoundCell
    point : tuple of int
        Column and row.

    Returns
    -------
    FoundCell or None
        None where none was found.
    """
    column, row = point

    def rank(cell: FoundCell) -> tuple[bool, int]:
        left, top, right, bottom = cell.box
        inside = left <= column < right and top <= row < bottom
        on_point = inside and bool(cell.cell[row - top, column - left])
        return on_point, int(cell.nucleus.sum())

    return max(found, key=rank, default=None)
