"""What the tests of this room share: embeddings of three classes in turn, from drawn features."""

from collections.abc import Callable

import numpy as np
import pytest

from hybrid_wbc.classical.embeddings import Embeddings


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
