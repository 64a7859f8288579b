"""Colours of more than 8 bits, which Pillow cuts down to 8 or cannot read, by OpenCV."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from hybrid_wbc.data.decoding import depth, tiff
from hybrid_wbc.data.decoding.limits import DecodingError

# The log of OpenCV is a setting of the whole process; its lines say less than the reason given.
_OPENCV = threading.Lock()
# OpenCV 5 has moved it.
_LOG, _SILENT = getattr(cv2.utils, "logging", cv2), 0


def read_colours(content: bytes, page: tiff.Tags) -> tuple[np.ndarray, np.ndarray | None]:
    """Read a picture in full depth and bring it to 8 bits.

    Parameters
    ----------
    content : bytes
        A PNG, or a TIFF of one or three colours, turned upright where it is a TIFF.
    page : tiff.Tags
        Of a TIFF; empty otherwise.

    Returns
    -------
    colours : numpy.ndarray of uint8, shape (height, width, 3)
        RGB. Those that were multiplied by their alpha lie on white.
    alpha : numpy.ndarray of uint8, shape (height, width), or None
        None where all is opaque.

    Raises
    ------
    DecodingError
    """
    values, alpha = _read(content, page)
    colours = depth.to_bytes(values)
    if tiff.kind(page)[3] == tiff.WHITE_IS_ZERO:
        colours = 255 - colours
    if colours.ndim == 2:
        colours = np.repeat(colours[:, :, None], 3, axis=2)
    if alpha is None:
        return colours, None
    top = None if alpha.dtype.kind == "f" else int(np.iinfo(alpha.dtype).max)
    shares = depth.to_bytes(alpha, top)
    if tiff.first(page, tiff.EXTRA, -1) == tiff.PREMULTIPLIED:
        light = np.minimum(colours, shares[:, :, None]) + (255 - shares[:, :, None])
        return light, None
    return colours, shares


def read_levels(content: bytes, page: tiff.Tags) -> np.ndarray:
    """Read a mask in full depth: the highest of its colours, 0 where it is transparent.

    Parameters
    ----------
    content, page
        As `read_colours`.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width)
        As `depth.levels`.

    Raises
    ------
    DecodingError
    """
    values, alpha = _read(content, page)
    if values.ndim == 3:
        values = values.max(axis=2)
    if alpha is not None:
        values = np.where(alpha > 0, values, 0)
    return depth.levels(values, inverted=tiff.kind(page)[3] == tiff.WHITE_IS_ZERO)


def _read(content: bytes, page: tiff.Tags) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the values, RGB where there are colours, and alpha where there is any."""
    if page:
        _refuse_unknown(page)
    with _OPENCV:
        kept = _LOG.getLogLevel()
        _LOG.setLogLevel(_SILENT)
        try:
            values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        finally:
            _LOG.setLogLevel(kept)
    if values is None:
        raise DecodingError("unreadable")
    if values.ndim == 2:
        return values, None
    see_through = values.shape[2] == 4 and tiff.first(page, tiff.EXTRA, -1) != tiff.UNSPECIFIED
    return values[:, :, 2::-1], values[:, :, 3] if see_through else None


def _refuse_unknown(page: tiff.Tags) -> None:
    bits, kind, samples, colour = tiff.kind(page)
    of_grey = samples == 1 and colour in {tiff.WHITE_IS_ZERO, tiff.BLACK_IS_ZERO}
    of_colour = samples in {3, 4} and colour == tiff.RGB
    if (
        not (of_grey or of_colour)
        or bits not in {16, 32, 64}
        or kind not in {tiff.UNSIGNED, tiff.SIGNED, tiff.FLOAT}
    ):
        raise DecodingError(
            f"unreadable: a TIFF with {samples} samples of {bits or 'several'} bits"
        )
    if samples > 1 and tiff.first(page, tiff.PLANAR, 1) == tiff.SEPARATE_PLANES:
        raise DecodingError(f"unreadable: a TIFF with each {bits}-bit colour in a plane of its own")
