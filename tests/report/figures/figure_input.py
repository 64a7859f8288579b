"""Owns the figures that several files' tests draw, of a few drawn cells, and how they are read."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import matplotlib.pyplot
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from hybrid_wbc.evaluation.curves import calibration
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.report.figures import curves, embedding, scatter, sheets
from hybrid_wbc.report.figures.scores import (
    classifier_comparison,
    confusion_matrices,
    learning_curves,
)

CLASSES = ["basophil", "immature granulocyte", "monocyte"]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def save_twice(draw: Callable[[bool], Figure]) -> None:
    """Save a figure without a warning, the same each time, and find that it leaves no state."""
    settings = dict(matplotlib.rcParams)
    files = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            file = io.BytesIO()
            draw(True).savefig(file, format="png", dpi=40)
            files.append(file.getvalue())
    assert files[0] == files[1]
    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == settings


def embeddings(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    y = np.arange(count) % len(CLASSES)
    return (y[:, None] + generator.normal(size=(count, 5))).astype(np.float32), y


def cells(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)


def draw_embedding_scatter(synthetic: bool) -> Figure:
    return embedding.embedding_scatter(
        *embeddings(30), *embeddings(9, seed=1), CLASSES, synthetic=synthetic
    )


def draw_pair_plot(synthetic: bool) -> Figure:
    X, y = embeddings(12)
    return embedding.pair_plot(X, y, ["train", "train", "test"] * 4, CLASSES, synthetic=synthetic)


def draw_confusion_matrices(synthetic: bool) -> Figure:
    return confusion_matrices(
        {"KNN": np.diag([3, 4, 5]), "cubic SVM": np.array([[21, 0, 9], [0, 30, 0], [0, 0, 40]])},
        CLASSES,
        synthetic=synthetic,
    )


def draw_learning_curves(synthetic: bool) -> Figure:
    long = {"loss": [3.0, 2.0, 1.0], "accuracy": [0.2, 0.4, 0.6]}
    short = {"loss": [1.0, 1.0], "accuracy": [0.4, 0.8]}
    return learning_curves([long, short], synthetic=synthetic)


def draw_augmentation_sheet(synthetic: bool) -> Figure:
    originals = cells(3)
    copies = np.stack([originals, originals[:, ::-1]], axis=1)
    return sheets.augmentation_sheet(originals, copies, CLASSES, synthetic=synthetic)


def draw_prediction_sheet(synthetic: bool) -> Figure:
    true = CLASSES * 2
    wrong = ["monocyte", *true[1:]]
    return sheets.prediction_sheet(
        cells(6), true, {"knn": wrong, "svm": true, "forest": wrong}, synthetic=synthetic
    )


def draw_classifier_comparison(synthetic: bool) -> Figure:
    scores = {
        "KNN": {"mean": 0.9, "low": 0.85, "high": 0.95, "raw": [0.88, 0.92]},
        "CNN softmax": {"mean": 0.7, "low": None, "high": None, "raw": [0.7]},
    }
    return classifier_comparison(scores, metric="accuracy", synthetic=synthetic)


def probabilities(count: int) -> Probabilities:
    generator = np.random.default_rng(2)
    y = np.arange(count) % len(CLASSES)
    odds = np.exp(generator.standard_normal((count, 3)) + np.eye(3)[y])
    sources = np.array([f"photograph {number}" for number in range(count)])
    return Probabilities(y, odds / odds.sum(axis=1, keepdims=True), sources)


def draw_roc_curves(synthetic: bool) -> Figure:
    area = {"mean": 0.9, "low": 0.85, "high": 0.95, "raw": [0.88, 0.92]}
    found = curves.ROC.of([probabilities(60)])
    titles = ("KNN", "CNN softmax")
    return curves.class_curves(
        curves.ROC,
        dict.fromkeys(titles, found),
        dict.fromkeys(titles, area),
        CLASSES,
        synthetic=synthetic,
    )


def draw_calibration_curves(synthetic: bool) -> Figure:
    curve = calibration([probabilities(60)], seed=0)
    return curves.calibration_curves({"forest": curve}, synthetic=synthetic)


def draw_plane(synthetic: bool) -> Figure:
    X, y = embeddings(30)
    return scatter.feature_scatter(
        X, y, CLASSES, features=(0, 3), title="test side", synthetic=synthetic, wrong=y == 1
    )


def draw_space(synthetic: bool) -> Figure:
    return scatter.feature_scatter(
        *embeddings(30), CLASSES, features=(0, 3, 4), title="test side", synthetic=synthetic
    )


DRAWINGS = [
    draw_roc_curves,
    draw_calibration_curves,
    draw_plane,
    draw_space,
    draw_embedding_scatter,
    draw_pair_plot,
    draw_confusion_matrices,
    draw_learning_curves,
    draw_augmentation_sheet,
    draw_prediction_sheet,
    draw_classifier_comparison,
]
