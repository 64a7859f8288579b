"""What a network makes of few cells of each of PBC's eight classes: 10, 20 and 50, drawn ten times.

`HYBRID_WBC_DATA=... pytest -s tests/benchmarks/bench_few.py` trains the config `pbc-lisc-size` from
drawn weights, and the same with EfficientNet-Lite0 from ImageNet's (extra `[lite0]`); `-k` chooses
by size and start, HYBRID_WBC_DRAWS the number of draws. Each draw is tested on 100 further cells of
each class. Half a minute to three minutes a training on one core. The best figure of the same kind,
balanced accuracy at 50 cells a class, is CytoDiffusion's 0.962 (Nature Machine Intelligence 7:1791,
2025), of a far larger network.
"""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score

from hybrid_wbc.classical import classifiers
from hybrid_wbc.cnn.extraction import extract
from hybrid_wbc.cnn.fitting import fit_network
from hybrid_wbc.config.load import load
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES

SIZES = (10, 20, 50)
TESTED = 100
DRAWS = int(os.environ.get("HYBRID_WBC_DRAWS", "10"))
# Set before anything was tested; nothing was chosen by what came of it.
STARTS = {
    "drawn weights": [],
    "ImageNet's weights": [
        "network.name=efficientnet-lite0", "network.weights=imagenet", "network.backbone=trained",
        "training.epochs=20", "training.warmup_epochs=0.5",
    ],
}  # fmt: skip


@lru_cache(maxsize=1)
def pool():
    """Read as many cells of each class as the largest draw and its test need, four times over."""
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real cells to draw from")
    kept = cleaning.clean(readers.read(Path(place) / "pbc-128", "auto").samples).kept
    samples = []
    for name in EIGHT_TYPES:
        found = [sample for sample in kept if sample.label == name]
        order = np.random.default_rng(0).permutation(len(found))[: 4 * (max(SIZES) + TESTED)]
        samples += [found[i] for i in order.tolist()]
    images = prepare(samples, Pixels.of(load("pbc-lisc-size").data)).images
    return images, np.array([EIGHT_TYPES.index(sample.label) for sample in samples])


def drawn(labels, size, seed):
    """Draw the positions of a training and a test side, so many of each class."""
    generator = np.random.default_rng([seed, size])
    orders = [
        generator.permutation(np.flatnonzero(labels == label)) for label in range(len(EIGHT_TYPES))
    ]
    return (
        np.concatenate([order[:size] for order in orders]),
        np.concatenate([order[size : size + TESTED] for order in orders]),
    )


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("size", SIZES)
def test_few_cells_of_each_class(size, start):
    images, labels = pool()
    config = load("pbc-lisc-size", STARTS[start])
    reached = {key: [] for key in (*classifiers.PAPER, "softmax")}
    for seed in range(DRAWS):
        mine, theirs = drawn(labels, size, seed)
        model, _ = fit_network(
            config.network, config.training, config.augmentation, images[mine], labels[mine],
            classes=len(EIGHT_TYPES), seed=seed, advance=lambda *_: None,
        )  # fmt: skip
        X, _ = extract(model, images[mine], views=config.network.views)
        X_tested, softmax = extract(model, images[theirs], views=config.network.views)
        said = {"softmax": softmax.argmax(axis=1)}
        for key, classifier in classifiers.build(seed=seed).items():
            said[key] = classifier.fit(X, labels[mine]).predict(X_tested)
        for key, values in reached.items():
            values.append(balanced_accuracy_score(labels[theirs], said[key]))
    print(f"\n{size} cells a class, {start}, {DRAWS} draws: balanced accuracy, mean and 95 %")
    for key, values in reached.items():
        low, high = interval(values)
        raw = ", ".join(f"{value:.3f}" for value in values)
        print(f"  {key:<8} {np.mean(values):.3f} ({low:.3f} to {high:.3f}): {raw}", flush=True)
    assert np.mean(reached["softmax"]) > 2 / len(EIGHT_TYPES)


def interval(values):
    """Give Student's interval of a mean over draws, which share the pool that they come from."""
    return stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
