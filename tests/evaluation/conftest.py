"""What the tests of this room share: embeddings of three classes in turn, and refits of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation import refitting


@pytest.fixture(scope="session")
def embed() -> Callable[..., Embeddings]:
    """Take features of cells that are of three classes in turn; the first `trained` train."""

    def make(X: np.ndarray, *, trained: int, per_source: int = 1) -> Embeddings:
        numbers = np.arange(len(X))
        return Embeddings(
            X=X.astype(np.float32),
            y=numbers % 3,
            ids=np.array([f"cell-{n}" for n in numbers]),
            sources=np.array([f"photograph-{n // per_source}" for n in numbers]),
            split=np.where(numbers < trained, "train", "test"),
            classes=np.array(["basophil", "eosinophil", "monocyte"]),
            probabilities=np.eye(3, dtype=np.float32)[numbers % 3],
        )

    return make


def draw(seed: int, cells: int = 90) -> Embeddings:
    """Draw an embedding: feature 1 tells the first class, feature 2 the second, others none."""
    generator = np.random.default_rng(seed)
    y = np.arange(cells) % 3
    X = generator.standard_normal((cells, 5)).astype(np.float32)
    X[:, 0] += 6 * (y == 0)
    X[:, 1] += 6 * (y == 1)
    split = np.where(np.arange(cells) < cells * 2 // 3, "train", "test")
    names = np.array([f"cell-{i}" for i in range(cells)])
    return Embeddings(
        X,
        y,
        names,
        names,
        split,
        np.array(["basophil", "eosinophil", "lymphocyte"]),
        np.eye(3, dtype=np.float32)[y],
    )


@pytest.fixture(scope="session")
def repeats() -> list[Embeddings]:
    return [draw(0), draw(1)]


@pytest.fixture(scope="session")
def refits(repeats):
    return refitting.refit(repeats, [0, 1], {}, jobs=1)


@pytest.fixture(scope="session")
def wide() -> Embeddings:
    """Nine features, of which the first two tell."""
    whole = draw(2, cells=45)
    more = np.random.default_rng(9).standard_normal((45, 4)).astype(np.float32)
    return replace(whole, X=np.column_stack([whole.X, more]))
