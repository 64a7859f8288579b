"""Values of any depth to 8 bits: scaled by the range of their type, or refused with the reason."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.data.decoding.limits import DecodingError

# Whole numbers that leave this share of their range empty at the top were hardly measured in it:
# 10, 12 and 14 bits are kept in 16, and 16 in 32. A bright field reaches far beyond a quarter.
_UNUSED_SHARE = 4
# Rows are scaled in strips of this many values: the intermediate is four to eight times as large.
_STRIP = 2**22


def to_bytes(values: np.ndarray, top: int | None = None) -> np.ndarray:
    """Bring values to 0..255, rounded.

    Parameters
    ----------
    values : numpy.ndarray of int, uint or float, shape (height, width, ...)
    top : int, optional
        The highest value that there can be, of whole numbers; without it the type's own. Where it
        is given the file names its depth, and any values are believed.

    Returns
    -------
    numpy.ndarray of uint8, of the same shape

    Raises
    ------
    DecodingError
        If floats lie outside 0..1, if whole numbers are negative, or if they use so little of their
        type's range that they were probably measured in another.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f":
        _refuse_other_floats(values)
        return _scaled(values, 1.0)
    lowest, highest = int(values.min()), int(values.max())
    bits = values.dtype.itemsize * 8
    if lowest < 0:
        raise DecodingError(f"negative values: from {lowest} to {highest}; save it without a sign")
    if top is None:
        top = int(np.iinfo(values.dtype).max)
        if 0 < highest < (top + 1) // _UNUSED_SHARE:
            raise DecodingError(
                f"depth unclear: no {bits}-bit value above {highest}; scale the values to "
                f"0..{top}, or save 8 bits"
            )
    elif highest > top:
        raise DecodingError(f"depth wrong: a value is {highest}, the file says at most {top}")
    return _scaled(values, top)


def levels(values: np.ndarray, *, inverted: bool = False) -> np.ndarray:
    """Bring a mask's values to 0..255 so that only what is nothing becomes 0.

    Parameters
    ----------
    values : numpy.ndarray of int, uint or float, shape (height, width)
    inverted : bool
        Whether the type's highest value stands for nothing.

    Returns
    -------
    numpy.ndarray of uint8, of the same shape
    """
    if inverted:
        values = (1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max) - values
    return np.clip(np.ceil(np.nan_to_num(values)), 0, 255).astype(np.uint8)


def _refuse_other_floats(values: np.ndarray) -> None:
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite([lowest, highest]).all():
        raise DecodingError("values that are no numbers: save it as 8 or 16 bits")
    if lowest < 0 or highest > 1:
        raise DecodingError(
            f"float values beyond 0..1: from {lowest:g} to {highest:g}; scale them to 0..1, or "
            "save 8 or 16 bits"
        )


def _scaled(values: np.ndarray, top: float) -> np.ndarray:
    scaled = np.empty(values.shape, dtype=np.uint8)
    if values.dtype == np.uint16:
        # To look each value up is ten times as fast as to work it out.
        every = np.floor(np.arange(int(top) + 1) * (255 / top) + 0.5).astype(np.uint8)
        for row, row_scaled in zip(values, scaled, strict=True):
            np.take(every, row, out=row_scaled, mode="clip")
        return scaled
    rows = max(1, _STRIP // max(1, values[0].size))
    for start in range(0, len(values), rows):
        strip = values[start : start + rows].astype(np.float64)
        scaled[start : start + rows] = np.floor(strip * (255 / top) + 0.5)
    return scaled
