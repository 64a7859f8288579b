"""Every classifier is fitted anew on subsets of the features, and nothing is masked."""

from __future__ import annotations

from dataclasses import replace

import joblib
import numpy as np
import pytest
from sklearn.inspection import permutation_importance

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import refitting
from hybrid_wbc.evaluation.shapley import subsets


def test_every_subset_is_fitted_anew_and_not_masked(refits, repeats):
    X, y = repeats[1].side("train")
    test_X, test_y = repeats[1].side("test")
    for position, columns in enumerate(subsets(5), start=1):
        for key, classifier in classifiers.build(seed=1).items():
            right = classifier.fit(X[:, columns], y).predict(test_X[:, columns]) == test_y
            assert refits[key][1].right[:, position].tolist() == right.tolist()


def test_chance_is_a_guess_by_the_shares_of_the_training_side(refits, repeats):
    _, y = repeats[0].side("train")
    shares = np.bincount(y) / len(y)
    assert refits["knn"][0].right[:, 0] == pytest.approx(shares[repeats[0].side("test")[1]])


def test_permutation_importance_agrees_with_that_of_scikit_learn(refits, repeats):
    X, y = repeats[0].side("train")
    fitted = classifiers.build(seed=0)["svm"].fit(X, y)
    theirs = permutation_importance(fitted, *repeats[0].side("test"), n_repeats=200, random_state=0)
    ours = refits["svm"][0].lost.mean(axis=0)
    assert ours == pytest.approx(theirs.importances_mean, abs=0.06)


def test_two_workers_find_what_one_finds(refits, repeats):
    with joblib.parallel_config(backend="loky"):  # as it is outside the tests
        again = refitting.refit(repeats, [0, 1], {}, jobs=2)
    for key, kept in refits.items():
        for one, other in zip(kept, again[key], strict=True):
            assert np.array_equal(one.right, other.right)
            assert np.array_equal(one.lost, other.lost)


def test_progress_counts_to_the_end(repeats):
    seen = []
    refitting.refit(repeats[:1], [0], {}, jobs=1, progress=lambda *done: seen.append(done))
    assert seen == [(number, 31) for number in range(1, 32)]


def test_an_embedding_without_a_test_side_is_refused(repeats):
    whole = repeats[0]
    fields = {name: getattr(whole, name) for name in ("X", "y", "ids", "sources", "classes")}
    part = Embeddings(
        **fields, split=np.full(len(whole.y), "train"), probabilities=whole.probabilities
    )
    with pytest.raises(InputError, match="needs a training and a test side"):
        refitting.refit([part], [0], {}, jobs=1)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_of_up_to_eight_features_every_subset_is_fitted(count):
    assert refitting.ablated_subsets(count) == subsets(count)


def test_chosen_settings_are_those_of_every_subset(wide):
    seven = [{"knn": {"n_neighbors": 7}}]
    chosen = refitting.refit([wide], [0], {}, chosen=seven, jobs=1)
    given = refitting.refit([wide], [0], {"neighbours": 7}, jobs=1)
    assert np.array_equal(chosen["knn"][0].right, given["knn"][0].right)


def test_a_feature_that_a_classifier_cannot_be_fitted_on_gives_the_largest_class(wide):
    X = wide.X[:, :2].copy()
    X[:, 1] = 7
    part = replace(wide, X=X)
    found = refitting.refit([part], [0], {"extra": ["qda"]}, jobs=1)["qda"][0].right
    _, y = part.side("train")
    _, test_y = part.side("test")
    largest = np.bincount(y).argmax()
    assert found[:, 2].tolist() == (test_y == largest).tolist()
    assert found[:, 1].mean() > found[:, 2].mean()


def test_of_many_features_the_networks_and_the_hand_made_are_fitted_apart_as_well():
    asked = refitting.ablated_subsets(21, learned=5)
    plain = refitting.ablated_subsets(21)
    assert set(asked) - set(plain) == {tuple(range(5)), tuple(range(5, 21))}
    assert [len(subset) for subset in asked] == sorted(len(subset) for subset in asked)
    assert refitting.ablated_subsets(21, learned=21) == plain == refitting.ablated_subsets(21, 0)
    assert len(refitting.ablated_subsets(8, learned=3)) == 255
