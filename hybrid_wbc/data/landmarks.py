"""Landmarks of one picture, and whether two pictures show the same photograph.

A copy may be turned, mirrored, sheared, shifted, resized, brightened and have black corners. What
it shares with its original is a map of the plane, under which landmarks meet and pixels correlate.
"""

from __future__ import annotations

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

# Chosen on pairs of augmented training images and of single cells with alike backgrounds. Over
# 20,000 pairs, those of one photograph had 8 to 160 landmarks in common and correlated by 0.75 to
# 0.99; no other pair had both 10 landmarks and a correlation of 0.7.
_FEWEST_IN_COMMON = 10
_LEAST_CORRELATION = 0.8
_LEAST_OVERLAP = 0.1
_LEAST_DISTINCT = 0.9
_FARTHEST = 2.0
_TRIALS = 1000

# A descriptor has 4 × 4 cells of 8 directions; a mirror reverses the rows and the directions.
_PLACES = np.arange(128).reshape(4, 4, 8)
_UPPER = _PLACES[:2].ravel()
_UPPER_MIRRORED = _PLACES[::-1][:2, :, -np.arange(8) % 8].ravel()


class Landmarks(NamedTuple):
    """What is kept of a picture.

    Attributes
    ----------
    points : numpy.ndarray of float32, shape (n, 2)
        x and y in pixels of `picture`.
    descriptors : numpy.ndarray of uint8, shape (n, 128)
        The same for a turned and for a mirrored picture.
    picture : numpy.ndarray of uint8, shape (height, width)
        Grey levels, 0 in and near black corners only.
    """

    points: np.ndarray
    descriptors: np.ndarray
    picture: np.ndarray


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
    detector = cv2.SIFT.create(nfeatures=_MOST_LANDMARKS, contrastThreshold=_CONTRAST)
    found, described = detector.detectAndCompute(grey, shown)
    picture = np.where(shown, np.maximum(grey, 1), 0).astype(np.uint8)
    if not found:
        return Landmarks(np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8), picture)
    points = np.array([landmark.pt for landmark in found], dtype=np.float32)
    upper, mirrored = described[:, _UPPER], described[:, _UPPER_MIRRORED]
    either = np.hstack([upper + mirrored, np.abs(upper - mirrored)]) / 2
    return Landmarks(points, either.astype(np.uint8), picture)


def same_photograph(first: Landmarks, second: Landmarks) -> bool:
    """Tell whether two pictures show the same photograph.

    An affine map is fitted to the landmarks that look alike (RANSAC; Fischler and Bolles 1981, doi
    10.1145/358669.358692). Enough of them must meet under it, and so must the grey levels of all
    pixels that both pictures show.

    Parameters
    ----------
    first, second : Landmarks

    Returns
    -------
    bool
    """
    here, there = _alike(first.descriptors, second.descriptors)
    if len(here) < _FEWEST_IN_COMMON:
        return False
    to_first, meets = cv2.estimateAffine2D(
        second.points[there],
        first.points[here],
        method=cv2.RANSAC,
        ransacReprojThreshold=_FARTHEST,
        maxIters=_TRIALS,
        confidence=0.999,
    )
    if to_first is None or meets.sum() < _FEWEST_IN_COMMON:
        return False
    height, width = first.picture.shape
    # The second picture's own edge must not bleed: a pixel is shown where all it is made of is.
    laid = cv2.warpAffine(second.picture, to_first, (width, height))
    shown = cv2.warpAffine((second.picture > 0).astype(np.float32), to_first, (width, height))
    both = (first.picture > 0) & (shown > 0.999)
    if both.mean() < _LEAST_OVERLAP:
        return False
    levels = np.array([first.picture[both], laid[both]], dtype=np.float64)
    levels -= levels.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(levels, axis=1)
    return bool(levels[0] @ levels[1] > _LEAST_CORRELATION * lengths[0] * lengths[1])


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
