"""Operations on masks, boolean arrays of shape (h, w), with lengths in pixels."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.morphology import local_maxima, reconstruction

# Pixels: from this radius on a disc is laid on by distances.
_WIDE = 8


def opened(mask: np.ndarray, radius: float) -> np.ndarray:
    """Remove what a disc of a radius does not fit into; the frame does not count as an edge."""
    return _morphed(mask, cv2.MORPH_OPEN, radius)


def closed(mask: np.ndarray, radius: float) -> np.ndarray:
    """Fill gaps that a disc of a radius does not fit into."""
    return _morphed(mask, cv2.MORPH_CLOSE, radius)


def grown(mask: np.ndarray, radius: float) -> np.ndarray:
    """Add all that lies within a radius of the mask."""
    return _morphed(mask, cv2.MORPH_DILATE, radius)


def shrunk(mask: np.ndarray, radius: float) -> np.ndarray:
    """Take away all that lies within a radius of the mask's edge, the frame not being one."""
    return _morphed(mask, cv2.MORPH_ERODE, radius)


def filled(mask: np.ndarray, largest: float = np.inf) -> np.ndarray:
    """Fill holes, regions outside the mask that do not reach the frame, up to an area."""
    regions, areas = numbered(~mask, connectivity=4)
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    is_hole = areas <= largest
    is_hole[edge] = False
    is_hole[0] = False
    return mask | is_hole[regions]


def numbered(mask: np.ndarray, connectivity: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Give each region of a mask a number.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (h, w)
    connectivity : int
        4 or 8.

    Returns
    -------
    regions : numpy.ndarray of int32, shape (h, w)
        0 outside the mask, 1 and up inside.
    areas : numpy.ndarray of int, shape (number of regions + 1,)
        In pixels, by number; 0 for what lies outside the mask.
    """
    count, regions = cv2.connectedComponents(mask.astype(np.uint8), connectivity=connectivity)
    areas = np.bincount(regions.ravel(), minlength=count)
    areas[0] = 0
    return regions, areas


def holding_most(mask: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return the region of a mask that holds most marked pixels; an empty mask as it is."""
    regions, areas = numbered(mask)
    shares = np.bincount(regions[marked], minlength=len(areas))
    shares[0] = 0
    return mask & (regions == shares.argmax())


def cores(mask: np.ndarray, neck: float) -> tuple[np.ndarray, np.ndarray]:
    """Give each part of a mask a number where it is thickest: cells that touch, lobes of a nucleus.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (h, w)
    neck : float
        Two parts are two where the bridge between them is narrower than either by this share.

    Returns
    -------
    depth : numpy.ndarray of float32, shape (h, w)
        Each pixel's distance from the mask's edge, in pixels, slightly smoothed.
    middles : numpy.ndarray of int32, shape (h, w)
        0 but for the thickest places of the parts, which are numbered from 1.
    """
    # The frame is no edge to OpenCV: a part that it cuts is as thick there as elsewhere.
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.GaussianBlur(depth, (0, 0), 1.0)
    peaks = np.zeros_like(mask)
    if mask.any():
        # Around the mask there is nothing to look for, and most of a smear is that.
        left, top, right, bottom = bounds(depth > 0)
        part = (slice(top, bottom), slice(left, right))
        lowered = reconstruction(depth[part] * (1 - neck), depth[part])
        peaks[part] = local_maxima(lowered) & mask[part]
    return depth, numbered(peaks)[0]


def diameter_of(area: float) -> float:
    """Return the diameter of the disc of an area."""
    return float(2 * np.sqrt(area / np.pi))


def bounds(mask: np.ndarray) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a mask that is not empty, the last two excluded."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _morphed(mask: np.ndarray, operation: int, radius: float) -> np.ndarray:
    reach = int(np.ceil(radius))
    if not reach:
        return mask
    if reach >= _WIDE:
        return _morphed_by_distance(mask, operation, radius)
    across = np.arange(-reach, reach + 1)
    # Half a pixel more in the square makes small discs round.
    disc = (across[:, None] ** 2 + across**2 <= radius**2 + 0.5).astype(np.uint8)
    # OpenCV's own border is neutral: nothing comes in from outside the frame.
    return cv2.morphologyEx(mask.astype(np.uint8), operation, disc).astype(bool)


def _morphed_by_distance(mask: np.ndarray, operation: int, radius: float) -> np.ndarray:
    """Do the same with a large disc, whose size then costs nothing."""
    if operation == cv2.MORPH_DILATE:
        return _within(mask, radius)
    if operation == cv2.MORPH_ERODE:
        return ~_within(~mask, radius)
    if operation == cv2.MORPH_CLOSE:
        return ~_within(~_within(mask, radius), radius)
    return _within(~_within(~mask, radius), radius)


def _within(mask: np.ndarray, radius: float) -> np.ndarray:
    """Tell the pixels that lie within a radius of a mask's."""
    if not mask.any():
        return mask
    outside = (~mask).astype(np.uint8)
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # As in `_morphed`; squares of distances between pixels are whole numbers.
    return np.rint(distance**2) <= radius**2 + 0.5
