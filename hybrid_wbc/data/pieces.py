"""Many images, piece by piece: as much as fits into memory at once, and the whole in a file."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator

import numpy as np

from hybrid_wbc.data import cache, store
from hybrid_wbc.data.rows import Images
from hybrid_wbc.errors import InputError

PIECE = 2**23
"""Bytes of images that are worked on at once."""
# Bytes of images that are held in memory without a file.
_HELD = 2**28


def in_pieces(shape: tuple[int, ...], pieces: Iterator[np.ndarray]) -> np.ndarray:
    """Put an array together of pieces, in memory where it is small and else in a file.

    The file has no name, and goes with the array.

    Parameters
    ----------
    shape : tuple of int
        Of the whole.
    pieces : iterator of numpy.ndarray of uint8
        Its parts along the first axis.

    Returns
    -------
    numpy.ndarray of uint8
        One in a file cannot be written to.

    Raises
    ------
    InputError
        If there is no room for the file.
    """
    if math.prod(shape) <= _HELD:
        whole, filled = np.empty(shape, dtype=np.uint8), 0
        for piece in pieces:
            whole[filled : filled + len(piece)] = piece
            filled += len(piece)
        return whole
    try:
        with cache.unnamed_file() as file:
            for piece in pieces:
                file.write(np.ascontiguousarray(piece).data)
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(
            f"{math.prod(shape) / 1e9:.1f} GB of images cannot be written ({error}); make room in "
            f"{store.folder()}, or name another folder by {store.PLACE_VARIABLE}"
        ) from error
    return np.frombuffer(mapped, dtype=np.uint8).reshape(shape)


def pieces_of(images: Images) -> Iterator[np.ndarray]:
    """Give images piece by piece, of as many as fit into memory well.

    Parameters
    ----------
    images : Images, shape (n, height, width, 3)

    Yields
    ------
    numpy.ndarray of uint8, shape (m, height, width, 3)
    """
    step = max(1, PIECE // math.prod(images.shape[1:]))
    for start in range(0, len(images), step):
        yield images[start : start + step]
