"""Owns the tests of the embedding's figures: what the scatter and the pairs of features show."""

from __future__ import annotations

import io
import runpy
import warnings
from pathlib import Path

import numpy as np

from hybrid_wbc.report.figures import embedding

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
CLASSES = _shared["CLASSES"]
embeddings = _shared["embeddings"]


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


def test_densities_of_the_classes_do_not_lie_over_one_another() -> None:
    X, y = embeddings(30)
    figure = embedding.pair_plot(X, y, ["test"] * 30, CLASSES, synthetic=False)
    rows = [patch.get_data() for patch in figure.axes[0].patches]
    assert [data.baseline for data in rows] == [0, -1, -2]
    assert all((data.values < data.baseline + 1).all() for data in rows)


def test_two_features_are_drawn_in_the_plane() -> None:
    X, y = embeddings(30)
    X = X[:, :2]
    figure = embedding.embedding_scatter(X, y, X[:9], y[:9], CLASSES, synthetic=False)
    left, right = figure.axes
    assert left.name == right.name == "rectilinear"
    assert (left.get_xlabel(), left.get_ylabel()) == ("feature 1", "feature 2")
    assert left.get_xlim() == right.get_xlim() and left.get_ylim() == right.get_ylim()
    pairs = embedding.pair_plot(X, y, ["train"] * 15 + ["test"] * 15, CLASSES, synthetic=False)
    assert len([axis for axis in pairs.axes if axis.axison]) == 3


def test_pair_plot_draws_the_first_eight_of_many_features_and_says_so() -> None:
    _, y = embeddings(20)
    X = np.random.default_rng(0).standard_normal((20, 64))
    figure = embedding.pair_plot(X, y, ["train"] * 10 + ["test"] * 10, CLASSES, synthetic=False)
    assert len([axis for axis in figure.axes if axis.axison]) == 36
    assert "the first 8 of 64 features" in figure.legends[0].get_title().get_text()
