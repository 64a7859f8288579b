"""Drawn cells of a few pixels, quick to tell apart, and an estimator fitted on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.estimator.hybrid import HybridClassifier

COLOURS = np.array([[200, 60, 60], [60, 60, 200], [60, 180, 60]], dtype=np.float64)


@dataclass(frozen=True)
class Drawn:
    """Eight cells of each class, two to a source; the arrays refuse to be written to."""

    images: np.ndarray
    labels: np.ndarray
    groups: np.ndarray


@pytest.fixture(scope="session")
def drawn() -> Drawn:
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(3), 8)
    rows, columns = np.mgrid[:16, :16]
    images = np.full((24, 16, 16, 3), 220.0)
    for image, colour in zip(images, COLOURS[classes], strict=True):
        centre = 7.5 + rng.uniform(-2, 2, 2)
        image[np.hypot(rows - centre[0], columns - centre[1]) < rng.uniform(3, 5)] = colour
    images += rng.normal(0, 12, images.shape)
    cells = Drawn(
        images=images.clip(0, 255).astype(np.uint8),
        # Not in the order of the alphabet: positions and names must not be mixed up.
        labels=np.array(["neutrophil", "lymphocyte", "monocyte"])[classes],
        groups=np.arange(24) // 2,
    )
    for array in (cells.images, cells.labels, cells.groups):
        array.setflags(write=False)
    return cells


@pytest.fixture(scope="session")
def tiny() -> dict[str, Any]:
    """Settings under which a network is trained in about a second."""
    return {"size": 16, "epochs": 4, "batch_size": 8}


@pytest.fixture(scope="session")
def fitted(drawn: Drawn, tiny: dict[str, Any]) -> HybridClassifier:
    return HybridClassifier(**tiny).fit(drawn.images, drawn.labels, groups=drawn.groups)


@pytest.fixture
def trainings(monkeypatch) -> list[dict[str, np.ndarray]]:
    """Note what each network is given to train on, and leave it untrained."""
    from hybrid_wbc.cnn import training

    noted = []

    def note(network, images, labels, *, validation, on_epoch, **_):
        held_out = validation[0][:] if validation else None
        noted.append({"training": images[:], "validation": held_out})
        on_epoch(0, {"loss": 1.0})
        return {"loss": [1.0]}

    monkeypatch.setattr(training, "fit", note)
    return noted


@pytest.fixture
def marked(drawn) -> np.ndarray:
    """Give the drawn cells with the number of each one's source as its first pixel."""
    images = drawn.images.copy()
    images[:, 0, 0] = drawn.groups[:, None]
    return images
