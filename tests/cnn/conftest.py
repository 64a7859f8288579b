"""Tiny drawn cells: discs of three colours, quick to tell apart."""

from collections.abc import Callable

import keras
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


@pytest.fixture
def on_a_backbone() -> Callable[..., keras.Model]:
    """Give what builds a network with a batch normalisation inside `depth` models."""
    return nested


def nested(*, depth: int = 1) -> keras.Model:
    """Build a network with a batch normalisation inside `depth` models, one in the other."""
    inner = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(4, 3, strides=4, name="convolution")(inner)
    inside = keras.Model(inner, keras.layers.BatchNormalization(name="normalisation")(x))
    for _ in range(depth - 1):
        outer = keras.Input((32, 32, 3))
        inside = keras.Model(outer, inside(outer))
    image = keras.Input((32, 32, 3))
    inside.name = "backbone"
    x = keras.layers.Flatten()(inside(keras.layers.Rescaling(1 / 255)(image)))
    x = keras.layers.BatchNormalization(name="last_normalisation")(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax", name="classes")(x))
