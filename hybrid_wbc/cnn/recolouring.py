"""Random changes of colour: of each stain's concentration, and of the picture's light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from hybrid_wbc.config import network
from hybrid_wbc.data.stain_normalising import REFERENCE_STAINS

# Of Romanowsky stains: what stains nuclei, the rest, and what neither of them absorbs.
_RESIDUAL = np.cross(*REFERENCE_STAINS)
_STAINS = np.stack([*REFERENCE_STAINS, _RESIDUAL / np.linalg.norm(_RESIDUAL)])
_CONCENTRATIONS = np.linalg.inv(_STAINS)
# Black absorbs everything but a 256th, so that its logarithm is a number.
_LEVELS = 256
_DENSITY = -np.log((np.arange(_LEVELS) + 1) / _LEVELS).astype(np.float32)
_LUMA = np.array([0.299, 0.587, 0.114])
_GREY_AXIS = np.ones(3) / np.sqrt(3)


@dataclass(frozen=True)
class Drawn:
    """What is drawn for some images.

    Attributes
    ----------
    densities : numpy.ndarray of float64, shape (n, 3, 4)
        Affine maps of optical densities, to the base e.
    colours : numpy.ndarray of float64, shape (n, 3, 3)
        Linear maps of RGB, which turn hues and change saturation.
    contrast, brightness : numpy.ndarray of float64, shape (n,)
        Factor about the image's mean luma, and grey levels added.
    """

    densities: np.ndarray
    colours: np.ndarray
    contrast: np.ndarray
    brightness: np.ndarray


class ColourChanges(network.ColourChanges):
    """The ranges of the changes of colour, and what they make of each image."""

    def draw(self, count: int, generator: np.random.Generator) -> Drawn:
        """Draw the changes of some images.

        Parameters
        ----------
        count : int
        generator : numpy.random.Generator

        Returns
        -------
        Drawn
        """

        def even(reach: float, *shape: int) -> np.ndarray:
            return generator.uniform(-reach, reach, (count, *shape))

        factors = np.exp(even(self.stain_scale, 3))
        shifts = even(self.stain_shift, 3) @ _STAINS
        # Densities are rows of concentrations times stains; OpenCV's maps take columns.
        scaled = np.einsum("ij,nj,jk->nki", _CONCENTRATIONS, factors, _STAINS)
        contrast, brightness = np.exp(even(self.contrast)), even(self.brightness) * 255
        turned = _turns(np.deg2rad(even(self.hue)))
        saturation = np.exp(even(self.saturation))[:, None, None]
        saturated = saturation * np.eye(3) + (1 - saturation) * _LUMA
        return Drawn(
            np.concatenate([scaled, shifts[:, :, None]], axis=2),
            saturated @ turned,
            contrast,
            brightness,
        )

    def __call__(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Change each image's colours once, all changes together.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, height, width, 3)
            RGB.
        generator : numpy.random.Generator

        Returns
        -------
        numpy.ndarray of uint8, shape (n, height, width, 3)
            New images; those passed in are left as they were.
        """
        drawn = self.draw(len(images), generator)
        changed = np.empty_like(images)
        for number, image in enumerate(images):
            if self.changes_stain:
                density = cv2.transform(cv2.LUT(image, _DENSITY), -drawn.densities[number])
                # OpenCV rounds, and takes what lies outside [0, 255] for the nearer of the two.
                image = cv2.addWeighted(cv2.exp(density), _LEVELS, density, 0, -1, dtype=cv2.CV_8U)
            if self.changes_light:
                colours, contrast = drawn.colours[number], drawn.contrast[number]
                luma = _LUMA @ cv2.mean(image)[:3]
                offset = luma * (1 - contrast) + drawn.brightness[number]
                image = cv2.transform(
                    image, np.column_stack([contrast * colours, np.full(3, offset)])
                )
            changed[number] = image
        return changed


def _turns(angles: np.ndarray) -> np.ndarray:
    """Give the turn of RGB about its grey axis by each angle, shape (n, 3, 3) (Rodrigues)."""
    x, y, z = _GREY_AXIS
    across = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, cosine = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    return np.eye(3) + sine * across + (1 - cosine) * (across @ across)
