"""Images a second against what a user would pick instead, side by side in one process.

Training against the bare step, and against the usual notebook: Keras' own reader of a folder, its
augmentation layers and `fit`. Extraction and the estimator against a bare `predict`.
"""

import time

import keras
import numpy as np
import pytest
from measured import spread, write_table
from PIL import Image

from hybrid_wbc import HybridClassifier
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
def test_training_with_full_augmentation_keeps_nearly_all_of_the_bare_speed(augmentation, request):
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
    write_table(
        f"step, {request.node.callspec.id}",
        ["augmentation", "bare step, images/s", "with it, images/s", "ratio, pair by pair"],
        [
            [
                request.node.callspec.id,
                spread(pairs[:, 0], 0),
                spread(pairs[:, 1], 0),
                spread(ratios),
            ]
        ],
    )
    assert np.median(ratios) >= 0.95


def test_training_is_at_least_twice_as_fast_as_the_usual_notebook(tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH_SIZE * STEPS, SIZE, SIZE, 3)).astype(np.uint8)
    labels = generator.integers(0, 5, len(images))
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / f"class {label}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"{number}.png")
    files = keras.utils.image_dataset_from_directory(
        tmp_path, label_mode="int", batch_size=BATCH_SIZE, image_size=(SIZE, SIZE), verbose=False
    )

    def network() -> keras.Model:
        return networks.build("wbc23", input_size=(SIZE, SIZE), classes=5)

    notebook = keras.Sequential(
        [
            keras.layers.RandomFlip(),
            keras.layers.RandomRotation(0.5),
            keras.layers.RandomZoom(0.2),
            keras.layers.RandomTranslation(0.1, 0.1),
            network(),
        ]
    )
    notebook.compile(
        keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model = network()
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, Recipe().loss_function())
    weights = np.ones(BATCH_SIZE, np.float32)

    def usual() -> float:
        started = time.perf_counter()
        notebook.fit(files, epochs=1, verbose=0)
        return len(images) / (time.perf_counter() - started)

    def ours(number: int) -> float:
        started = time.perf_counter()
        epoch = batches(
            images, labels, batch_size=BATCH_SIZE, augmentation=Augmentation(), seed=[number]
        )
        for batch, targets in ahead(epoch):
            loss, _ = step(batch, targets, weights)
        float(loss)
        return len(images) / (time.perf_counter() - started)

    usual(), ours(0)
    pairs = np.array([(usual(), ours(number)) for number in range(1, ROUNDS + 1)])
    ratios = pairs[:, 1] / pairs[:, 0]
    write_table(
        "notebook",
        ["the usual notebook, images/s", "hybrid_wbc, images/s", "ratio, pair by pair"],
        [[spread(pairs[:, 0], 0), spread(pairs[:, 1], 0), spread(ratios)]],
    )
    assert np.median(ratios) >= 2.0


def test_extraction_and_the_estimator_are_as_fast_as_a_bare_predict():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (10_000, SIZE, SIZE, 3)).astype(np.uint8)
    labels = np.arange(BATCH_SIZE * 2) % 5
    hybrid = HybridClassifier(head="cnn", size=SIZE, epochs=1, calibration=None)
    hybrid.fit(images[: len(labels)], labels)
    model = hybrid.network_
    both = keras.Model(model.input, [model.get_layer("embedding").output, model.output])
    rows, ratios = [], {}
    for count in (1, 100, len(images)):
        few = images[:count]
        rounds = ROUNDS if count > 100 else 5 * ROUNDS

        def seconds(ask, few=few) -> float:
            started = time.perf_counter()
            ask(few)
            return time.perf_counter() - started

        def bare(few: np.ndarray) -> None:
            both.predict(few, batch_size=256, verbose=0)

        bare(few), hybrid.transform(few)
        pairs = np.array([(seconds(bare), seconds(hybrid.transform)) for _ in range(rounds)])
        ratios[count] = np.median(pairs[:, 0] / pairs[:, 1])
        rows.append(
            [f"{count:,}", spread(1e3 * pairs[:, 0], 0), spread(1e3 * pairs[:, 1], 0),
             spread(pairs[:, 0] / pairs[:, 1])]
        )  # fmt: skip
    write_table(
        "extraction",
        ["cells", "bare `predict`, ms", "`transform`, ms", "speed, pair by pair"],
        rows,
    )
    assert min(ratios.values()) >= 0.98
