"""What a smear's colours say: where glass shows, what each pixel absorbs, where nuclear stain is.

Romanowsky stains make nuclei violet: they absorb green and let blue through. Red cells absorb green
and blue alike. The two are told apart in absorbed light, not in optical density as in Ruifrok and
Johnston 2001 (colour deconvolution): nuclei are often so dark that the logarithm is mostly noise.
"""

from __future__ import annotations

import cv2
import numpy as np

# Nothing that lets light through is as dark as this in its brightest channel.
_BLACK = 28
# Share of the blue light absorbed that is taken off the green: most of what red cells absorb goes.
_BLUE_SHARE = 0.75
# Grey levels by which glass and red cells vary for no reason of the stain's.
_NOISE = 15.0
# Colours are one where they fall into one cube of so many grey levels. One is ordinary where at
# least so many pixels, and so large a share, of the ordinary parts have it, and that is at least
# this part of its share about nuclei: pale cytoplasm has the colours of glass, but not as often.
_CUBE, _FEWEST, _ORDINARY_SHARE, _AS_OFTEN = 6, 2, 5e-4, 0.4
# Grey levels in whole cubes. Hardly a pixel is brighter than glass by more.
_BRIGHTEST, _DARKEST = -60, 258


def photographed(image: np.ndarray) -> np.ndarray:
    """Tell the photograph from the black that lies around it where it was turned or shifted.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)

    Returns
    -------
    numpy.ndarray of bool, shape (h, w)
        False in black regions that reach the frame, and up to three pixels from them.
    """
    black = (image.max(axis=2) < _BLACK).astype(np.uint8)
    # Two pixels of black are a fold or a speck, not a corner.
    black = cv2.morphologyEx(black, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, regions = cv2.connectedComponents(black)
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    corners = np.isin(regions, edge[edge > 0]).astype(np.uint8)
    return cv2.dilate(corners, np.ones((7, 7), np.uint8)) == 0


def glass_colour(image: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return the median colour of the brightest three tenths of the photograph.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.
    shown : numpy.ndarray of bool, shape (h, w)
        Some of it true; see `photographed`.

    Returns
    -------
    numpy.ndarray of float32, shape (3,)
        Grey levels.
    """
    red, green, blue = (image[:, :, channel].astype(np.uint16) for channel in range(3))
    brightness = red + green + blue
    bright = shown & (brightness >= np.percentile(brightness[shown], 70))
    return np.array([np.median(channel[bright]) for channel in (red, green, blue)], np.float32)


def absorbed_light(image: np.ndarray, shown: np.ndarray, glass: np.ndarray) -> np.ndarray:
    """Return how much darker than the glass each pixel is, slightly smoothed.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (h, w, 3)
        RGB.
    shown : numpy.ndarray of bool, shape (h, w)
        Some of it true; see `photographed`.
    glass : numpy.ndarray of float32, shape (3,)
        See `glass_colour`.

    Returns
    -------
    numpy.ndarray of float32, shape (h, w, 3)
        Grey levels; 0 outside the photograph.
    """
    absorbed = np.where(shown[:, :, None], glass - image, 0).astype(np.float32)
    return cv2.GaussianBlur(absorbed, (0, 0), 1.0)


def nuclear_stain(absorbed: np.ndarray) -> np.ndarray:
    """Return the green light absorbed beyond what the blue explains, which nuclei are full of.

    Parameters
    ----------
    absorbed : numpy.ndarray of float32, shape (h, w, 3)
        See `absorbed_light`.

    Returns
    -------
    numpy.ndarray of float32, shape (h, w)
        Grey levels, 0 or more.
    """
    return np.maximum(absorbed[:, :, 1] - _BLUE_SHARE * absorbed[:, :, 2], 0)


def strangeness(absorbed: np.ndarray, ordinary: np.ndarray, about: np.ndarray) -> np.ndarray:
    """Return how unlike the ordinary parts of its smear a pixel is, as white cells' cytoplasm is.

    The distance from glass after Mahalanobis: what the ordinary parts absorb much of, the red of
    red cells for the most part, counts little. A colour that the ordinary parts have themselves is
    not strange at all: red cells that touch a white one are no part of it, however dark they are.

    Parameters
    ----------
    absorbed : numpy.ndarray of float32, shape (h, w, 3)
        See `absorbed_light`.
    ordinary : numpy.ndarray of bool, shape (h, w)
        Pixels far from any white cell; where there are none, every colour counts alike.
    about : numpy.ndarray of bool, shape (h, w)
        Pixels about nuclei, which may be cytoplasm.

    Returns
    -------
    numpy.ndarray of float32, shape (h, w)
        In standard deviations, 0 or more; 0 where the ordinary parts have that colour.
    """
    scatter = np.eye(3) * _NOISE**2
    if ordinary.any():
        pixels = absorbed[ordinary].astype(float)
        scatter += pixels.T @ pixels / len(pixels)
    # With a Cholesky factor of the inverse the distance is the length of a product.
    factor = np.linalg.cholesky(np.linalg.inv(scatter)).astype(np.float32)
    distance = np.linalg.norm(absorbed @ factor, axis=2)
    return np.where(_is_ordinary(absorbed, ordinary, about), 0, distance)


def _is_ordinary(absorbed: np.ndarray, ordinary: np.ndarray, about: np.ndarray) -> np.ndarray:
    """Tell the pixels whose colour is ordinary."""
    across = (_DARKEST - _BRIGHTEST) // _CUBE
    red, green, blue = cv2.split((np.maximum(absorbed - _BRIGHTEST, 0) / _CUBE).astype(np.int32))
    cubes = (red * across + green) * across + blue
    there = np.bincount(cubes[ordinary], minlength=across**3)
    here = np.bincount(cubes[about], minlength=across**3)
    of_ordinary, of_about = int(ordinary.sum()), max(1, int(about.sum()))
    is_common = there >= max(_FEWEST, _ORDINARY_SHARE * of_ordinary)
    is_ordinary: np.ndarray = is_common & (there * of_about >= _AS_OFTEN * here * of_ordinary)
    return is_ordinary[cubes]
