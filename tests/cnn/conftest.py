"""Tiny drawn cells: discs of three colours, quick to tell apart."""

import numpy as np
import pytest

SIZE = 32
COLOURS = np.array([[200, 60, 60], [60, 60, 200], [60, 180, 60]], dtype=np.float64)


def draw_discs(per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), per_class)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    images = np.full((len(labels), SIZE, SIZE, 3), 220.0)
    for image, label in zip(images, labels, strict=True):
        centre = SIZE / 2 + generator.uniform(-3, 3, 2)
        inside = np.hypot(rows - centre[0], columns - centre[1]) < generator.uniform(6, 10)
        image[inside] = COLOURS[label]
    images += generator.normal(0, 12, images.shape)
    return images.clip(0, 255).astype(np.uint8), labels


@pytest.fixture(scope="session")
def discs() -> tuple[np.ndarray, np.ndarray]:
    return draw_discs(per_class=12, seed=0)
