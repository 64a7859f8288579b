"""Random loss of sharpness: pictures out of focus, and the noise of a camera."""

from __future__ import annotations

import cv2
import numpy as np

from hybrid_wbc.config import network

# Half of the pictures stay as sharp as they are, so that what is sharp is learned too.
_SHARE_BLURRED = 0.5


class SharpnessChanges(network.SharpnessChanges):
    """The ranges of the changes of sharpness, and what they make of each image."""

    def __call__(self, images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Blur half of the images, and then add noise to each.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, height, width, 3)
        generator : numpy.random.Generator

        Returns
        -------
        numpy.ndarray of uint8, shape (n, height, width, 3)
            New images; those passed in are left as they were.
        """
        count = len(images)
        blurred = generator.random(count) < _SHARE_BLURRED
        sigmas = np.where(blurred, generator.uniform(0, self.blur, count), 0)
        changed = np.empty_like(images)
        for image, sigma, out in zip(images, sigmas, changed, strict=True):
            if sigma:
                cv2.GaussianBlur(image, (0, 0), sigma, dst=out, borderType=cv2.BORDER_REFLECT_101)
            else:
                out[:] = image
        if not self.noise:
            return changed
        levels = generator.uniform(0, self.noise * 255, (count, 1, 1, 1)).astype(np.float32)
        noise = generator.standard_normal(images.shape, dtype=np.float32) * levels
        return np.clip(np.rint(changed + noise), 0, 255).astype(np.uint8)
