"""Owns the tests of the sentences about features: right for ties, for one class, for no lead."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from hybrid_wbc.report.pages.numbers import Numbers
from hybrid_wbc.report.words import features

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
a_run, told, flat = (_shared[name] for name in ("a_run", "told", "flat"))


@pytest.fixture
def run() -> dict[str, Any]:
    return a_run()


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


def test_what_the_network_and_the_ruler_reach_is_told_apart_and_together(run: Any) -> None:
    ablation = run["ablation"]
    ablation["features"] = ["feature 1", "feature 2", "cell area", "nucleus area", "nucleus lobes"]
    assert features.has_both(ablation)
    subsets = ablation["classifiers"]["knn"]["subsets"]
    for asked, mean in (([1, 2], 0.5), ([3, 4, 5], 0.6), ([1, 2, 3, 4, 5], 0.7)):
        subsets[features.place_of(subsets, asked)]["accuracy"] = flat(mean, 0.01)
    expected = (
        "KNN: the network's two features alone reach 0.500, the three hand-made ones alone 0.600, "
        "and all together 0.700."
    )
    assert leading(run).startswith(expected)
    assert told(features.feature_answer(ablation, "knn", Numbers(run))[0]) == expected
