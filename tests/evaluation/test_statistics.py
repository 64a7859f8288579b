"""Intervals: clustered by source, around the mean, honest where nothing went wrong."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.evaluation.metrics import OVERALL, PER_CLASS
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.statistics import Predictions, summarise

CLASSES = ["basophil", "lymphocyte", "neutrophil"]


def predictions(true: list[str], predicted: list[str], sources: list[str]) -> Predictions:
    return Predictions(np.array(true), np.array(predicted), np.array(sources))


def two_classes(right: list[bool], sources: list[int]) -> Predictions:
    """Call every second cell a basophil, and each that is not right by the other class."""
    true = np.resize(CLASSES[:2], len(right))
    predicted = np.where(right, true, np.resize(CLASSES[1::-1], len(right)))
    return Predictions(true, predicted, np.array([f"smear {number}" for number in sources]))


@st.composite
def any_repeats(choose: st.DrawFn) -> list[Predictions]:
    names = st.sampled_from(CLASSES)
    cell = st.tuples(names, names, st.sampled_from("abcdef"))
    one = st.lists(cell, min_size=1, max_size=30)
    repeats = []
    for cells in choose(st.lists(one, min_size=1, max_size=3)):
        # A cell of each class, so that every score is defined.
        cells += [(name, choose(names), "a") for name in CLASSES]
        repeats.append(predictions(*map(list, zip(*cells, strict=True))))
    return repeats


@settings(max_examples=50, deadline=None)
@given(any_repeats(), st.integers(0, 2**31))
def test_interval_contains_the_mean_of_the_raw_values(repeats, seed):
    result = summarise(repeats, CLASSES, seed=seed, resamples=60)
    per_class = [result["per_class"][label][name] for label in CLASSES for name in PER_CLASS]
    for figure in [result[name] for name in OVERALL] + per_class:
        assert len(figure["raw"]) == len(repeats)
        assert figure["mean"] == pytest.approx(np.mean(figure["raw"]))
        assert -1 <= figure["low"] <= figure["mean"] <= figure["high"] <= 1


@settings(max_examples=20, deadline=None)
@given(any_repeats())
def test_nothing_warns_and_the_callers_arrays_stay_as_they_were(repeats):
    before = [(r.true.copy(), r.predicted.copy(), r.sources.copy()) for r in repeats]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summarise(repeats, CLASSES, seed=0, resamples=60)
    for repeat, arrays in zip(repeats, before, strict=True):
        for now, then in zip((repeat.true, repeat.predicted, repeat.sources), arrays, strict=True):
            assert np.array_equal(now, then)


def test_raw_values_support_and_confusion_are_those_of_the_repeats():
    first = two_classes([True, True, True, False], [0, 1, 2, 3])
    second = two_classes([True, False, False, False], [0, 1, 2, 3])
    result = summarise([first, second], CLASSES[:2], seed=0, resamples=50)
    assert result["accuracy"]["raw"] == [0.75, 0.25]
    assert result["accuracy"]["mean"] == 0.5
    assert result["per_class"]["basophil"]["recall"]["raw"] == [1.0, 0.5]
    assert result["per_class"]["basophil"]["support"] == 4
    assert result["confusion"] == [[3, 1], [3, 1]]
    assert json.loads(json.dumps(result)) == result


def test_interval_is_wider_where_cells_share_sources():
    # The cells of a smear are right or wrong together.
    right = np.repeat(np.resize([True, True, True, False], 20), 6).tolist()

    def width(sources: np.ndarray) -> float:
        repeat = two_classes(right, sources.tolist())
        accuracy = summarise([repeat], CLASSES[:2], seed=0)["accuracy"]
        return float(accuracy["high"] - accuracy["low"])

    shared, apart = width(np.arange(120) // 6), width(np.arange(120))
    # Six equal cells say as much as one: the spread grows by the root of six.
    assert shared / apart == pytest.approx(math.sqrt(6), rel=0.15)


def test_interval_covers_the_spread_between_repeats():
    sources = list(range(40))
    good, bad = two_classes([True] * 38 + [False] * 2, sources), two_classes(
        [True] * 20 + [False] * 20, sources
    )  # fmt: skip
    both = summarise([good, bad], CLASSES[:2], seed=0, resamples=400)["accuracy"]
    assert both["low"] < 0.55
    assert both["high"] > 0.9


@pytest.mark.parametrize("sources", [1, 5, 40])
def test_lower_end_without_an_error_is_that_of_as_many_independent_sources(sources):
    repeat = two_classes([True] * 80, [number % sources for number in range(80)])
    result = summarise([repeat, repeat], CLASSES[:2], seed=0, resamples=50)
    assert result["accuracy"] == {
        "mean": 1.0,
        "low": pytest.approx(0.025 ** (1 / sources)),
        "high": 1.0,
        "raw": [1.0, 1.0],
    }


def test_lower_end_of_a_class_without_an_error_counts_the_sources_of_that_class():
    true = ["basophil"] * 2 + ["lymphocyte"] * 98
    predicted = ["basophil"] * 2 + ["lymphocyte"] * 90 + ["basophil"] * 8
    repeat = predictions(true, predicted, [f"smear {number}" for number in range(100)])
    result = summarise([repeat], CLASSES[:2], seed=0, resamples=50)
    recall = result["per_class"]["basophil"]["recall"]
    assert recall["low"] == pytest.approx(0.025 ** (1 / 2))


def test_same_seed_gives_the_same_figures_and_another_other_ends():
    repeats = [two_classes([True, True, False, True, False, True, True], list(range(7)))]
    first, again, other = (
        summarise(repeats, CLASSES[:2], seed=seed, resamples=99) for seed in (1, 1, 2)
    )
    assert first == again
    assert [first[name]["mean"] for name in OVERALL] == [other[name]["mean"] for name in OVERALL]
    assert first != other


def test_repeats_may_test_different_sources():
    # Three photographs, each right in half of its cells: few, however alike they are.
    repeats = [two_classes([True, False] * 4, [n] * 8) for n in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = summarise(repeats, CLASSES[:2], seed=0, resamples=200)
    assert result["accuracy"]["raw"] == [0.5, 0.5, 0.5]
    assert result["accuracy"]["low"] < 0.1
    assert result["accuracy"]["high"] > 0.9


def test_one_photograph_says_nothing_of_others():
    result = summarise([two_classes([True, True, False], [1, 1, 1])], CLASSES[:2], seed=0)
    assert (result["accuracy"]["low"], result["accuracy"]["high"]) == (0.0, 1.0)
    assert (result["kappa"]["low"], result["kappa"]["high"]) == (-1.0, 1.0)


def test_folds_of_one_seed_count_together():
    generator = np.random.default_rng(0)
    # Each seed has a good fold and a bad one, and all seeds are equally good.
    folds = [
        two_classes((generator.permutation(40) < right).tolist(), list(range(start, start + 40)))
        for _ in range(4)
        for right, start in ((38, 0), (22, 40))
    ]
    seeds = [number // 2 for number in range(8)]
    together = summarise(folds, CLASSES[:2], groups=seeds, seed=0)["accuracy"]
    apart = summarise(folds, CLASSES[:2], seed=0)["accuracy"]
    assert together["raw"] == apart["raw"] == [38 / 40, 22 / 40] * 4
    assert together["mean"] == apart["mean"] == pytest.approx(np.mean(apart["raw"]))
    assert together["high"] - together["low"] < 0.6 * (apart["high"] - apart["low"])


def test_folds_of_a_lone_seed_stand_for_trainings():
    folds = [two_classes([True] * 30, list(range(30))), two_classes([False] * 30, list(range(30)))]
    lone = summarise(folds, CLASSES[:2], groups=[5, 5], seed=0, resamples=99)
    assert lone == summarise(folds, CLASSES[:2], seed=0, resamples=99)
    assert lone["accuracy"]["high"] - lone["accuracy"]["low"] > 0.9


def test_precision_counts_the_sources_of_what_was_called_so():
    # Fifty monocytes, of which two were found; nothing else was called a monocyte.
    true = ["monocyte"] * 50 + ["neutrophil"] * 50
    predicted = ["monocyte"] * 2 + ["neutrophil"] * 98
    repeat = predictions(true, predicted, [f"smear {number}" for number in range(100)])
    result = summarise([repeat], ["monocyte", "neutrophil", "basophil"], seed=0, resamples=50)
    precision = result["per_class"]["monocyte"]["precision"]
    assert precision["mean"] == 1.0
    assert precision["low"] == pytest.approx(0.025 ** (1 / 2))


def test_precision_of_a_class_that_is_never_predicted_is_not_known():
    repeat = predictions(["monocyte"] * 9 + ["neutrophil"] * 9, ["neutrophil"] * 18, list("ab") * 9)
    precision = summarise([repeat], ["monocyte", "neutrophil"], seed=0, resamples=50)["per_class"][
        "monocyte"
    ]["precision"]
    assert (precision["mean"], precision["low"], precision["high"]) == (0.0, 0.0, 1.0)


def test_accuracy_of_a_column_is_that_of_the_summary():
    generator = np.random.default_rng(0)
    repeats = [
        two_classes((generator.random(40) < 0.8).tolist(), generator.integers(25, size=40).tolist())
        for _ in range(3)
    ]
    columns = [(r.true == r.predicted)[:, None].astype(float) for r in repeats]
    recall = [
        np.where((r.true == CLASSES[0])[:, None], column, np.nan)
        for r, column in zip(repeats, columns, strict=True)
    ]
    resampling = Resampling([r.sources for r in repeats], seed=4)
    pairs = zip(columns, recall, strict=True)
    found = resampling.column_scores([np.hstack(pair) for pair in pairs])
    summary = summarise(repeats, CLASSES[:2], seed=4)
    wanted = [summary["accuracy"], summary["per_class"][CLASSES[0]]["recall"]]
    for score, expected in zip(found, wanted, strict=True):
        assert score["raw"] == pytest.approx(expected["raw"])
        ends = [(s["mean"], s["low"], s["high"]) for s in (score, expected)]
        assert ends[0] == pytest.approx(ends[1], abs=1e-6)


def test_absent_class_has_no_figures_and_does_not_touch_the_others():
    repeats = [two_classes([True, False, True, True], list(range(4)))]
    without = summarise(repeats, CLASSES[:2], seed=0, resamples=80)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = summarise(repeats, CLASSES, seed=0, resamples=80)
    assert result["per_class"]["neutrophil"]["support"] == 0
    for name in PER_CLASS:
        assert result["per_class"]["neutrophil"][name]["mean"] is None
    for name in OVERALL:
        for end in ("mean", "low", "high"):
            assert result[name][end] == pytest.approx(without[name][end])


def test_class_that_one_repeat_lacks_is_averaged_over_the_others():
    whole = predictions(["basophil", "neutrophil"], ["basophil", "basophil"], ["1", "2"])
    lacking = predictions(["basophil", "basophil"], ["basophil", "neutrophil"], ["1", "3"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = summarise([whole, lacking], ["basophil", "neutrophil"], seed=0, resamples=80)
    recall = result["per_class"]["neutrophil"]["recall"]
    assert recall["mean"] == 0.0
    assert recall["raw"][1] is None


def test_unknown_class_is_refused():
    with pytest.raises(ValueError, match="not among the classes"):
        summarise([two_classes([True], [0])], ["monocyte"], seed=0)
