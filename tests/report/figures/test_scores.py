"""Owns the tests of the figures: what they show, and that they leave nothing behind."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.report.figures.scores import (
    confusion_matrices,
    learning_curves,
)

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
CLASSES = _shared["CLASSES"]
draw_classifier_comparison = _shared["draw_classifier_comparison"]
draw_confusion_matrices = _shared["draw_confusion_matrices"]
draw_learning_curves = _shared["draw_learning_curves"]


def test_confusion_matrices_write_counts_and_accuracy_and_share_one_colour_scale() -> None:
    figure = draw_confusion_matrices(False)
    first, second = figure.axes[:2]
    assert first.get_title() == "KNN\naccuracy 1.000 (12 of 12)"
    assert second.get_title() == "cubic SVM\naccuracy 0.910 (91 of 100)"
    written = [text.get_text() for text in second.texts]
    assert written == ["21", "0", "9", "0", "30", "0", "0", "0", "40"]
    assert second.collections[0].get_array()[0].tolist() == pytest.approx([0.7, 0, 0.3])
    assert {axis.collections[0].get_clim() for axis in (first, second)} == {(0, 1)}


def test_confusion_matrix_of_a_class_without_cells_is_blank_not_an_error() -> None:
    figure = confusion_matrices(
        {"KNN": np.array([[2, 0, 0], [0, 0, 0], [0, 0, 3]])}, CLASSES, synthetic=False
    )
    assert figure.axes[0].collections[0].get_array()[1].tolist() == [0, 0, 0]


def test_learning_curves_average_only_the_repeats_that_reached_an_epoch() -> None:
    figure = draw_learning_curves(False)
    assert [axis.get_title() for axis in figure.axes] == ["loss", "accuracy"]
    *thin, mean = figure.axes[0].lines
    assert [len(line.get_xdata()) for line in thin] == [3, 2]
    assert mean.get_xdata().tolist() == [1, 2, 3]
    assert mean.get_ydata().tolist() == [2, 1.5, 1]
    assert mean.get_linewidth() > thin[0].get_linewidth()


def test_learning_curves_draw_validation_and_learning_rate_where_recorded() -> None:
    history = {
        "loss": [2.0, 1.0],
        "accuracy": [0.1, 0.2],
        "validation_loss": [2.0, float("nan")],
        "validation_accuracy": [0.1, 0.1],
        "learning_rate": [1e-3, 1e-4],
    }
    figure = learning_curves([history], synthetic=False)
    assert [axis.get_title() for axis in figure.axes] == ["loss", "accuracy", "learning rate"]
    assert [len(axis.lines) for axis in figure.axes] == [4, 4, 2]
    (legend,) = figure.legends
    assert [text.get_text().split()[0] for text in legend.get_texts()] == ["training", "validation"]


def test_classifier_comparison_draws_every_repeat_and_an_interval_where_there_is_one() -> None:
    (axis,) = draw_classifier_comparison(False).axes
    assert [points.get_offsets()[:, 0].tolist() for points in axis.collections] == [
        [0.88, 0.92],
        [0.7],
    ]
    assert [text.get_text() for text in axis.texts] == ["0.900  (0.850 to 0.950)", "0.700"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["KNN", "CNN softmax"]
    first, last = axis.get_ylim()
    assert first > last


def test_every_confusion_matrix_carries_the_names_of_its_columns() -> None:
    classes = ["immature granulocyte", "x" * 40, "a name of several words that are many"]
    matrices = {f"classifier {number}": np.eye(3) for number in range(5)}
    figure = confusion_matrices(matrices, classes, synthetic=False)
    figure.canvas.draw()
    for axis in figure.axes[:5]:
        labels = [label for label in axis.get_xticklabels() if label.get_visible()]
        assert ["".join(label.get_text().split()) for label in labels] == [
            "".join(name.split()) for name in classes
        ]
