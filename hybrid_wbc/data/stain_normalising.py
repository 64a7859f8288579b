"""Bring the colours of differently stained and lit pictures to one fixed reference.

Each picture is changed by itself, towards the same reference: training and test images, and any
later one, are treated alike, and no picture's result depends on another.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from hybrid_wbc.config.choices import AS_IS
from hybrid_wbc.config.names import STAINS
from hybrid_wbc.data.stains import glass_colour, photographed
from hybrid_wbc.errors import InputError

# Optical density, to the base e, below which Macenko et al. take a pixel for unstained.
_UNSTAINED = 0.15
# Shares of the photograph's pixels, percentiles and radians: what is needed for an estimate.
_FEWEST_STAINED = 0.02
_EXTREME = 1.0
_NARROWEST_FAN = 0.1
_FAINTEST_SPREAD = 1.0
# Grey levels between the channels of a picture that was taken or kept without colour.
_COLOURLESS = 2

# Medians over the 160 cells of eight types of PBC at full size (doi
# 10.17632/snkd93bnjr.1, May-Grünwald-Giemsa), each cut out with a quarter of its size as margin.
REFERENCE_LAB_MEAN = np.array([56.0, 24.0, -14.0])
REFERENCE_LAB_DEVIATION = np.array([19.0, 12.0, 21.0])
# Optical densities of red, green and blue: what stains nuclei, and the rest.
REFERENCE_STAINS = np.array([[0.49, 0.86, 0.12], [0.57, 0.66, 0.48]])
REFERENCE_AMOUNTS = np.array([2.6, 0.7])
REFERENCE_GLASS = np.array([254.0, 228.0, 202.0])


def normalise(
    images: np.ndarray, method: str, progress: Callable[[int, int], None] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Normalise each image by a method's name.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, h, w, 3)
        RGB.
    method : str
        "as is" or a key of `METHODS`, as `data.stain`.
    progress : callable, optional
        Called with the number of images done and of all.

    Returns
    -------
    normalised : numpy.ndarray of uint8, shape (n, h, w, 3)
        The images themselves where the method is "as is".
    left : numpy.ndarray of bool, shape (n,)
        Images that show too little stain to estimate it, and are as they were.

    Raises
    ------
    InputError
        If there is no such method.
    """
    if method not in STAINS:
        raise InputError(f"stain: received '{method}', choose from {', '.join(STAINS)}")
    left = np.zeros(len(images), dtype=bool)
    if method == AS_IS:
        return images, left
    normalised = np.empty_like(images)
    for number, image in enumerate(images):
        changed = METHODS[method](image)
        left[number] = changed is None
        normalised[number] = image if changed is None else changed
        if progress is not None:
            progress(number + 1, len(images))
    return normalised, left


def light(image: np.ndarray) -> np.ndarray | None:
    """Give the glass of an image the reference's colour; what the stains absorb stays.

    Each channel is multiplied by one factor: by Beer and Lambert's law, what a stain lets through
    is a share of the light that comes in, so that a lamp, a camera's white balance and its
    exposure are taken out, and the strength and the hue of the stains are left.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.

    Returns
    -------
    numpy.ndarray of uint8, shape (h, w, 3), or None
        None where too little is stained to tell glass from it, or where there is no colour. Black
        that lies around the photograph stays.
    """
    shown, density, stained = _density(image)
    if stained.mean() < _FEWEST_STAINED or np.ptp(image[shown], axis=1).max() <= _COLOURLESS:
        return None
    return _within(image, shown, (REFERENCE_GLASS + 1) * np.exp(-density) - 1)


def reinhard(image: np.ndarray) -> np.ndarray | None:
    """Give the stained pixels of an image the reference's mean and spread of colour.

    As Reinhard et al. 2001, doi 10.1109/38.946629, with CIELAB for their space of decorrelated
    colour. Glass does not count for the statistics: how much of it shows is no property of the
    stain.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.

    Returns
    -------
    numpy.ndarray of uint8, shape (h, w, 3), or None
        None where too little is stained. Black that lies around the photograph stays.
    """
    shown, _, stained = _density(image)
    if stained.mean() < _FEWEST_STAINED:
        return None
    colours = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    of_stain = colours[shown][stained]
    spread = of_stain.std(axis=0)
    if spread.min() < _FAINTEST_SPREAD:
        return None
    moved = (colours - of_stain.mean(axis=0)) / spread
    moved = moved * REFERENCE_LAB_DEVIATION + REFERENCE_LAB_MEAN
    # The conversion takes colours that no screen can show, and clips them.
    rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    return _within(image, shown, rgb[shown] * 255)


def macenko(image: np.ndarray) -> np.ndarray | None:
    """Replace the two stains of an image by the reference's, and the glass by its glass.

    As Macenko et al. 2009, doi 10.1109/ISBI.2009.5193250. The stains are the outermost directions
    of optical density in the plane that holds most of it. A pixel counts as stained where any
    channel is dark, and not where all are as in haematoxylin and eosin: the eosin of red cells
    lets red through. The light is that of the picture's own glass.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.

    Returns
    -------
    numpy.ndarray of uint8, shape (h, w, 3), or None
        None where too little is stained, or by one stain only. Black that lies around the
        photograph stays.
    """
    shown, density, stained = _density(image)
    if stained.mean() < _FEWEST_STAINED:
        return None
    estimate = _stains_of(density[stained])
    if estimate is None:
        return None
    stains, amounts = estimate
    found = density @ np.linalg.pinv(stains) / amounts
    glass = REFERENCE_GLASS + 1
    light = glass * np.exp(-(found * REFERENCE_AMOUNTS) @ REFERENCE_STAINS) - 1
    return _within(image, shown, light)


METHODS: dict[str, Callable[[np.ndarray], np.ndarray | None]] = {
    "light": light,
    "reinhard": reinhard,
    "macenko": macenko,
}


def _density(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is photographed, the optical density of its pixels, and which are stained."""
    shown = photographed(image)
    if not shown.any():
        return shown, np.empty((0, 3)), np.zeros(1, dtype=bool)
    glass = glass_colour(image, shown)
    # One is added so that a black pixel has a density.
    density = np.log((glass + 1) / (image[shown].astype(float) + 1))
    return shown, density, (density > _UNSTAINED).any(axis=1)


def _stains_of(density: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the densities of the two stains, the nuclear one first, and their amounts."""
    _, directions = np.linalg.eigh(density.T @ density)
    plane = directions[:, :0:-1]
    # The sign of an eigenvector is arbitrary; stains absorb.
    plane[:, 0] *= np.sign(plane[:, 0].sum())
    across = density @ plane
    angles = np.arctan2(across[:, 1], across[:, 0])
    outermost = np.percentile(angles, [_EXTREME, 100 - _EXTREME])
    stains = np.stack([np.cos(outermost), np.sin(outermost)], axis=1) @ plane.T
    # No stain gives light.
    stains = np.maximum(stains, 0)
    stains /= np.maximum(np.linalg.norm(stains, axis=1, keepdims=True), 1e-9)
    if np.linalg.norm(stains[1] - stains[0]) < _NARROWEST_FAN or not stains.any(axis=1).all():
        return None
    # What stains nuclei lets blue through; eosin and haemoglobin do not.
    stains = stains[np.argsort(stains[:, 2])]
    amounts = np.percentile(density @ np.linalg.pinv(stains), 100 - _EXTREME, axis=0)
    return None if amounts.min() <= _UNSTAINED / 2 else (stains, amounts)


def _within(image: np.ndarray, shown: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Put colours into the photographed part of an image."""
    changed = image.copy()
    changed[shown] = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    return changed
