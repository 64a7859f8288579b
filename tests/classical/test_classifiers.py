"""The hybrid paper's three classifiers are what the paper says they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from hybrid_wbc.classical.classifiers import SVM_PRESETS, build, check, soft_vote
from hybrid_wbc.classical.extra import EXTRA
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.errors import InputError


@pytest.fixture
def cells() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw embeddings to fit on, their classes, and others; units differ in place and spread."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 20)
    place, spread = np.array([0, 5, -3, 100, 0]), np.array([1, 10, 0.1, 30, 2])
    X, others = rng.standard_normal((2, 60, 5))
    X[:, :3] += 1.5 * np.eye(3)[y]
    return place + spread * X, y, place + spread * others


def standardised(X: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / deviation, (others - mean) / deviation


def kernel_of_matlab(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (1 + left @ right.T) ** 3


def kernel_of_scikit_learn(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    # gamma is one over features times variance, which is 1 here.
    return (left @ right.T / 5) ** 3


@pytest.mark.parametrize(
    ("preset", "kernel"), [("matlab", kernel_of_matlab), ("sklearn", kernel_of_scikit_learn)]
)
def test_svm_has_its_presets_kernel_on_standardised_features(cells, preset, kernel):
    X, y, others = cells
    svm = build(seed=0, svm=preset)["svm"].fit(X, y)
    scaled, scaled_others = standardised(X, others)
    expected = SVC(kernel=kernel).fit(scaled, y)
    assert svm.decision_function(others) == pytest.approx(
        expected.decision_function(scaled_others), abs=1e-4
    )


def test_presets_are_different_classifiers(cells):
    X, y, others = cells
    decisions = [
        build(seed=0, svm=preset)["svm"].fit(X, y).decision_function(others)
        for preset in SVM_PRESETS
    ]
    assert not np.allclose(*decisions, atol=0.01)


def test_an_unknown_preset_is_refused_with_the_choices():
    with pytest.raises(InputError, match="received 'octave', choose from matlab, sklearn"):
        build(seed=0, svm="octave")


@pytest.mark.parametrize("neighbours", [1, 5])
def test_knn_asks_the_nearest_cells_by_euclidean_distance(cells, neighbours):
    X, y, others = cells
    knn = build(seed=0, neighbours=neighbours)["knn"].fit(X, y)
    scaled, scaled_others = standardised(X, others)
    distances = np.linalg.norm(scaled_others[:, None] - scaled, axis=2)
    nearest = y[np.argsort(distances, axis=1)[:, :neighbours]]
    votes = (nearest[..., None] == np.arange(3)).sum(axis=1)
    assert np.array_equal(knn.predict(others), votes.argmax(axis=1))


def test_knn_of_the_paper_has_one_neighbour_and_so_knows_its_own_cells(cells):
    X, y, _ = cells
    knn = build(seed=0)["knn"].fit(X, y)
    assert knn[-1].n_neighbors == 1
    assert np.array_equal(knn.predict(X), y)


def test_forest_of_the_paper_is_twenty_trees_each_on_a_bootstrap_sample(cells):
    X, y, _ = cells
    forest = build(seed=0)["forest"].fit(X, y)[-1]
    samples = [np.unique(drawn) for drawn in forest.estimators_samples_]
    assert len(samples) == len(forest.estimators_) == 20
    assert all(len(drawn) < len(X) for drawn in samples)
    assert len({tuple(drawn) for drawn in samples}) == 20
    assert len(build(seed=0, trees=3)["forest"].fit(X, y)[-1].estimators_) == 3


def probabilities(classifier: Pipeline, cells) -> np.ndarray:
    X, y, others = cells
    return classifier.fit(X, y).predict_proba(others)


def test_forest_repeats_with_its_seed_and_differs_with_another(cells):
    first, again, other = (probabilities(build(seed=s)["forest"], cells) for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_classifier_is_described_by_its_name():
    fitted = build(seed=0, extra=list(EXTRA))
    assert set(CLASSIFIERS) == {*fitted, "cnn", "vote", "cnn_ensemble"}
    for classifier in CLASSIFIERS.values():
        assert classifier.title
        assert classifier.description


def test_vote_takes_the_mean_of_its_members_calibrated_probabilities(cells):
    X, y, others = cells
    sources = np.array([f"cell-{i}" for i in range(len(y))])
    vote = soft_vote(build(seed=0), y, sources, seed=0).fit(X, y)
    members = [member.predict_proba(others) for member in vote.estimators_]
    assert len(members) == 3
    assert all(((p > 0) & (p < 1)).all() for p in members)  # KNN's too, which knows only 0 and 1
    assert np.array_equal(vote.predict(others), np.mean(members, axis=0).argmax(axis=1))


def test_vote_of_cells_in_copies_trusts_a_nearest_neighbour_less(cells):
    X, _, _ = cells
    y = np.random.default_rng(1).integers(0, 3, len(X))  # nothing can be learned
    copied, labels = np.repeat(X, 4, axis=0), np.repeat(y, 4)
    sources = np.repeat([f"cell-{i}" for i in range(len(X))], 4)
    alone = np.array([f"file-{i}" for i in range(len(copied))])
    sure = [
        soft_vote({"knn": build(seed=0)["knn"]}, labels, groups, seed=0)
        .fit(copied, labels)
        .predict_proba(copied)
        .max(axis=1)
        .mean()
        for groups in (sources, alone)
    ]
    assert sure[0] < 0.6 < 0.9 < sure[1]


def test_vote_names_a_class_that_lies_in_one_source(cells):
    _, y, _ = cells
    sources = np.array([f"cell-{i}" for i in range(len(y))])
    sources[y == 2] = "one smear"
    with pytest.raises(InputError, match="class 'c' lies in one source"):
        soft_vote(build(seed=0), np.array(["a", "b", "c"])[y], sources, seed=0)


def test_classifiers_do_not_change_the_cells_they_are_given(cells):
    X, y, _ = cells
    before = X.copy(), y.copy()
    for classifier in build(seed=0).values():
        classifier.fit(X, y).predict(X)
    assert np.array_equal(X, before[0])
    assert np.array_equal(y, before[1])


def test_without_names_there_are_the_papers_three_alone():
    assert list(build(seed=0)) == ["knn", "svm", "forest"]


@pytest.mark.parametrize(
    ("extra", "tune", "message"),
    [
        (["lgbm"], False, r"classifiers\.extra: received 'lgbm', choose from logistic, ridge, lda"),
        (["lda", "mlp", "lda"], False, r"classifiers\.extra: received 'lda' twice; name it once"),
        (["knn"], False, r"classifiers\.extra: 'knn' is scored in every run"),
        (
            ["lda"],
            ["mlp"],
            r"classifiers\.tune: received 'mlp', choose from knn, svm, forest, lda;",
        ),
        ([], ["vote"], r"classifiers\.tune: received 'vote', choose from knn, svm, forest;"),
    ],
)
def test_names_that_cannot_be_fitted_are_refused_in_one_line(extra, tune, message):
    with pytest.raises(InputError, match=message) as caught:
        check(extra, tune)
    assert "\n" not in str(caught.value)


def test_chosen_settings_take_the_place_of_the_others():
    built = build(seed=0, neighbours=3, extra=["logistic"], chosen={"logistic": {"C": 10.0}})
    assert built["logistic"][-1].C == 10.0
    assert built["knn"][-1].n_neighbors == 3
