"""Find the white cells of a smear from an expert's mask, and cut them out."""

from __future__ import annotations

import math

import cv2
import numpy as np

from hybrid_wbc.errors import InputError

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom excluded; may reach beyond the frame."""

# Smaller than this share of the largest region is a slip of the expert's pen, not a cell.
SPECK_SHARE = 0.1
# LISC leaves four pixels off each side of its masks.
_MASK_LESS = 8


def mask_boxes(mask: np.ndarray, frame: tuple[int, int], margin: float) -> list[Box]:
    """Return one square box for each cell that a mask shows, from left to right.

    Parameters
    ----------
    mask : numpy.ndarray of uint8, shape (h, w)
        Any non-zero grey level is cell. It is as large as the frame, or LISC's 4 pixels smaller on
        each side (712 x 568 for smears of 720 x 576), and then lies in its middle.
    frame : tuple of int
        Height and width of the smear, in pixels.
    margin : float
        Room left on each side, as a share of the cell's longer side.

    Returns
    -------
    list of Box
        Empty where the mask is.

    Raises
    ------
    InputError
        If the mask has any other size: it must belong to another picture.
    """
    (mask_height, mask_width), (height, width) = mask.shape, frame
    if (height - mask_height, width - mask_width) not in ((0, 0), (_MASK_LESS, _MASK_LESS)):
        raise InputError(
            f"a mask of {mask_width}x{mask_height} pixels for a smear of {width}x{height}; one of "
            f"the same size, or {_MASK_LESS} pixels less each way as LISC's, is expected"
        )
    down, across = (height - mask_height) // 2, (width - mask_width) // 2
    is_cell = (mask != 0).astype(np.uint8)
    _, _, regions, _ = cv2.connectedComponentsWithStats(is_cell, connectivity=8)
    # Row 0 is the background.
    cells = regions[1:]
    if not len(cells):
        return []
    areas = cells[:, cv2.CC_STAT_AREA]
    cells = cells[areas >= SPECK_SHARE * areas.max()]
    tight = sorted((x + across, y + down, w, h) for x, y, w, h, _ in cells.tolist())
    return [square_box((x, y, x + w, y + h), margin) for x, y, w, h in tight]


def square_box(tight: Box, margin: float) -> Box:
    """Return the square about a tight box, with room on each side.

    Parameters
    ----------
    tight : Box
    margin : float
        Room on each side, as a share of the longer side.

    Returns
    -------
    Box
        Square, holding `tight`, its middle within a pixel of the tight box's own.
    """
    left, top, right, bottom = tight
    longer = max(right - left, bottom - top, 1)
    side = longer + 2 * math.ceil(margin * longer)
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    return x, y, x + side, y + side


def cut(image: np.ndarray, box: Box) -> np.ndarray:
    """Cut a box out of an image; beyond the frame the image is reflected about its edge pixels.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (height, width, 3)
    box : Box

    Returns
    -------
    numpy.ndarray of uint8, shape (bottom - top, right - left, 3)
        A copy.
    """
    left, top, right, bottom = box
    height, width = image.shape[:2]
    rows, columns = _reflected(top, bottom, height), _reflected(left, right, width)
    return image[np.ix_(rows, columns)]


def _reflected(start: int, stop: int, length: int) -> np.ndarray:
    """Return the positions start..stop folded back into 0..length-1, as a mirror would."""
    period = max(2 * (length - 1), 1)
    folded = np.arange(start, stop) % period
    return np.minimum(folded, period - folded)
