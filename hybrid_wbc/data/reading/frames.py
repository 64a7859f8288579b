"""Owns what boxes and sizes are held against: the pictures that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import frame_of
from hybrid_wbc.errors import InputError


def held_within(
    picture: Path, tight: Sequence[float], where: str, size: Sequence[float] | None = None
) -> None:
    """Hold a box, and the size that its table or annotation names, against the picture.

    A picture that cannot be opened is left to the cleaning, which says why.

    Parameters
    ----------
    picture : Path
    tight : sequence of float
        Left, top, right and bottom of the box, in pixels.
    where : str
        What says so, for the error's sake.
    size : sequence of float, optional
        Width and height that are said of the picture, in pixels; 0 says nothing.

    Raises
    ------
    InputError
        If the box is empty or reaches outside the picture, or the picture has another size.
    """
    found = size_of(picture)
    if found is None:
        return
    width, height = found
    if size is not None and any(size) and tuple(size) != found:
        raise InputError(
            f"{where}: made for a picture of {size[0]}x{size[1]} pixels, but {picture} has "
            f"{width}x{height}; take the pictures that the boxes were drawn on"
        )
    left, top, right, bottom = tight
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise InputError(
            f"{where}: the box from ({left}, {top}) to ({right}, {bottom}) is empty or reaches "
            f"outside {picture}, which has {width}x{height} pixels; do they belong together?"
        )


def size_of(picture: Path) -> tuple[int, int] | None:
    """Give the width and height of a picture in pixels, None where it cannot be read.

    A picture of many cells is opened once for all of their boxes.
    """
    try:
        status = picture.stat()
    except (OSError, ValueError):
        return None
    # Another file in its place differs in one of these.
    return _size_of(picture, (status.st_ino, status.st_ctime_ns, status.st_size))


@lru_cache(maxsize=64)
def _size_of(picture: Path, _state: tuple[int, ...]) -> tuple[int, int] | None:
    try:
        height, width = frame_of(picture)
    except DecodingError:
        return None
    return width, height
