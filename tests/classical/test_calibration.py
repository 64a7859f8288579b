"""Calibrated probabilities rest on folds that keep a source together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV

from hybrid_wbc.classical import classifiers, storage
from hybrid_wbc.classical.calibration import calibrated, grouped_folds
from hybrid_wbc.errors import InputError

NAMES = ["knn", "svm", "forest"]
Cells = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def cells() -> Cells:
    """Draw embeddings of three classes that overlap, and their labels and sources of two cells."""
    rng = np.random.default_rng(3)
    truth = np.repeat(np.arange(3), 20)
    X = rng.standard_normal((60, 5)).astype(np.float32)
    X[:, :3] += 1.5 * np.eye(3, dtype=np.float32)[truth]
    return X, np.array(["lymphocyte", "monocyte", "neutrophil"])[truth], np.arange(60) // 2


def confidence(classifier: CalibratedClassifierCV, X: np.ndarray) -> float:
    return float(classifier.predict_proba(X).max(axis=1).mean())


@given(
    cells=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 7)), min_size=2, max_size=40),
    folds=st.integers(2, 6),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_a_source_lies_in_one_fold_and_every_class_is_left_without_it(cells, folds, seed):
    labels, groups = np.array(cells).T
    try:
        fold_of = grouped_folds(labels, groups, folds=folds, seed=seed)
    except InputError as error:
        assert str(error).startswith("class '")
        return
    numbers = np.unique(fold_of)
    assert 2 <= len(numbers) <= folds
    assert np.array_equal(numbers, np.arange(len(numbers)))
    for number in numbers:
        held_out = fold_of == number
        assert not set(groups[held_out]) & set(groups[~held_out])
        assert set(labels[~held_out]) == set(labels)


def test_folds_are_lowered_to_the_sources_of_the_rarest_class():
    labels = np.repeat(["common", "rare"], [12, 6])
    groups = np.r_[np.arange(12), 100, 100, 100, 101, 101, 102]
    assert grouped_folds(labels, groups, folds=5, seed=0).max() + 1 == 3
    assert grouped_folds(labels, groups, folds=2, seed=0).max() + 1 == 2


def test_folds_repeat_with_their_seed_and_differ_with_another():
    labels, groups = np.arange(40) % 2, np.arange(40)
    first, again, other = (grouped_folds(labels, groups, folds=4, seed=s) for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_stand_beside_the_very_classifier_fitted_on_all_rows(cells, name):
    X, labels, groups = cells
    classifier = classifiers.build(seed=0)[name]
    whole = calibrated(classifier, labels, groups, seed=0).fit(X, labels)
    probabilities = whole.predict_proba(X)
    assert probabilities.shape == (60, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(60))
    assert list(whole.classes_) == ["lymphocyte", "monocyte", "neutrophil"]
    inner = whole.calibrated_classifiers_[0].estimator
    assert np.array_equal(inner.predict(X), clone(classifier).fit(X, labels).predict(X))
    assert not hasattr(classifier, "classes_")  # a copy was fitted


def test_a_nearest_neighbour_is_not_made_sure_of_itself_by_copies_of_a_cell(cells):
    X, labels, groups = cells
    twice, names, sources = np.repeat(X, 2, axis=0), np.repeat(labels, 2), np.repeat(groups, 2)
    knn = classifiers.build(seed=0)["knn"]
    apart = calibrated(knn, names, np.arange(len(names)), seed=0).fit(twice, names)
    together = calibrated(knn, names, sources, seed=0).fit(twice, names)
    assert confidence(apart, X) > 0.9
    assert confidence(together, X) < 0.8


@pytest.mark.parametrize("name", [*NAMES, "vote"])
def test_a_kept_calibrated_classifier_gives_the_same_probabilities(cells, name, tmp_path: Path):
    X, labels, groups = cells
    members = classifiers.build(seed=0)
    whole = (
        classifiers.soft_vote(members, labels, groups, seed=0)
        if name == "vote"
        else calibrated(members[name], labels, groups, seed=0)
    ).fit(X, labels)
    path = tmp_path / "kept.skops"
    loaded = storage.load(path, storage.save(whole, path))
    assert np.array_equal(loaded.predict_proba(X), whole.predict_proba(X))


def test_a_class_of_one_source_is_refused_by_name():
    labels, groups = ["rare", "rare", "common", "common"], [7, 7, 1, 2]
    with pytest.raises(InputError, match=r"class 'rare' lies in one source.*add cells"):
        calibrated(classifiers.build(seed=0)["knn"], labels, groups, seed=0)


def test_a_class_whose_sources_fall_into_one_fold_is_refused_by_name():
    labels, groups = ["rare", "other", "other", "rare"], [0, 2, 0, 3]
    with pytest.raises(InputError, match=r"class 'rare' has all its cells in one fold.*seed"):
        grouped_folds(labels, groups, folds=2, seed=0)


def test_one_fold_is_refused():
    with pytest.raises(InputError, match="folds: received 1; calibration needs at least 2"):
        grouped_folds([0, 1], [0, 1], folds=1, seed=0)


def test_labels_and_groups_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="groups: received 3 for 2 labels; give one each"):
        grouped_folds([0, 1], [0, 1, 2], folds=2, seed=0)
