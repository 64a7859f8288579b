"""Owns the tests of the figures: what they show, and that they leave nothing behind."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from hybrid_wbc.report.figures import embedding, sheets
from hybrid_wbc.report.figures.scores import (
    classifier_comparison,
    confusion_matrices,
    learning_curves,
)
from hybrid_wbc.report.figures.style import (
    AS_PUBLISHED_TEXT,
    SYNTHETIC_TEXT,
    add_mark,
    class_styles,
)

CLASSES = ["basophil", "immature granulocyte", "monocyte"]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


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


DRAWINGS = [
    draw_embedding_scatter,
    draw_pair_plot,
    draw_confusion_matrices,
    draw_learning_curves,
    draw_augmentation_sheet,
    draw_prediction_sheet,
    draw_classifier_comparison,
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_say_synthetic_only_of_drawn_cells(draw: Callable[[bool], Figure]) -> None:
    assert SYNTHETIC_TEXT in texts(draw(True))
    assert SYNTHETIC_TEXT not in texts(draw(False))


def test_a_second_mark_stands_below_the_first() -> None:
    figure = draw_embedding_scatter(True)
    add_mark(figure, AS_PUBLISHED_TEXT)
    assert f"{SYNTHETIC_TEXT}\n{AS_PUBLISHED_TEXT}" in texts(figure)


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_save_without_warning_the_same_each_time_and_leave_no_state(
    draw: Callable[[bool], Figure],
) -> None:
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


def test_24_classes_have_24_looks() -> None:
    looks = class_styles(24)
    assert len({(look.colour, look.marker) for look in looks}) == 24
    assert len({look.marker for look in looks[:12]}) == 12


def test_embedding_scatter_gives_both_panels_the_same_limits_around_all_cells() -> None:
    train_X, train_y = embeddings(30)
    test_X, test_y = embeddings(9, seed=1)
    test_X[0, 4] = 50
    figure = embedding.embedding_scatter(
        train_X, train_y, test_X, test_y, CLASSES, synthetic=False, features=(4, 0, 2)
    )
    left, right = figure.axes
    assert left.get_xlim() == right.get_xlim()
    assert left.get_ylim() == right.get_ylim()
    assert left.get_zlim() == right.get_zlim()
    assert left.get_xlim()[0] < train_X[:, 4].min() and left.get_xlim()[1] > 50
    assert [left.get_xlabel(), left.get_ylabel()] == ["feature 5", "feature 1"]
    assert left.get_title().startswith("A") and "30 cells" in left.get_title()
    assert right.get_title().startswith("B") and "9 cells" in right.get_title()


def test_embedding_scatter_has_one_legend_with_every_class_even_one_without_cells() -> None:
    X, y = embeddings(12)
    classes = [*CLASSES, "platelet"]
    figure = embedding.embedding_scatter(X, y, X[:3], y[:3], classes, synthetic=False)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == classes
    assert all(axis.get_legend() is None for axis in figure.axes)


def test_pair_plot_fills_the_lower_triangle_and_keeps_constant_features_quiet() -> None:
    X, y = embeddings(20)
    X[:, 3] = 7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = embedding.pair_plot(X, y, ["train"] * 10 + ["test"] * 10, CLASSES, synthetic=False)
        figure.savefig(io.BytesIO(), format="png", dpi=30)
    shown = [axis for axis in figure.axes if axis.axison]
    assert len(shown) == 15
    assert figure.axes[3 * 5 + 3].get_xlim() == (6.5, 7.5)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(CLASSES)


def test_pair_plot_thins_a_large_side_evenly_and_says_so() -> None:
    X, _ = embeddings(13_000)
    y = np.where(np.arange(13_000) % 100 == 0, 0, 1)
    split = np.repeat(["train", "test"], [12_900, 100])
    figure = embedding.pair_plot(X, y, split, CLASSES, synthetic=False)
    collections = figure.axes[5].collections
    drawn = [len(points.get_offsets()) for points in collections]
    # Training side first, a collection per class, and then the test side in full.
    assert drawn == [7, 693, 0, 1, 99, 0]
    assert "faint: training (700 of 12,900 cells drawn)" in figure.legends[0].get_title().get_text()
    assert "strong: test (100 cells)" in figure.legends[0].get_title().get_text()
    assert all(points.get_rasterized() for points in collections)


def test_plots_leave_the_callers_arrays_as_they_were() -> None:
    X, y = embeddings(12)
    X.setflags(write=False)
    y.setflags(write=False)
    embedding.pair_plot(X, y, ["test"] * 12, CLASSES, synthetic=False)
    embedding.embedding_scatter(X, y, X, y, CLASSES, synthetic=False)


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


def test_augmentation_sheet_has_a_row_per_cell_with_its_original_first() -> None:
    originals = cells(3)
    copies = np.stack([originals, originals[:, ::-1]], axis=1)
    figure = sheets.augmentation_sheet(originals, copies, CLASSES, synthetic=False)
    pictures = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(pictures) == 9
    np.testing.assert_array_equal(pictures[3], originals[1])
    np.testing.assert_array_equal(pictures[5], originals[1, ::-1])
    assert {"basophil", "immature\ngranulocyte", "monocyte"} <= set(texts(figure))


def test_prediction_sheet_captions_a_mistake_with_who_said_what() -> None:
    figure = draw_prediction_sheet(False)
    right, wrong = figure.subfigs
    assert "5 of 6" in right.get_suptitle() and "1 of 6" in wrong.get_suptitle()
    (mistake,) = [axis for axis in wrong.axes if axis.images]
    assert mistake.get_title() == "basophil"
    assert mistake.get_xlabel() == "knn, forest: monocyte"
    assert {axis.get_xlabel() for axis in right.axes} == {""}


def test_prediction_sheet_without_mistakes_says_so() -> None:
    true = ["basophil", "monocyte"]
    figure = sheets.prediction_sheet(cells(2), true, {"knn": true}, synthetic=False)
    assert "no mistakes on the test side" in texts(figure)


def test_prediction_sheet_spreads_ten_over_the_classes_with_the_worst_mistakes_first() -> None:
    true = ["basophil"] * 40 + ["monocyte"] * 3
    half = ["monocyte"] * 20 + true[20:40] + ["basophil"] * 2 + ["monocyte"]
    late = true[:15] + ["monocyte"] * 5 + true[20:]
    figure = sheets.prediction_sheet(cells(43), true, {"knn": half, "svm": late}, synthetic=False)
    right, wrong = (
        [axis.get_title() for axis in part.axes if axis.images] for part in figure.subfigs
    )
    assert right == ["basophil"] * 9 + ["monocyte"]
    assert wrong == ["basophil"] * 8 + ["monocyte"] * 2
    captions = [axis.get_xlabel() for axis in figure.subfigs[1].axes if axis.images]
    assert captions[:5] == ["knn, svm: monocyte"] * 5
    assert captions[5] == "knn: monocyte"


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
