"""Images a second: training with full augmentation against the bare step, in one process."""

import time

import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import networks
from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.batches import ahead, batches
from hybrid_wbc.cnn.optimisation import Recipe
from hybrid_wbc.cnn.training import training_step

COLOUR = {
    "stain_scale": 0.2, "stain_shift": 0.1, "brightness": 0.1, "contrast": 0.2, "hue": 10.0,
    "saturation": 0.2,
}  # fmt: skip
SIZE, BATCH_SIZE, STEPS, ROUNDS = 64, 32, 40, 7


@pytest.mark.parametrize(
    "augmentation", [Augmentation(), Augmentation(colour=COLOUR)], ids=["form", "form and colour"]
)
def test_training_with_full_augmentation_keeps_nine_tenths_of_the_bare_speed(augmentation):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH_SIZE * STEPS, SIZE, SIZE, 3)).astype(np.uint8)
    labels = generator.integers(0, 5, len(images))
    weights = np.ones(BATCH_SIZE, np.float32)
    model = networks.build("wbc23", input_size=(SIZE, SIZE), classes=5)
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, Recipe().loss_function())

    def bare() -> float:
        started = time.perf_counter()
        for _ in range(STEPS):
            loss, _ = step(images[:BATCH_SIZE], labels[:BATCH_SIZE], weights)
        float(loss)
        return len(images) / (time.perf_counter() - started)

    def augmented(number: int) -> float:
        started = time.perf_counter()
        epoch = batches(
            images, labels, batch_size=BATCH_SIZE, augmentation=augmentation, seed=[number]
        )
        for batch, targets in ahead(epoch):
            loss, _ = step(batch, targets, weights)
        float(loss)
        return len(images) / (time.perf_counter() - started)

    bare(), augmented(0)
    # In turn, so that a change in the machine's speed meets both.
    pairs = np.array([(bare(), augmented(number)) for number in range(1, ROUNDS + 1)])
    ratios = pairs[:, 1] / pairs[:, 0]
    print(
        f"\nbare step {np.median(pairs[:, 0]):.0f} images/s, with full augmentation "
        f"{np.median(pairs[:, 1]):.0f}; ratio median {np.median(ratios):.3f} "
        f"({ratios.min():.3f}–{ratios.max():.3f})"
    )
    assert np.median(ratios) >= 0.90
