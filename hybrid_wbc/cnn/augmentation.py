"""The hybrid paper's six augmentations as one warp, then changes of colour and of sharpness."""

from __future__ import annotations

import math

import cv2
import numpy as np

from hybrid_wbc.cnn.defocusing import SharpnessChanges
from hybrid_wbc.cnn.recolouring import ColourChanges
from hybrid_wbc.config import network


class Augmentation(network.Augmentation):
    """The ranges of the six operations, and the warp that they make of each image.

    Where changes of colour or sharpness are set, they follow the warp in this order.
    """

    def matrices(
        self, count: int, height: int, width: int, generator: np.random.Generator
    ) -> np.ndarray:
        """Draw one affine map an image: about the centre reflect, scale and rotate, then shift.

        Parameters
        ----------
        count, height, width : int
            How many images, and their size in pixels.
        generator : numpy.random.Generator

        Returns
        -------
        numpy.ndarray of float64, shape (count, 2, 3)
            Maps from the pixels of the original to those of the warped image.
        """
        angle = np.deg2rad(generator.uniform(-self.rotation, self.rotation, count))
        smallest, largest = self.scale
        logarithm = generator.uniform(math.log(smallest), math.log(largest), count)
        magnification = np.exp(logarithm)
        mirror_x = np.where(generator.random(count) < 0.5 * self.reflect_x, -1.0, 1.0)
        mirror_y = np.where(generator.random(count) < 0.5 * self.reflect_y, -1.0, 1.0)
        shift_x = generator.uniform(-self.translate_x, self.translate_x, count) * width
        shift_y = generator.uniform(-self.translate_y, self.translate_y, count) * height
        cosine, sine = magnification * np.cos(angle), magnification * np.sin(angle)
        linear = np.stack(
            [
                np.stack([cosine * mirror_x, -sine * mirror_y], axis=-1),
                np.stack([sine * mirror_x, cosine * mirror_y], axis=-1),
            ],
            axis=1,
        )
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        shift = np.stack([shift_x, shift_y], axis=-1) + centre - linear @ centre
        return np.concatenate([linear, shift[:, :, None]], axis=2)

    def of_form_alone(self) -> Augmentation:
        """Give the same without changes of colour and sharpness."""
        return self.model_copy(update={"colour": ColourChanges(), "sharpness": SharpnessChanges()})

    def __call__(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Warp each image once; where it looks past the edge, it sees a reflection.

        The interpolation is bicubic. Bilinear interpolation blurs, and a network trained on blurred
        images meets untouched, sharper ones when it is used.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, height, width, 3)
        generator : numpy.random.Generator

        Returns
        -------
        numpy.ndarray of uint8, shape (n, height, width, 3)
            New images; those passed in are left as they were.
        """
        count, height, width = images.shape[:3]
        # Of rows one after the other, which OpenCV writes into, however the images lie in memory.
        warped = np.empty(images.shape, images.dtype)
        for image, matrix, out in zip(
            images, self.matrices(count, height, width, generator), warped, strict=True
        ):
            cv2.warpAffine(
                image,
                matrix,
                (width, height),
                dst=out,
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT_101,
            )
        colour, sharpness = self.colour, self.sharpness
        if colour.changes_stain or colour.changes_light:
            warped = ColourChanges(**colour.model_dump())(warped, generator)
        if sharpness.blur or sharpness.noise:
            warped = SharpnessChanges(**sharpness.model_dump())(warped, generator)
        return warped
