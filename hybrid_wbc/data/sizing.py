"""Brings a decoded picture to the size and colour that a network takes; how pixels are scaled."""

from __future__ import annotations

import cv2
import numpy as np

from hybrid_wbc.config.choices import Colour

# From [0, 255] to [-1, 1]. Every network's first layer does this: it travels with the model.
PIXEL_SCALING = {"scale": 1 / 127.5, "offset": -1.0}


def middle_of(image: np.ndarray, middle: float) -> np.ndarray:
    """Cut a picture to its middle part.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (height, width, 3)
    middle : float
        Share of the height and width, about the centre, that is kept.

    Returns
    -------
    numpy.ndarray of uint8, shape (rows, columns, 3)
        A view.
    """
    height, width = image.shape[:2]
    rows, columns = max(1, round(height * middle)), max(1, round(width * middle))
    top, left = (height - rows) // 2, (width - columns) // 2
    return image[top : top + rows, left : left + columns]


def to_size(
    image: np.ndarray, size: int, *, through: int | None = None, colour: Colour = "rgb"
) -> np.ndarray:
    """Bring a decoded picture to what a network takes, as every picture of its set is brought.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (height, width, 3)
    size : int
        Height and width of the result, in pixels.
    through : int, optional
        Height and width that it is resized to on the way.
    colour : {"rgb", "grey"}
        Grey is luma (ITU-R BT.601), the same in all three channels.

    Returns
    -------
    numpy.ndarray of uint8, shape (size, size, 3)
    """
    if through is not None:
        image = resize(image, through)
    image = resize(image, size)
    if colour == "grey":
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return image


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Resize to a square without aliasing.

    Parameters
    ----------
    image : numpy.ndarray of uint8, shape (height, width, 3)
    size : int
        Height and width of the result, in pixels.

    Returns
    -------
    numpy.ndarray of uint8, shape (size, size, 3)
    """
    shrinks = max(image.shape[:2]) >= size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), (size, size), interpolation=method)
