"""Damage that pictures meet between the microscope and the file, in named steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from hybrid_wbc.data.decoding.pictures import decode

_GREY_LEVELS = 255
# Of OpenCV's hue in bytes: half a turn is 90, so that a whole one fits.
_DEGREES_PER_HUE = 2
_HUES = 180

Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
"""Damages a picture of uint8, shape (height, width, 3), by an amount; gives a new one."""


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Parameters
    ----------
    title : str
        Its name for people.
    unit : str
        What its steps count.
    steps : tuple of float
        From slight to strong.
    change : callable
        Damages a picture by a step.
    """

    title: str
    unit: str
    steps: tuple[float, ...]
    change: Change


def blurred(image: np.ndarray, percent: float, _generator: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian whose standard deviation is a percentage of the shorter side."""
    deviation = percent / 100 * min(image.shape[:2])
    return cv2.GaussianBlur(image, (0, 0), deviation, borderType=cv2.BORDER_REFLECT_101)


def noisy(image: np.ndarray, levels: float, generator: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of that many grey levels to each pixel and channel by itself."""
    return _bytes(image + generator.normal(0, levels, image.shape))


def darker(image: np.ndarray, percent: float, _generator: np.random.Generator) -> np.ndarray:
    """Take away a percentage of the light."""
    return _bytes(image * (1 - percent / 100))


def brighter(image: np.ndarray, percent: float, _generator: np.random.Generator) -> np.ndarray:
    """Add a percentage of the light; what exceeds white is white."""
    return _bytes(image * (1 + percent / 100))


def turned_hue(image: np.ndarray, degrees: float, generator: np.random.Generator) -> np.ndarray:
    """Turn every hue by that many degrees, this picture one way and another the other way."""
    turn = _either_way(generator) * degrees / _DEGREES_PER_HUE
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = np.rint(hsv[..., 0] + turn) % _HUES
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def compressed(image: np.ndarray, loss: float, _generator: np.random.Generator) -> np.ndarray:
    """Write as JPEG and read again; the quality is 100 less the loss."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, round(100 - loss)]
    _, written = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
    return decode(written.tobytes(), of_any_size=True)


def smaller(image: np.ndarray, percent: float, _generator: np.random.Generator) -> np.ndarray:
    """Shrink what is seen about the centre; around it lies the colour of its edge."""
    return _moved(image, 1 - percent / 100, (0.0, 0.0))


def larger(image: np.ndarray, percent: float, _generator: np.random.Generator) -> np.ndarray:
    """Magnify what is seen about the centre."""
    return _moved(image, 1 + percent / 100, (0.0, 0.0))


def off_centre(image: np.ndarray, percent: float, generator: np.random.Generator) -> np.ndarray:
    """Shift by a percentage of the shorter side, in a direction that is drawn, as `smaller`."""
    angle = generator.uniform(0, 2 * np.pi)
    reach = percent / 100 * min(image.shape[:2])
    return _moved(image, 1.0, (reach * np.cos(angle), reach * np.sin(angle)))


DAMAGES = {
    "blur": Damage("blur", "% of the width", (0.5, 1, 2, 3, 5), blurred),
    "noise": Damage("noise", "grey levels", (5, 10, 20, 35, 50), noisy),
    "darker": Damage("darker", "% of the light", (10, 20, 30, 45, 60), darker),
    "brighter": Damage("brighter", "% of the light", (10, 20, 30, 45, 60), brighter),
    "hue": Damage("hue turned", "degrees", (5, 10, 20, 30, 45), turned_hue),
    "jpeg": Damage("JPEG", "100 less the quality", (50, 70, 80, 90, 95), compressed),
    "smaller": Damage("smaller", "% of the size", (10, 20, 30, 40, 50), smaller),
    "larger": Damage("larger", "% of the size", (10, 20, 35, 50, 75), larger),
    "off_centre": Damage("off centre", "% of the width", (5, 10, 15, 20, 30), off_centre),
}


def _bytes(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, _GREY_LEVELS).astype(np.uint8)


def _either_way(generator: np.random.Generator) -> int:
    return 1 if generator.random() < 0.5 else -1


def _moved(image: np.ndarray, scale: float, shift: tuple[float, float]) -> np.ndarray:
    height, width = image.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([scale * np.eye(2), centre * (1 - scale) + shift])
    return cv2.warpAffine(
        image,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC,
        # A reflection would show the cell several times.
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_edge_colour(image),
    )


def _edge_colour(image: np.ndarray) -> tuple[float, ...]:
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return tuple(float(level) for level in np.median(edge, axis=0))
