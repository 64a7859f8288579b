"""Health of an embedding: what is lost, duplicated, apart or adrift, and what is said of it."""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import f_classif
from sklearn.metrics import silhouette_score
from statsmodels.multivariate.manova import MANOVA

from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import health

CLASSES = ["basophil", "lymphocyte", "neutrophil", "monocyte", "eosinophil"]
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def cells(train: int = 60, test: int = 30, validation: int = 0, apart: float = 4.0) -> Arrays:
    """Draw five classes, each around a place of its own, the same on every side."""
    generator = np.random.default_rng(3)
    split = np.repeat(["train", "test", "validation"], [train, test, validation])
    y = np.arange(len(split)) % len(CLASSES)
    centres = generator.permutation(apart * np.eye(5)) + generator.normal(size=(5, 5))
    X = centres[y] * (apart > 0) + generator.normal(size=(len(y), 5))
    return X.astype(np.float32), y, split


def examine(X: np.ndarray, y: np.ndarray, split: np.ndarray, seed: int = 0) -> dict[str, Any]:
    return health.examine(X, y, split, CLASSES, seed=seed)


def test_healthy_embedding_has_figures_for_everything_and_no_warning() -> None:
    X, y, split = cells()
    report = examine(X, y, split)
    assert report["warnings"] == []
    assert report["duplicates"] == []
    assert [feature["name"] for feature in report["features"]] == [
        f"feature {n}" for n in range(1, 6)
    ]
    train = X[split == "train"].astype(float)
    for feature, column in zip(report["features"], train.T, strict=True):
        assert feature["mean"] == pytest.approx(column.mean())
        assert feature["deviation"] == pytest.approx(column.std())
        assert (feature["minimum"], feature["maximum"]) == (column.min(), column.max())
        assert feature["constant"] is False
    np.testing.assert_allclose(report["correlation"], np.corrcoef(train.T), atol=1e-12)
    spread = train.std(axis=0)
    assert report["scale_ratio"] == pytest.approx(spread.max() / spread.min())


def test_separation_agrees_with_scikit_learn_and_statsmodels() -> None:
    X, y, split = cells(apart=1.0)
    report = examine(X, y, split)
    train, labels = X[split == "train"].astype(float), y[split == "train"]
    # The F statistic is the ratio of sums of squares, each over its degrees of freedom.
    statistic, _ = f_classif(train, labels)
    ratios = [feature["fisher_ratio"] for feature in report["features"]]
    np.testing.assert_allclose(ratios, statistic * 4 / (len(train) - 5))
    tests = MANOVA(train, np.eye(5)[labels]).mv_test([("classes", np.eye(5)[1:] - np.eye(5)[0])])
    trace = tests.results["classes"]["stat"].loc["Hotelling-Lawley trace", "Value"]
    assert report["all"]["fisher_ratio"] == pytest.approx(trace)
    standard = (train - train.mean(axis=0)) / train.std(axis=0)
    assert report["all"]["silhouette"] == pytest.approx(silhouette_score(standard, labels))
    assert report["features"][1]["silhouette"] == pytest.approx(
        silhouette_score(standard[:, [1]], labels)
    )


@pytest.mark.parametrize("value", [0.0, 0.1, -3e4])
def test_constant_feature_is_named_and_has_no_figures_of_separation(value: float) -> None:
    X, y, split = cells()
    X[:, 2] = value * (1 + 2e-7 * (y % 2))
    report = examine(X, y, split)
    feature = report["features"][2]
    assert feature["constant"] is True
    assert feature["silhouette"] is feature["fisher_ratio"] is feature["drift"] is None
    assert report["correlation"][2] == [None] * 5
    assert [row[2] for row in report["correlation"]] == [None] * 5
    assert report["effective_rank"] <= 4 + 1e-9
    assert report["scale_ratio"] < 10
    (warning,) = report["warnings"]
    assert warning.startswith("feature 3 is constant") and "one of 5 features" in warning
    assert report["all"] == examine(np.delete(X, 2, axis=1), y, split)["all"]


def test_embedding_of_constants_alone_is_reported_not_an_error() -> None:
    X, y, split = cells()
    report = examine(np.ones_like(X), y, split)
    assert report["effective_rank"] == 0.0
    assert report["scale_ratio"] is None
    assert report["all"] == {"silhouette": None, "fisher_ratio": None, "drift": None}
    assert sum("is constant" in warning for warning in report["warnings"]) == 5


@pytest.mark.parametrize("sign", [1, -1])
def test_duplicates_are_found_whatever_their_sign_and_scale(sign: int) -> None:
    X, y, split = cells()
    X[:, 4] = sign * 7 * X[:, 0] + 100
    X[:, 4] += np.random.default_rng(0).normal(size=len(X))
    report = examine(X, y, split)
    (pair,) = report["duplicates"]
    assert (pair["first"], pair["second"]) == (1, 5)
    assert 0.99 < sign * pair["r"] <= 1
    (warning,) = report["warnings"]
    assert warning.startswith("features 1 and 5 are duplicates")


def test_exact_duplicate_adds_no_separation() -> None:
    X, y, split = cells()
    alone = examine(X[:, :4], y, split)["all"]["fisher_ratio"]
    X[:, 4] = X[:, 0]
    assert examine(X, y, split)["all"]["fisher_ratio"] == pytest.approx(alone)


def test_effective_rank_is_the_exponential_of_the_entropy_of_singular_values() -> None:
    # Columns at right angles, each of mean 0: singular values are equal after standardising.
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=float)
    y, split = np.array([0, 1, 0, 1]), np.repeat("train", 4)
    assert examine(signs * [1, 50], y, split)["effective_rank"] == pytest.approx(2)
    doubled = signs[:, [0, 0, 1]]
    # Singular values in the ratio of the square root of 2 to 1.
    share = math.sqrt(2) / (1 + math.sqrt(2))
    expected = math.exp(-share * math.log(share) - (1 - share) * math.log(1 - share))
    assert examine(doubled, y, split)["effective_rank"] == pytest.approx(expected)


def test_low_rank_is_a_warning_only_where_the_classes_need_more() -> None:
    X, y, split = cells()
    line = X[:, [0]] * np.arange(1, 6) + 0.3 * X
    assert any("effective rank below 2" in text for text in examine(line, y, split)["warnings"])
    two = examine(line, y % 2, split)
    assert two["effective_rank"] < 2
    assert not any("effective rank" in text for text in two["warnings"])


def test_unequal_scales_are_a_warning_and_change_no_other_figure() -> None:
    X, y, split = cells()
    plain, scaled = examine(X, y, split), examine(X * np.float32([1, 1, 512, 1, 1]), y, split)
    (warning,) = scaled["warnings"]
    assert "100 times" in warning and "standardise" in warning
    assert scaled["all"] == pytest.approx(plain["all"])
    assert scaled["effective_rank"] == pytest.approx(plain["effective_rank"])


def test_classes_on_top_of_each_other_are_a_warning() -> None:
    (warning,) = examine(*cells(apart=0.0))["warnings"]
    assert "overlap" in warning


def test_drift_is_the_shift_of_class_means_weighted_by_their_share_of_the_test_side() -> None:
    X, y, split = cells(train=2000, test=2000)
    shift = 2 * X[split == "train", 1].std()
    X[(split == "test") & (y == 0), 1] += shift
    # Every fourth test cell of the class that moved: one cell in 17 of that side.
    kept = (split == "train") | (y > 0) | (np.arange(len(y)) % 4 == 0)
    report = examine(X[kept], y[kept], split[kept])
    drifts = [feature["drift"] for feature in report["features"]]
    assert drifts == pytest.approx([0, 2 / math.sqrt(17), 0, 0, 0], abs=0.05)
    assert report["all"]["drift"] == pytest.approx(2 / math.sqrt(17 * 5), abs=0.02)


def test_class_shares_that_differ_between_sides_are_no_drift() -> None:
    X, y, split = cells(train=600, test=600)
    rare = (split == "test") & (y < 2) & (np.arange(len(y)) % 40 > 2)
    report = examine(X[~rare], y[~rare], split[~rare])
    assert report["all"]["drift"] < 0.1
    assert report["warnings"] == []


def test_chance_alone_is_seldom_strong_drift_even_on_few_cells() -> None:
    strong = 0
    for seed in range(60):
        X = np.random.default_rng(seed).normal(size=(45, 5))
        y, split = np.arange(45) % 5, np.repeat(["train", "test"], [30, 15])
        strong += any("drift" in text for text in examine(X, y, split)["warnings"])
    assert strong <= 3


@pytest.mark.parametrize(
    ("sides", "validation", "said", "unsaid"),
    [
        (["test"], 30, "validation cells do so far less, so it is most likely images", "over-fit"),
        (["test", "validation"], 30, "do too, so it is most likely over-fitting", "stain"),
        (["test"], 0, "either from over-fitting", "validation"),
    ],
)
def test_strong_drift_names_the_class_and_validation_tells_its_likely_cause(
    sides: list[str], validation: int, said: str, unsaid: str
) -> None:
    X, y, split = cells(validation=validation)
    X[np.isin(split, sides) & (y == 3)] += 2
    (warning,) = examine(X, y, split)["warnings"]
    assert warning.startswith("strong drift: test cells, most of all of monocyte,")
    assert said in warning and unsaid not in warning


def test_without_a_test_side_there_is_no_drift() -> None:
    report = examine(*cells(test=0))
    assert report["all"]["drift"] is None
    assert {feature["drift"] for feature in report["features"]} == {None}


@pytest.mark.parametrize("side", ["train", "test"])
def test_class_with_one_cell_on_a_side_does_not_count_as_drift(side: str) -> None:
    X, y, split = cells()
    X[(y == 4) & (split == "test")] += 9
    assert examine(X, y, split)["all"]["drift"] > 0.5
    lone = np.flatnonzero((y == 4) & (split == side))
    kept = np.delete(np.arange(len(y)), lone[1:])
    report = examine(X[kept], y[kept], split[kept])
    assert report["all"]["drift"] < 0.15
    assert report["warnings"] == []


def test_every_class_with_one_cell_leaves_no_separation() -> None:
    report = examine(*cells(train=5, test=0))
    assert report["all"] == {"silhouette": None, "fisher_ratio": None, "drift": None}


def test_classes_without_spread_have_no_fisher_ratio() -> None:
    X, y, split = cells()
    X[:, 3] = y
    report = examine(X, y, split)
    assert report["features"][3]["fisher_ratio"] is None
    assert report["all"]["fisher_ratio"] is None
    assert report["features"][3]["silhouette"] == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [4, -1])
def test_what_is_not_a_number_is_refused_by_feature_count_and_row(bad: float, row: int) -> None:
    X, y, split = cells()
    X[row, 3] = bad
    with pytest.raises(
        InputError, match=rf"^feature 4: .* 1 of 90 cells \(first: row {row % 90}\)"
    ):
        examine(X, y, split)


def test_missing_training_side_is_refused() -> None:
    with pytest.raises(InputError, match="no 'train' cell among 30"):
        examine(*cells(train=0))


def test_silhouette_of_many_cells_is_of_a_seeded_sample() -> None:
    X, y, split = cells(train=2500, test=0, apart=1.0)
    first, again, other = (
        examine(X, y, split, seed=seed)["all"]["silhouette"] for seed in (1, 1, 2)
    )
    assert first == again != other
    assert first == pytest.approx(other, abs=0.02)


def test_warnings_hold_no_figures_so_that_repeats_share_a_line() -> None:
    X, y, split = cells(apart=0.0)
    X[(split == "test") & (y == 3)] += 5
    texts = []
    for noise in (0.0, 0.05):
        column = X[:, :1] + noise * np.random.default_rng(1).normal(size=(len(X), 1))
        texts.append(examine(column * [1, 1, -2, 1000, 0], y, split)["warnings"])
    assert texts[0] == texts[1]
    # A constant, six pairs of duplicates, rank, scale, overlap and drift.
    assert len(texts[0]) == 11
    assert not any("\n" in text for text in texts[0])


@st.composite
def any_cells(choose: st.DrawFn) -> Arrays:
    count, features = choose(st.integers(1, 30)), choose(st.integers(1, 5))
    numbers = st.sampled_from([0.0, 1.0, -1.0, 1e-6, 1e6]) | st.floats(-10, 10, width=32)
    rows = st.lists(numbers, min_size=features, max_size=features)
    X = np.array(choose(st.lists(rows, min_size=count, max_size=count)), dtype=np.float32)
    y = choose(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    names = st.sampled_from(["train", "test", "validation"])
    split = choose(st.lists(names, min_size=count - 1, max_size=count - 1))
    return X, np.array(y), np.array(["train", *split])


@settings(max_examples=80, deadline=None)
@given(any_cells())
def test_any_embedding_gives_json_in_bounds_without_a_warning_from_below(drawn: Arrays) -> None:
    before = [array.copy() for array in drawn]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = examine(*drawn)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert 0 <= report["effective_rank"] <= drawn[0].shape[1] + 1e-9
    assert report["scale_ratio"] is None or report["scale_ratio"] >= 1
    for figures in [*report["features"], report["all"]]:
        assert figures["silhouette"] is None or -1 <= figures["silhouette"] <= 1
        assert figures["fisher_ratio"] is None or figures["fisher_ratio"] >= -1e-9
        assert figures["drift"] is None or figures["drift"] >= 0
    assert all(np.array_equal(now, then) for now, then in zip(drawn, before, strict=True))


def test_hand_made_features_are_named_and_nobody_is_told_to_train_them_longer() -> None:
    generator = np.random.default_rng(0)
    X = generator.standard_normal((60, 4))
    X[:, 2] = 7
    X[:, 3] = 1000 * X[:, 0]
    y = np.arange(60) % 3
    names = ["cell area", "nucleus area", "nucleus lobes", "nucleus hue"]
    split = np.full(60, "train")
    found = health.examine(X, y, split, CLASSES[:3], seed=0, names=names)
    assert [feature["name"] for feature in found["features"]] == names
    said = "; ".join(found["warnings"])
    assert "nucleus lobes is constant on the training side: one of 4 features is lost" in said
    assert "cell area and nucleus hue are duplicates" in said
    assert "train longer" not in said and "times another's" not in said
    beside = health.examine(X, y, split, CLASSES[:3], seed=0, names=["feature 1", *names[1:]])
    assert any(line.startswith("feature 1 and nucleus hue are") for line in beside["warnings"])
