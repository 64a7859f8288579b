"""Paired tests: worked examples, one prediction per source, and no figure that is not one."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.evaluation.comparison import compare
from hybrid_wbc.evaluation.statistics import Predictions


def answer(right: list[bool], sources: list[object] | None = None) -> Predictions:
    """Predict basophils; where not right, the cell is called a monocyte."""
    sources = list(range(len(right))) if sources is None else sources
    true = np.full(len(right), "basophil")
    predicted = np.where(right, true, "monocyte")
    return Predictions(true, predicted, np.array([f"smear {source}" for source in sources]))


def table(both: int, only_first: int, only_second: int, neither: int) -> dict:
    """Compare two classifiers that are right on so many sources."""
    counts = [both, only_first, only_second, neither]
    first = np.repeat([True, True, False, False], counts).tolist()
    second = np.repeat([True, False, True, False], counts).tolist()
    return compare({"knn": [answer(first)], "svm": [answer(second)]}, seed=0, resamples=50)


@st.composite
def any_answers(choose: st.DrawFn) -> dict[str, list[Predictions]]:
    n_classifiers, n_repeats = choose(st.integers(1, 4)), choose(st.integers(1, 3))
    answers: dict[str, list[Predictions]] = {f"c{i}": [] for i in range(n_classifiers)}
    for _ in range(n_repeats):
        sources = choose(st.lists(st.sampled_from("abcde"), min_size=1, max_size=12))
        for repeats in answers.values():
            count = len(sources)
            right = choose(st.lists(st.booleans(), min_size=count, max_size=count))
            repeats.append(answer(right, sources))
    return answers


def test_mcnemar_gives_the_exact_p_of_armitage_and_berrys_sputum_cultures():
    # Armitage and Berry 1994, Statistical Methods in Medical Research, p. 127: P = 0.0129.
    (pair,) = table(20, 12, 2, 16)["pairs"]
    assert [pair[key] for key in ("both", "only_first", "only_second", "neither")] == [
        20,
        12,
        2,
        16,
    ]
    assert pair["p"] == pytest.approx(0.0129, abs=5e-5)
    assert pair["odds_ratio"] == 6
    assert pair["difference"]["mean"] == pytest.approx(0.2)


def test_cohens_g_of_agrestis_approval_ratings_is_the_published_one_and_has_a_side():
    # Agresti 1990, p. 350; R's effectsize gives g = 0.136 for it, rcompanion OR = b / c.
    (pair,) = table(794, 150, 86, 570)["pairs"]
    assert pair["cohens_g"] == pytest.approx(0.136, abs=5e-4)
    assert pair["odds_ratio"] == pytest.approx(150 / 86)
    assert pair["p"] < 1e-4
    (turned,) = table(794, 86, 150, 570)["pairs"]
    assert turned["cohens_g"] == pytest.approx(-pair["cohens_g"])
    assert turned["p"] == pair["p"]


def test_cochrans_q_is_that_of_agrestis_three_drugs():
    # Agresti 2002, as worked in the SAS/STAT manual for PROC FREQ: Q = 8.4706, p = 0.0145.
    patterns = {"111": 6, "011": 2, "110": 16, "010": 4, "101": 2, "001": 6, "100": 4, "000": 6}
    favourable = np.array([list(p) for p, n in patterns.items() for _ in range(n)]) == "1"
    drugs = {name: [answer(favourable[:, i].tolist())] for i, name in enumerate("ABC")}
    result = compare(drugs, seed=0, resamples=50)
    assert result["n_sources"] == 46
    assert result["cochran"]["q"] == pytest.approx(8.4706, abs=5e-5)
    assert result["cochran"]["degrees"] == 2
    assert result["cochran"]["p"] == pytest.approx(0.0145, abs=5e-5)


def test_p_values_are_corrected_step_by_step_as_holm_does():
    # Against `none`, right on 7, 6 and 8 of 8 sources: p = 2 / 2**7, 2 / 2**6 and 2 / 2**8.
    right = {"none": 0, "seven": 7, "six": 6, "eight": 8}
    answers = {key: [answer([i < n for i in range(8)])] for key, n in right.items()}
    pairs = compare(answers, seed=0, resamples=50)["pairs"]
    assert [pair["p"] for pair in pairs] == pytest.approx([1 / 64, 1 / 32, 1 / 128, 1, 1, 0.5])
    # Six tests: the smallest times 6, the next times 5, then 4, 3, 2 and 1; never falling, never
    # above 1.
    assert [pair["p_holm"] for pair in pairs] == pytest.approx([5 / 64, 4 / 32, 6 / 128, 1, 1, 1])


def test_pairs_come_in_the_order_of_the_classifiers():
    answers = {key: [answer([True, False, True])] for key in ("knn", "svm", "forest")}
    pairs = compare(answers, seed=0, resamples=20)["pairs"]
    found = [(pair["first"], pair["second"]) for pair in pairs]
    assert found == [("knn", "svm"), ("knn", "forest"), ("svm", "forest")]


def test_copies_of_a_photograph_count_as_one_source():
    right = [True] * 3 + [False]
    apart = compare({"a": [answer(right)], "b": [answer([False] * 4)]}, seed=0, resamples=50)
    sources = np.repeat(range(4), 25).tolist()
    copied = {
        "a": [answer(np.repeat(right, 25).tolist(), sources)],
        "b": [answer([False] * 100, sources)],
    }
    together = compare(copied, seed=0, resamples=50)
    assert together["n_sources"] == apart["n_sources"] == 4
    assert together["pairs"][0]["p"] == apart["pairs"][0]["p"] == 0.25
    assert (apart["drawn"], together["drawn"]) == (False, True)


def test_the_prediction_drawn_of_a_source_is_the_same_for_every_classifier():
    # The classifiers answer alike on every file, though files of one source differ.
    generator = np.random.default_rng(0)
    repeats = [answer((generator.random(60) < 0.5).tolist(), [*range(20)] * 3) for _ in range(3)]
    for seed in range(5):
        (pair,) = compare({"a": repeats, "b": repeats}, seed=seed, resamples=20)["pairs"]
        assert pair["only_first"] == pair["only_second"] == 0
        assert pair["both"] + pair["neither"] == 20


def test_draws_reach_every_repeat_and_depend_on_the_seed_alone():
    # Right in the first repeat and wrong in the second: the count is that of sources drawn there.
    answers = {
        "a": [answer([True] * 40), answer([False] * 40)],
        "b": [answer([False] * 40), answer([False] * 40)],
    }
    counts = [compare(answers, seed=s, resamples=20)["pairs"][0]["only_first"] for s in range(8)]
    assert len(set(counts)) > 1
    assert 10 < min(counts) <= max(counts) < 30
    assert compare(answers, seed=3, resamples=20) == compare(answers, seed=3, resamples=20)


def test_difference_takes_every_prediction_and_its_interval_is_clustered_by_source():
    right = (np.random.default_rng(0).random(30) < 0.7).tolist()

    def difference(copies: int, named: bool) -> dict[str, float]:
        sources = np.repeat(range(30), copies) if named else np.arange(30 * copies)
        first = answer(np.repeat(right, copies).tolist(), sources.tolist())
        second = answer([False] * 30 * copies, sources.tolist())
        return compare({"a": [first], "b": [second]}, seed=0)["pairs"][0]["difference"]

    apart, copied, blind = difference(1, True), difference(16, True), difference(16, False)
    assert apart["mean"] == copied["mean"] == blind["mean"] == pytest.approx(np.mean(right))
    assert copied["high"] - copied["low"] == pytest.approx(apart["high"] - apart["low"])
    # Sixteen copies taken for sources look four times as sure.
    assert (blind["high"] - blind["low"]) / (copied["high"] - copied["low"]) < 0.3


def test_seeds_that_disagree_widen_the_difference_and_the_folds_of_one_seed_count_together():
    good, bad, half = [True] * 40, [False] * 40, [True, False] * 20
    answers = {
        "a": [answer(good), answer(bad), answer(good), answer(bad)],
        "b": [answer(half), answer(half), answer(half), answer(half)],
    }

    def width(groups: list[int]) -> float:
        ends = compare(answers, seed=0, groups=groups)["pairs"][0]["difference"]
        return ends["high"] - ends["low"]

    # In the first grouping each seed has a good and a bad fold, in the second a kind of its own.
    assert width([0, 0, 1, 1]) < 0.5 * width([0, 1, 0, 1])


def test_classifiers_that_agree_everywhere_have_no_effect_and_no_cochran():
    same = [answer([True, False, True, True] * 5)]
    result = compare({"a": same, "b": same, "c": same}, seed=0, resamples=50)
    assert result["cochran"] is None
    for pair in result["pairs"]:
        assert pair["p"] == pair["p_holm"] == 1
        assert pair["cohens_g"] is pair["odds_ratio"] is None
        # Twenty sources that show no difference do not prove that there is none.
        assert pair["difference"]["low"] < pair["difference"]["mean"] == 0
        assert pair["difference"]["high"] == -pair["difference"]["low"]


def test_odds_against_nought_are_no_number():
    (pair,) = table(3, 4, 0, 1)["pairs"]
    assert pair["odds_ratio"] is None
    assert pair["cohens_g"] == 0.5
    assert table(3, 0, 4, 1)["pairs"][0]["odds_ratio"] == 0


def test_one_classifier_has_nothing_to_be_compared_with():
    result = compare({"knn": [answer([True, False])]}, seed=0)
    assert result == {"n_sources": 2, "drawn": False, "cochran": None, "pairs": []}


@settings(max_examples=30, deadline=None)
@given(any_answers())
def test_any_answers_give_plain_json_without_a_warning(answers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = compare(answers, seed=0, resamples=40)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    sources = {source for repeat in answers["c0"] for source in repeat.sources}
    assert result["n_sources"] == len(sources)
    for pair in result["pairs"]:
        counts = [pair[key] for key in ("both", "only_first", "only_second", "neither")]
        assert sum(counts) == len(sources)
        assert 0 < pair["p"] <= pair["p_holm"] <= 1
        ends = pair["difference"]
        assert -1 <= ends["low"] <= ends["mean"] <= ends["high"] <= 1


def test_other_cells_or_another_order_are_refused():
    first = answer([True, False, True])
    with pytest.raises(ValueError, match=r"'a' and 'b' answer other cells.*repeat 1"):
        compare({"a": [first, first], "b": [first, answer([True, True, True], [1, 0, 2])]}, seed=0)
    other = Predictions(np.array(["monocyte"] * 3), first.predicted, first.sources)
    with pytest.raises(ValueError, match="the same cells"):
        compare({"a": [first], "b": [other]}, seed=0)


def test_other_repeats_are_refused():
    first = answer([True, False])
    with pytest.raises(ValueError, match="'a' answers 2 repeats and 'b' 1"):
        compare({"a": [first, first], "b": [first]}, seed=0)
