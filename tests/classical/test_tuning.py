"""Settings are chosen on sources that were not fitted on, and by nothing but the cells given."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.classical.classifiers import build
from hybrid_wbc.classical.tuning import tune
from hybrid_wbc.errors import InputError


@pytest.fixture(scope="module")
def cells() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw two classes that overlap, so that more neighbours are better than one."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    X = rng.standard_normal((120, 3))
    X[:, 0] += 1.2 * y
    return X, np.array(["monocyte", "neutrophil"])[y], np.arange(120)


def test_more_neighbours_are_chosen_where_classes_overlap(cells):
    found = tune({"knn": build(seed=0)["knn"]}, *cells, seed=0)["knn"]
    assert found["settings"]["n_neighbors"] > 1
    assert found["balanced_accuracy"] > found["untuned_balanced_accuracy"]
    assert found["tried"] == 6


def test_the_same_seed_chooses_the_same_and_leaves_the_classifiers_as_they_are(cells):
    built = {key: each for key, each in build(seed=0, extra=["lda"]).items() if key != "forest"}
    before = {key: str(each.get_params()) for key, each in built.items()}
    assert tune(built, *cells, seed=1) == tune(built, *cells, seed=1)
    assert {key: str(each.get_params()) for key, each in built.items()} == before
    assert not any(hasattr(each[-1], "classes_") for each in built.values())


def test_copies_of_a_cell_do_not_make_one_neighbour_look_best(cells):
    X, labels, sources = cells
    twice = [np.repeat(each, 2, axis=0) for each in (X, labels, sources)]
    knn = {"knn": build(seed=0)["knn"]}
    by_source = tune(knn, *twice, seed=0)["knn"]
    alone = tune(knn, *twice[:2], np.arange(240), seed=0)["knn"]
    assert alone["settings"].get("n_neighbors", 1) == 1 < by_source["settings"]["n_neighbors"]


def test_settings_that_so_few_cells_do_not_allow_are_not_tried(cells):
    few = [each[:8] for each in cells]
    assert tune({"knn": build(seed=0)["knn"]}, *few, seed=0)["knn"]["tried"] == 4


def test_a_classifier_that_cannot_be_fitted_on_the_folds_is_refused_in_one_line():
    X, labels = np.random.default_rng(0).standard_normal((6, 2)), np.array(list("aaaabb"))
    qda = {"qda": build(seed=0, extra=["qda"])["qda"]}
    with pytest.raises(InputError, match="'qda' cannot be fitted on the folds of the 6") as caught:
        tune(qda, X, labels, np.arange(6), seed=0)
    assert "\n" not in str(caught.value)


def test_a_class_of_one_source_is_refused(cells):
    X, labels, sources = cells
    sources = np.where(labels == "monocyte", 0, sources)
    with pytest.raises(InputError, match="class 'monocyte' lies in one source"):
        tune({"knn": build(seed=0)["knn"]}, X, labels, sources, seed=0)
