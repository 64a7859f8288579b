"""Take away all that lies around a picture's one cell: glass, red cells, other white cells."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.data.cells import finding
from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.data.cells.locating import cell_at
from hybrid_wbc.data.cells.masks import diameter_of, grown

# Part of the name of what is kept: raise it when the same picture would be cleared differently.
VERSION = f"1, finding {finding.VERSION}"
# The grey that takes the place of what is taken away: the middle of what networks scale pixels to.
GREY = 127
# Share of the cell's diameter by which its mask is widened, so that its rim stays.
_RIM = 0.03


def cleared(image: np.ndarray, point: tuple[int, int]) -> np.ndarray:
    """Make grey whatever in a picture is not its cell.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.
    point : tuple of int
        Column and row where the cell is expected; of several cells the one there is kept, else the
        one with the largest nucleus.

    Returns
    -------
    numpy.ndarray of uint8, shape (h, w, 3)
        A new picture, or the one that was passed in where no cell is found.
    """
    cell = cell_at(find_cells(image), point)
    if cell is None:
        return image
    left, top, right, bottom = cell.box
    kept = np.zeros(image.shape[:2], dtype=bool)
    kept[top:bottom, left:right] = cell.cell
    kept = grown(kept, _RIM * diameter_of(cell.cell.sum()))
    return np.where(kept[:, :, None], image, np.uint8(GREY))


def restored(images: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Make grey again what was so before the images' colours were changed.

    Parameters
    ----------
    images, before : numpy.ndarray of uint8, shape (n, h, w, 3)

    Returns
    -------
    numpy.ndarray of uint8, shape (n, h, w, 3)
    """
    return np.where(_is_grey(before)[..., None], np.uint8(GREY), images)


def uncleared(images: np.ndarray) -> int:
    """Count the images of which nothing was taken away.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, h, w, 3)

    Returns
    -------
    int
    """
    return int((~_is_grey(images).any(axis=(1, 2))).sum())


def _is_grey(images: np.ndarray) -> np.ndarray:
    return (images == GREY).all(axis=-1)
