"""Every subset is refitted, and what each feature is worth follows from that."""

from __future__ import annotations

from dataclasses import replace

import joblib
import numpy as np
import pytest
from sklearn.inspection import permutation_importance

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import ablation
from hybrid_wbc.evaluation.shapley import subsets

CLASSES = ("basophil", "eosinophil", "lymphocyte")


def draw(seed: int, cells: int = 90) -> Embeddings:
    """Draw an embedding: feature 1 tells the first class, feature 2 the second, others none."""
    generator = np.random.default_rng(seed)
    y = np.arange(cells) % 3
    X = generator.standard_normal((cells, 5)).astype(np.float32)
    X[:, 0] += 6 * (y == 0)
    X[:, 1] += 6 * (y == 1)
    split = np.where(np.arange(cells) < cells * 2 // 3, "train", "test")
    names = np.array([f"cell-{i}" for i in range(cells)])
    return Embeddings(X, y, names, names, split, np.array(CLASSES), np.eye(3, dtype=np.float32)[y])


@pytest.fixture(scope="module")
def repeats() -> list[Embeddings]:
    return [draw(0), draw(1)]


@pytest.fixture(scope="module")
def refits(repeats):
    return ablation.refit(repeats, [0, 1], {}, jobs=1)


@pytest.fixture(scope="module")
def summary(refits, repeats):
    return ablation.summarise(refits, repeats, names=["seed-0", "seed-1"], groups=[0, 1], seed=0)


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


def test_shapley_values_add_up_to_the_full_score_less_chance(summary):
    chance = summary["chance"]
    for found in summary["classifiers"].values():
        everything = found["subsets"][-1]
        for repeat in range(2):
            total = sum(value["raw"][repeat] for value in found["shapley"]["accuracy"])
            full = everything["accuracy"]["raw"][repeat] - chance["accuracy"]["raw"][repeat]
            assert total == pytest.approx(full, abs=1e-9)
            for name in CLASSES:
                total = sum(value["raw"][repeat] for value in found["shapley"]["recall"][name])
                full = everything["recall"][name]["raw"][repeat]
                assert total == pytest.approx(
                    full - chance["recall"][name]["raw"][repeat], abs=1e-9
                )


def test_a_feature_is_worth_most_to_the_class_that_it_tells(summary):
    for found in summary["classifiers"].values():
        recall = found["shapley"]["recall"]
        assert np.argmax([value["mean"] for value in recall["basophil"]]) == 0
        assert np.argmax([value["mean"] for value in recall["eosinophil"]]) == 1
        worth = [value["mean"] for value in found["shapley"]["accuracy"]]
        assert min(worth[:2]) > 0.15 > 0.1 > max(worth[2:])
        lost = [value["mean"] for value in found["permutation"]]
        assert min(lost[:2]) > 0.2 > 0.12 > max(lost[2:])


def test_scores_have_an_interval_about_their_mean_and_their_raw_values(summary, refits):
    for key, found in summary["classifiers"].items():
        assert [entry["features"] for entry in found["subsets"][:6]] == [
            [1], [2], [3], [4], [5], [1, 2]
        ]  # fmt: skip
        for number, entry in enumerate(found["subsets"], start=1):
            score = entry["accuracy"]
            assert score["low"] <= score["mean"] <= score["high"]
            assert score["raw"] == [
                pytest.approx(one.right[:, number].mean()) for one in refits[key]
            ]


def test_best_of_each_size_is_the_most_accurate_and_the_first_of_equals(summary):
    for found in summary["classifiers"].values():
        assert [best["size"] for best in found["best"]] == [1, 2, 3, 4, 5]
        for best in found["best"]:
            alike = [e for e in found["subsets"] if len(e["features"]) == best["size"]]
            most = max(entry["accuracy"]["mean"] for entry in alike)
            first = next(entry for entry in alike if entry["accuracy"]["mean"] == most)
            assert best["features"] == first["features"]
            assert best["accuracy"] == first["accuracy"]


def test_permutation_importance_agrees_with_that_of_scikit_learn(refits, repeats):
    X, y = repeats[0].side("train")
    fitted = classifiers.build(seed=0)["svm"].fit(X, y)
    theirs = permutation_importance(fitted, *repeats[0].side("test"), n_repeats=200, random_state=0)
    ours = refits["svm"][0].lost.mean(axis=0)
    assert ours == pytest.approx(theirs.importances_mean, abs=0.06)


def test_two_workers_find_what_one_finds(refits, repeats):
    with joblib.parallel_config(backend="loky"):  # as it is outside the tests
        again = ablation.refit(repeats, [0, 1], {}, jobs=2)
    for key, kept in refits.items():
        for one, other in zip(kept, again[key], strict=True):
            assert np.array_equal(one.right, other.right)
            assert np.array_equal(one.lost, other.lost)


def test_progress_counts_to_the_end(repeats):
    seen = []
    ablation.refit(repeats[:1], [0], {}, jobs=1, progress=lambda *done: seen.append(done))
    assert seen == [(number, 31) for number in range(1, 32)]


def test_rows_name_each_refit_with_its_accuracy_and_recalls(summary, refits):
    rows = ablation.rows(summary)
    assert len(rows) == 3 * 31 * 2
    key, features, name, accuracy, *recalls = rows[2 * 5 + 1]
    assert (key, features, name) == ("knn", "1 2", "seed-1")
    assert accuracy == pytest.approx(refits["knn"][1].right[:, 6].mean())
    assert np.mean(recalls) == pytest.approx(accuracy)  # as many test cells in each class


def test_a_class_without_test_cells_has_no_recall_and_no_value(repeats):
    whole = repeats[0]
    kept = (whole.split == "train") | (whole.y != 2)
    fields = {name: getattr(whole, name)[kept] for name in ("X", "y", "ids", "sources", "split")}
    part = Embeddings(**fields, classes=whole.classes, probabilities=whole.probabilities[kept])
    summary = ablation.summarise(
        ablation.refit([part], [0], {}, jobs=1), [part], names=["seed-0"], groups=[0], seed=0
    )
    for found in summary["classifiers"].values():
        assert found["subsets"][0]["recall"]["lymphocyte"]["mean"] is None
        assert found["shapley"]["recall"]["lymphocyte"][0]["mean"] is None
        assert found["shapley"]["accuracy"][0]["mean"] is not None


def test_an_embedding_without_a_test_side_is_refused(repeats):
    whole = repeats[0]
    fields = {name: getattr(whole, name) for name in ("X", "y", "ids", "sources", "classes")}
    part = Embeddings(
        **fields, split=np.full(len(whole.y), "train"), probabilities=whole.probabilities
    )
    with pytest.raises(InputError, match="needs a training and a test side"):
        ablation.refit([part], [0], {}, jobs=1)


@pytest.fixture(scope="module")
def wide() -> Embeddings:
    """Nine features, of which the first two tell."""
    whole = draw(2, cells=45)
    more = np.random.default_rng(9).standard_normal((45, 4)).astype(np.float32)
    return replace(whole, X=np.column_stack([whole.X, more]))


def test_of_more_than_eight_features_there_are_single_ones_all_but_one_and_all(wide):
    refits = ablation.refit([wide], [0], {"extra": ["naive-bayes"]}, jobs=1)
    assert list(refits) == ["knn", "svm", "forest", "naive-bayes"]
    summary = ablation.summarise(refits, [wide], names=["seed-0"], groups=[0], seed=0)
    everything = list(range(1, 10))
    for key, found in summary["classifiers"].items():
        fitted = [entry["features"] for entry in found["subsets"]]
        assert fitted[:9] == [[feature] for feature in everything]
        assert {tuple(set(everything) - set(f)) for f in fitted[9:18]} == {(f,) for f in everything}
        assert fitted[18:] == [everything]
        assert fitted == sorted(fitted, key=lambda subset: (len(subset), subset))
        assert found["shapley"] is None
        assert [best["size"] for best in found["best"]] == [1, 8, 9]
        assert len(found["permutation"]) == 9
        columns = [feature - 1 for feature in fitted[12]]
        X, y = wide.side("train")
        test_X, test_y = wide.side("test")
        classifier = classifiers.build(seed=0, extra=["naive-bayes"])[key].fit(X[:, columns], y)
        right = np.mean(classifier.predict(test_X[:, columns]) == test_y)
        assert found["subsets"][12]["accuracy"]["mean"] == pytest.approx(right)


@pytest.mark.parametrize("count", [2, 5, 8])
def test_of_up_to_eight_features_every_subset_is_fitted(count):
    assert ablation.ablated_subsets(count) == subsets(count)


def test_chosen_settings_are_those_of_every_subset(wide):
    seven = [{"knn": {"n_neighbors": 7}}]
    chosen = ablation.refit([wide], [0], {}, chosen=seven, jobs=1)
    given = ablation.refit([wide], [0], {"neighbours": 7}, jobs=1)
    assert np.array_equal(chosen["knn"][0].right, given["knn"][0].right)


def test_a_feature_that_a_classifier_cannot_be_fitted_on_gives_the_largest_class(wide):
    X = wide.X[:, :2].copy()
    X[:, 1] = 7
    part = replace(wide, X=X)
    found = ablation.refit([part], [0], {"extra": ["qda"]}, jobs=1)["qda"][0].right
    _, y = part.side("train")
    _, test_y = part.side("test")
    largest = np.bincount(y).argmax()
    assert found[:, 2].tolist() == (test_y == largest).tolist()
    assert found[:, 1].mean() > found[:, 2].mean()


def test_of_many_features_the_networks_and_the_hand_made_are_fitted_apart_as_well():
    asked = ablation.ablated_subsets(21, learned=5)
    plain = ablation.ablated_subsets(21)
    assert set(asked) - set(plain) == {tuple(range(5)), tuple(range(5, 21))}
    assert [len(subset) for subset in asked] == sorted(len(subset) for subset in asked)
    assert ablation.ablated_subsets(21, learned=21) == plain == ablation.ablated_subsets(21, 0)
    assert len(ablation.ablated_subsets(8, learned=3)) == 255
