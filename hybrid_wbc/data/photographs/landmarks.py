"""Landmarks of one picture, and whether two pictures show the same cells or the same photograph.

A copy may be turned, mirrored, sheared, shifted, resized, brightened and have black corners. What
it shares with its original is a map of the plane, under which landmarks meet and pixels correlate.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import cv2
import numpy as np

from hybrid_wbc.errors import InputError

# Larger pictures are shrunk: copies of several sizes meet at one scale, and the cost is bounded.
_LONGER_SIDE = 160
_MOST_LANDMARKS = 160
_CONTRAST = 0.02
# Augmentation fills corners with black; compression blurs their edges over a few pixels.
_BLACK = 20
_BLURRED_EDGE = 7

# All chosen on the training images of the Kaggle set and on the PBC cells. Of 20,000 pairs of the
# likeliest, those of different cells had fewer than 10 landmarks in common or correlated below 0.7.
_FEWEST_IN_COMMON = 10
_LEAST_CORRELATION = 0.75
_LEAST_OVERLAP = 0.1
_LEAST_DISTINCT = 0.9
_FARTHEST = 1.0
_TRIALS = 1000
# In 1,858 pairs of two photographs of the same cells the light differed by 0.021 or more, in 1,826
# pairs of copies of one photograph by 0.0195 or less, and in 999 of 1,000 by less than 0.019.
_LARGEST_DIFFERENCE_OF_LIGHT = 0.019
_LIGHT_CHANGES_OVER = 21

# A descriptor has 4 × 4 cells of 8 directions; a mirror reverses the rows and the directions.
_PLACES = np.arange(128).reshape(4, 4, 8)
_UPPER = _PLACES[:2].ravel()
_UPPER_MIRRORED = _PLACES[::-1][:2, :, -np.arange(8) % 8].ravel()


class Likeness(IntEnum):
    """What two pictures have in common."""

    NOTHING = 0
    CELLS = 1
    PHOTOGRAPH = 2


class Landmarks(NamedTuple):
    """What is kept of a picture.

    Attributes
    ----------
    points : numpy.ndarray of float32, shape (n, 2)
        x and y in pixels of `picture`.
    descriptors : numpy.ndarray of uint8, shape (n, 128)
        The same for a turned and for a mirrored picture.
    picture : numpy.ndarray of uint8, shape (height, width, 3)
        RGB, the longer side at most 80 pixels.
    shown : numpy.ndarray of uint8, shape (height, width)
        1 away from black corners, else 0.
    """

    points: np.ndarray
    descriptors: np.ndarray
    picture: np.ndarray
    shown: np.ndarray


class Match(NamedTuple):
    """How one picture lies on another.

    Attributes
    ----------
    likeness : Likeness
    in_common : int
        Landmarks that meet when one picture is laid on the other.
    correlation : float
        Of the grey levels of all pixels that both show; 0 where it was not asked for.
    """

    likeness: Likeness
    in_common: int
    correlation: float


def landmarks(image: np.ndarray) -> Landmarks:
    """Find up to 160 landmarks of a picture and describe each whichever way the picture is turned.

    The landmarks are SIFT's (Lowe 2004, doi 10.1023/B:VISI.0000029664.99615.94). In a mirrored
    picture each descriptor has the same numbers in another order; kept are the sums and the
    differences of the numbers that change places, which stay the same.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (height, width, 3)
        RGB.

    Returns
    -------
    Landmarks

    Raises
    ------
    InputError
        If the image has another type or shape.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InputError(
            f"image: received {image.dtype} of shape {image.shape}; "
            "uint8 of shape (height, width, 3) is expected"
        )
    height, width = image.shape[:2]
    scale = _LONGER_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    shown = cv2.erode(
        (image.max(axis=2) > _BLACK).astype(np.uint8), np.ones((_BLURRED_EDGE, _BLURRED_EDGE))
    )
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    # Without the precise enlargement all points lie a quarter of a pixel off, to one side.
    detector = cv2.SIFT.create(
        nfeatures=_MOST_LANDMARKS, contrastThreshold=_CONTRAST, enable_precise_upscale=True
    )
    found, described = detector.detectAndCompute(grey, shown)
    # Half the size suffices to compare pixels, and a large set has to fit into memory.
    half = max(1, image.shape[1] // 2), max(1, image.shape[0] // 2)
    picture = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    whole = cv2.resize(shown.astype(np.float32), half, interpolation=cv2.INTER_AREA) == 1
    if not found:
        none = np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8)
        return Landmarks(*none, picture, whole.astype(np.uint8))
    points = np.array([landmark.pt for landmark in found], dtype=np.float32) / 2 - 0.25
    upper, mirrored = described[:, _UPPER], described[:, _UPPER_MIRRORED]
    either = np.hstack([upper + mirrored, np.abs(upper - mirrored)]) / 2
    return Landmarks(points, either.astype(np.uint8), picture, whole.astype(np.uint8))


def compare(first: Landmarks, second: Landmarks) -> Likeness:
    """Say what two pictures have in common; see `match`."""
    return match(first, second).likeness


def match(first: Landmarks, second: Landmarks) -> Match:
    """Lay one picture on the other where their landmarks meet, and compare what both show.

    An affine map is fitted to the landmarks that look alike (RANSAC; Fischler and Bolles 1981, doi
    10.1145/358669.358692). Where enough of them meet under it and the grey levels of all pixels
    that both show correlate, the cells are the same. The photograph is the same where, besides, one
    gain and one offset for all colours turn the light of one picture into that of the other: cells
    that were photographed twice lie in another place of the field and under another exposure.

    Parameters
    ----------
    first, second : Landmarks

    Returns
    -------
    Match
    """
    here, there = _alike(first.descriptors, second.descriptors)
    if len(here) < _FEWEST_IN_COMMON:
        return Match(Likeness.NOTHING, 0, 0.0)
    to_first, meets = cv2.estimateAffine2D(
        second.points[there],
        first.points[here],
        method=cv2.RANSAC,
        ransacReprojThreshold=_FARTHEST,
        maxIters=_TRIALS,
        confidence=0.999,
    )
    in_common = 0 if to_first is None else int(meets.sum())
    if in_common < _FEWEST_IN_COMMON:
        return Match(Likeness.NOTHING, in_common, 0.0)
    height, width = first.shown.shape
    laid = cv2.warpAffine(second.picture, to_first, (width, height))
    shown = cv2.warpAffine(second.shown.astype(np.float32), to_first, (width, height))
    # A pixel counts where all that it is made of is shown.
    both = (first.shown > 0) & (shown > 0.999)
    if both.mean() < _LEAST_OVERLAP:
        return Match(Likeness.NOTHING, in_common, 0.0)
    levels, others = first.picture[both].astype(float), laid[both].astype(float)
    correlation = _correlation(levels.mean(axis=1), others.mean(axis=1))
    if correlation < _LEAST_CORRELATION:
        return Match(Likeness.NOTHING, in_common, correlation)
    if _difference_of_light(levels, others, both) > _LARGEST_DIFFERENCE_OF_LIGHT:
        return Match(Likeness.CELLS, in_common, correlation)
    return Match(Likeness.PHOTOGRAPH, in_common, correlation)


def _correlation(levels: np.ndarray, others: np.ndarray) -> float:
    a, b = levels - levels.mean(), others - others.mean()
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))


def _difference_of_light(levels: np.ndarray, others: np.ndarray, both: np.ndarray) -> float:
    """Return the slow part of what one gain and one offset leave, as a share of the contrast."""
    gain, offset = np.polyfit(others.ravel(), levels.ravel(), 1)
    left = np.zeros((*both.shape, 3))
    left[both] = levels - gain * others - offset
    window = (_LIGHT_CHANGES_OVER, _LIGHT_CHANGES_OVER)
    slow = cv2.blur(left, window, borderType=cv2.BORDER_CONSTANT)[both]
    share = cv2.blur(both.astype(float), window, borderType=cv2.BORDER_CONSTANT)[both]
    return float(np.sqrt(np.mean((slow / share[:, None]) ** 2)) / levels.std())


def _alike(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair descriptors that are each other's nearest and clearly nearer than the next."""
    if len(first) < 2 or len(second) < 2:
        return np.empty(0, int), np.empty(0, int)
    a, b = first.astype(np.float32), second.astype(np.float32)
    # Whole numbers below 2^24: single precision is exact, whatever order a machine adds them in.
    squared = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None] - 2 * a @ b.T
    nearest, back = squared.argmin(axis=1), squared.argmin(axis=0)
    two_least = np.partition(squared, 1, axis=1)[:, :2]
    distinct = two_least[:, 0] < _LEAST_DISTINCT**2 * two_least[:, 1]
    here = np.flatnonzero((back[nearest] == np.arange(len(a))) & distinct)
    return here, nearest[here]
