"""A model that is made up: it names cells by their colour, and knows some training cells."""

from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.evaluation.explained import Mapped
from hybrid_wbc.studies.asking import Answers
from hybrid_wbc.studies.framing import Framing
from hybrid_wbc.studies.model import HeldOut, Model

CLASSES = ("basophil", "eosinophil", "lymphocyte", "neutrophil")
LONG = (
    "basophil granulocyte", "eosinophil granulocyte", "erythroblast, any stage of maturity",
    "immature granulocyte (metamyelocyte, myelocyte, promyelocyte)", "lymphocyte, reactive or not",
    "monocyte", "neutrophil granulocyte, segmented", "platelet or clump of platelets",
)  # fmt: skip
SIZE, UNITS, PER_CLASS = 32, 3, 24


def a_model(folder: Path, classes=CLASSES, **changes) -> Model:
    """Make a model whose training cells have pictures below a folder."""
    k = len(classes)
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(k, UNITS)) * 3
    y = np.repeat(np.arange(k), PER_CLASS)
    X = (centres[y] + generator.normal(size=(len(y), UNITS))).astype(np.float32)
    split = np.where(np.arange(len(y)) % 2, "train", "test")
    ids = np.array([f"{classes[label]}/{number}.png" for number, label in enumerate(y)])

    def probabilities(of: np.ndarray) -> np.ndarray:
        odds = np.exp(-((of[:, None] - centres) ** 2).sum(axis=2) / 2)
        return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)

    def say(images: np.ndarray, measured: np.ndarray | None) -> Answers:
        means = images.mean(axis=(1, 2)) / 255
        features = (means * 6 - 3).astype(np.float32)
        given = probabilities(features)
        said = np.array(classes)[given.argmax(axis=1)]
        shifted = np.array(classes)[(given.argmax(axis=1) + (means[:, 0] > 0.6)) % k]
        return Answers(features, {"knn": shifted, "vote": said}, {"vote": given})

    def samples() -> dict[str, Sample]:
        found = {}
        for number, cell in enumerate(ids.tolist()):
            path = folder / f"{number}.png"
            if not path.exists():
                Image.new("RGB", (SIZE, SIZE), (3 * number % 256, 90, 160)).save(path)
            found[cell] = Sample(cell, path, ())
        return found

    embedded = Embeddings(
        X, y, ids, np.array([f"slide {n}" for n in range(len(y))]), split, np.array(classes),
        probabilities(X),
    )  # fmt: skip
    tested = split == "test"
    given = probabilities(X[tested])
    made = {
        "name": "/somewhere/secret/00007-made-up", "classes": list(classes),
        "framing": Framing(Pixels(SIZE), of_smears=True), "say": say, "answered_by": "vote",
        "columns": [f"feature_{n + 1}" for n in range(UNITS)],
        "trained": X[~tested],
        "held_out": HeldOut(
            X[tested], y[tested], embedded.sources[tested], given.argmax(axis=1), given
        ),
        "embedded": embedded, "training_samples": samples,
    }  # fmt: skip
    return Model(**(made | changes))


class Mapper:
    """Stands in for the maps of a network: one that can be read, and one that cannot."""

    layer, patch = "conv_3", 8
    asked: ClassVar[list] = []

    def __init__(self, network, classes):
        self.classes = classes

    def __call__(self, pictures, softmax):
        self.asked.append((pictures.shape, softmax))
        rising = np.array([[0.0, 1.0], [2.0, 3.0]])
        return [
            [
                Mapped(self.classes[0], "named", 1.5, rising, rising),
                Mapped("feature 1", "unit", -0.5, rising, -rising),
            ]
        ]
