"""Owns the tests of the page's sentences: right for ties, for one classifier, for no difference."""

from __future__ import annotations

import copy
import html
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from hybrid_wbc.report.pages.run import Numbers
from hybrid_wbc.report.words import features, scores

# The tests are no package: what several files need is read by its path.
a_run = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))["a_run"]


def told(sentence: Markup) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", sentence))


@pytest.fixture
def run() -> dict[str, Any]:
    return a_run()


def flat(mean: float | None, spread: float = 0.01) -> dict[str, Any]:
    ends = (None, None) if mean is None else (mean - spread, mean + spread)
    return {"mean": mean, "low": ends[0], "high": ends[1], "raw": [mean]}


def accuracies(run: dict[str, Any], means: dict[str, float]) -> str:
    given = run["metrics"]["classifiers"]
    run["metrics"]["classifiers"] = {
        key: {**given[key], "accuracy": flat(mean)} for key, mean in means.items()
    }
    return told(scores.accuracy_range(run["metrics"]["classifiers"], Numbers(run)))


def test_accuracy_runs_from_the_worst_to_the_best_and_names_those_that_tie(run: Any) -> None:
    assert accuracies(run, {"knn": 0.8, "svm": 0.9, "forest": 0.7, "cnn": 0.9}) == (
        "Test accuracy lies between 0.700 (random forest) and 0.900 (cubic SVM and CNN softmax)."
    )


def test_accuracy_of_one_classifier_and_of_equal_ones(run: Any) -> None:
    assert accuracies(copy.deepcopy(run), {"forest": 0.7}) == (
        "Random forest has a test accuracy of 0.700."
    )
    assert accuracies(run, {"knn": 0.7, "svm": 0.7}) == (
        "Every classifier has a test accuracy of 0.700."
    )


def differences(run: dict[str, Any]) -> list[str]:
    return [told(s) for s in scores.differences(run["metrics"]["comparison"], Numbers(run))]


def test_no_pair_differs_beyond_chance_and_that_is_no_proof_of_equality(run: Any) -> None:
    for pair in run["metrics"]["comparison"]["pairs"]:
        pair["p_holm"] = 1.0
    run["metrics"]["comparison"]["pairs"][3]["p_holm"] = 0.05
    assert differences(run) == [
        "No pair of classifiers differs beyond chance: the smallest Holm-corrected p of 10 pairs "
        "is 0.050.",
        "That does not show that they are equal.",
    ]


def test_the_better_one_is_told_by_the_counts_of_the_test_whichever_comes_first(run: Any) -> None:
    pairs = run["metrics"]["comparison"]["pairs"]
    pairs[1] |= {"p_holm": 0.0002, "only_first": 2, "only_second": 40}
    pairs[2] |= {"p_holm": 0.04, "only_first": 30, "only_second": 11}
    # All predictions may lean the other way: they hold several of one source.
    pairs[2]["difference"]["mean"] = -0.01
    assert differences(run) == [
        "2 of 10 pairs of classifiers differ beyond chance.",
        "Random forest is above KNN: it alone is right on 40 sources, the other alone on 2 "
        "(Holm-corrected p: < 0.001).",
        "KNN is above CNN softmax: it alone is right on 30 sources, the other alone on 11 "
        "(Holm-corrected p: 0.040).",
    ]


def test_of_many_differences_the_surest_three_are_told(run: Any) -> None:
    for place, pair in enumerate(run["metrics"]["comparison"]["pairs"]):
        pair |= {"p_holm": 0.04 - place / 1000, "only_first": 9, "only_second": 1}
    sentences = differences(run)
    assert sentences[0] == "10 of 10 pairs of classifiers differ beyond chance."
    assert len(sentences) == 5 and sentences[-1] == "The table below has the others."
    assert sentences[1].startswith("CNN softmax is above soft vote")


def test_one_pair_and_no_pair_are_told_in_the_singular() -> None:
    pair = a_run(keys=("knn", "svm"))
    pair["metrics"]["comparison"]["pairs"][0] |= {"p_holm": 0.01, "only_first": 9}
    assert differences(pair)[0] == "1 of 1 pair of classifiers differs beyond chance."
    assert differences(a_run(keys=("knn",))) == [
        "One classifier was scored: there is no pair to compare."
    ]


def recalls(run: dict[str, Any], means: dict[str, dict[str, float | None]]) -> str:
    metrics = run["metrics"]
    for key, given in metrics["classifiers"].items():
        for name, mean in means[key].items():
            given["per_class"][name]["recall"] = flat(mean)
    return told(scores.lowest_recall(metrics["classifiers"], metrics["classes"], Numbers(run)))


def test_lowest_recall_names_each_classifiers_own_class() -> None:
    run = a_run(classes=("a", "b", "c"), keys=("knn", "svm"))
    means = {"knn": {"a": 0.5, "b": 0.5, "c": 0.9}, "svm": {"a": 0.4, "b": None, "c": 0.8}}
    assert (
        recalls(run, means) == "Lowest recall: a (KNN 0.500 and cubic SVM 0.400) and b (KNN 0.500)."
    )


def test_lowest_recall_says_nothing_where_all_classes_are_found_alike() -> None:
    run = a_run(classes=("a", "b"), keys=("knn",))
    assert recalls(run, {"knn": {"a": 1.0, "b": 1.0}}) == ""


def shapley(run: dict[str, Any], key: str, means: list[float], spread: float = 0.01) -> None:
    part = run["ablation"]["classifiers"][key]
    part["shapley"]["accuracy"] = [flat(mean, spread) for mean in means]


def leading(run: dict[str, Any]) -> str:
    return told(features.leading_feature(run["ablation"], Numbers(run)))


def test_a_feature_that_leads_everywhere_is_told_once(run: Any) -> None:
    for key in run["ablation"]["classifiers"]:
        shapley(run, key, [0.1, 0.3, 0.1, 0.0, 0.1])
    assert leading(run) == (
        "The largest part of the accuracy above chance comes from feature 2 "
        "(KNN +0.300, cubic SVM +0.300 and random forest +0.300)."
    )


def test_a_lead_within_the_intervals_is_not_called_certain(run: Any) -> None:
    shapley(run, "knn", [0.2, 0.1, 0.1, 0.1, 0.1])
    shapley(run, "svm", [0.1, 0.1, 0.2, 0.1, 0.1])
    shapley(run, "forest", [0.21, 0.2, 0.1, 0.1, 0.1], spread=0.02)
    assert leading(run) == (
        "Which feature carries most is not certain: the largest Shapley value is that of "
        "feature 1 (KNN +0.200 and random forest +0.210) and feature 3 (cubic SVM +0.200)."
    )


def test_features_that_tie_lead_together_and_no_one_is_called_certain(run: Any) -> None:
    for key in run["ablation"]["classifiers"]:
        shapley(run, key, [0.2, 0.1, 0.2, 0.1, 0.1])
    assert leading(run).startswith(
        "Which feature carries most is not certain: the largest Shapley value is that of "
        "feature 1 and feature 3 ("
    )


def an_answer(
    run: dict[str, Any], *, alone: list[float], without: list[float], full: float = 0.9
) -> list[str]:
    part = run["ablation"]["classifiers"]["svm"]
    run["ablation"]["chance"]["accuracy"] = flat(0.1)
    part["subsets"][-1]["accuracy"] = flat(full)
    for subset in part["subsets"]:
        if len(subset["features"]) == 1:
            subset["accuracy"] = flat(alone[subset["features"][0] - 1])
        if len(subset["features"]) == 4:
            (lost,) = {1, 2, 3, 4, 5} - set(subset["features"])
            subset["accuracy"] = flat(without[lost - 1])
    return [told(s) for s in features.feature_answer(run["ablation"], "svm", Numbers(run))]


def test_the_answer_for_one_classifier_names_each_feature_by_its_number(run: Any) -> None:
    shapley(run, "svm", [0.1, 0.3, 0.29, 0.05, 0.1])
    run["ablation"]["classifiers"]["svm"]["shapley"]["recall"] = {
        "basophil": [flat(mean) for mean in (0.1, 0.2, 0.3, 0.0, 0.0)],
        "monocyte": [flat(mean) for mean in (0.4, -0.1, 0.1, 0.4, 0.1)],
    }
    assert an_answer(
        run, alone=[0.3, 0.2, 0.4, 0.55, 0.1], without=[0.9, 0.85, 0.6, 0.88, 0.9]
    ) == [
        "Feature 2 carries the most accuracy: Shapley value +0.300; its interval overlaps with "
        "feature 3.",
        "One feature alone gets more than half of the way from chance (0.100) to all of them "
        "(0.900): feature 4 reaches 0.550.",
        "On average, leaving out feature 3 costs most: 0.600 instead of 0.900.",
        "The recall of each class leans most, strongest first: monocyte on feature 1 and "
        "feature 4 (+0.400) and basophil on feature 3 (+0.300).",
    ]


@pytest.mark.parametrize(
    ("best", "way"),
    [(0.50, "no more than half"), (0.51, "more than half"), (0.83, "nearly all")],
)
def test_how_far_one_feature_gets_is_measured_from_chance(run: Any, best: float, way: str) -> None:
    sentences = an_answer(run, alone=[best, 0.2, 0.2, 0.2, best], without=[0.8] * 5)
    assert sentences[1].startswith(f"One feature alone gets {way} of the way")
    assert f"feature 1 or feature 5 reaches {best:.3f}." in sentences[1]


def test_a_loss_that_costs_nothing_is_told_so(run: Any) -> None:
    sentences = an_answer(run, alone=[0.2] * 5, without=[0.9, 0.92, 0.95, 0.9, 0.93])
    assert (
        sentences[2]
        == "On average any one feature can be left out at no cost: 0.900 at least, 0.900 with all."
    )


def test_features_that_cannot_beat_chance_are_told_so(run: Any) -> None:
    sentences = an_answer(run, alone=[0.1] * 5, without=[0.1] * 5, full=0.1)
    assert sentences[1].startswith("Chance (0.100) is not beaten by all features (0.100)")


def test_a_class_that_was_not_tested_leans_on_nothing(run: Any) -> None:
    recall = run["ablation"]["classifiers"]["svm"]["shapley"]["recall"]
    recall["basophil"] = [flat(None)] * 5
    recall["monocyte"] = [flat(mean) for mean in (0.4, 0.1, 0.1, 0.1, 0.1)]
    *_, last = an_answer(run, alone=[0.2] * 5, without=[0.8] * 5)
    assert last.endswith("first: monocyte on feature 1 (+0.400).")
    recall["monocyte"] = [flat(0.0)] * 5
    assert len(an_answer(run, alone=[0.2] * 5, without=[0.8] * 5)) == 3


def test_class_names_are_escaped() -> None:
    run = a_run(classes=("<b>", "c"), keys=("knn",))
    sentence = scores.lowest_recall(
        run["metrics"]["classifiers"], run["metrics"]["classes"], Numbers(run)
    )
    answers = features.feature_answer(run["ablation"], "knn", Numbers(run))
    assert "<b>" not in sentence + Markup("").join(answers)
    assert "&lt;b&gt;" in answers[-1]
