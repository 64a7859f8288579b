"""What each feature is worth follows from the refits on its subsets."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation import ablation, refitting

CLASSES = ("basophil", "eosinophil", "lymphocyte")


@pytest.fixture(scope="module")
def summary(refits, repeats):
    return ablation.summarise(refits, repeats, names=["seed-0", "seed-1"], groups=[0, 1], seed=0)


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
        refitting.refit([part], [0], {}, jobs=1), [part], names=["seed-0"], groups=[0], seed=0
    )
    for found in summary["classifiers"].values():
        assert found["subsets"][0]["recall"]["lymphocyte"]["mean"] is None
        assert found["shapley"]["recall"]["lymphocyte"][0]["mean"] is None
        assert found["shapley"]["accuracy"][0]["mean"] is not None


def test_of_more_than_eight_features_there_are_single_ones_all_but_one_and_all(wide):
    refits = refitting.refit([wide], [0], {"extra": ["naive-bayes"]}, jobs=1)
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
