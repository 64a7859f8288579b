"""Owns the sheet that holds the pictures of a page's cells, all of the same size."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from typing_extensions import TypedDict

from hybrid_wbc.data.sizing import resize

# Pictures get larger where there are fewer of them, so that the page stays small. Sides are
# multiples of 16, the side of WebP's macroblocks: no two cells then share a block.
_SIDES = (96, 80, 64)
_MOST_PIXELS_OF_LARGE = 1000 * 48 * 48
_MEDIUM, _MOST_MEDIUM = 48, 5000
_SMALL = 32
_WEBP_QUALITY = 75


class Tiles(TypedDict):
    """How the pictures lie on their sheet: the side of one in pixels, and how many in a row."""

    tile: int
    columns: int


def sprite_sheet(
    images: npt.NDArray[np.uint8], order: npt.NDArray[np.integer[Any]]
) -> tuple[bytes, Tiles]:
    """Put pictures on one sheet.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, s, s, 3)
        RGB.
    order : ndarray of int, shape (m,)
        Positions of the pictures that are put on it, row by row; at least one.

    Returns
    -------
    sheet : bytes
        WebP.
    tiles : Tiles
        96 pixels a side for up to 250 pictures, 48 for up to 5,000, 32 beyond.
    """
    count = len(order)
    tile = next(
        (side for side in _SIDES if count * side**2 <= _MOST_PIXELS_OF_LARGE),
        _MEDIUM if count <= _MOST_MEDIUM else _SMALL,
    )
    columns = math.isqrt(count - 1) + 1
    rows = -(-count // columns)
    sheet = np.zeros((rows * tile, columns * tile, 3), dtype=np.uint8)
    for number, position in enumerate(order):
        top, left = (tile * step for step in divmod(number, columns))
        sheet[top : top + tile, left : left + tile] = resize(images[position], tile)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "WEBP", quality=_WEBP_QUALITY)
    return file.getvalue(), {"tile": tile, "columns": columns}
