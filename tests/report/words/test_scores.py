"""Owns the tests of the page's sentences: right for ties, for one classifier, for no difference."""

from __future__ import annotations

import copy
import runpy
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from hybrid_wbc.report.pages.numbers import Numbers
from hybrid_wbc.report.words import features, scores

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
a_run, told, flat = (_shared[name] for name in ("a_run", "told", "flat"))


@pytest.fixture
def run() -> dict[str, Any]:
    return a_run()


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


def test_class_names_are_escaped() -> None:
    run = a_run(classes=("<b>", "c"), keys=("knn",))
    sentence = scores.lowest_recall(
        run["metrics"]["classifiers"], run["metrics"]["classes"], Numbers(run)
    )
    answers = features.feature_answer(run["ablation"], "knn", Numbers(run))
    assert "<b>" not in sentence + Markup("").join(answers)
    assert "&lt;b&gt;" in answers[-1]


def few_tested_of(run: dict[str, Any], *counts: int, repeats: tuple[str, ...] = ("seed-0",)) -> str:
    metrics = run["metrics"]
    names = [f"class {number}" for number in range(len(counts))]
    metrics["counts"]["test"] = dict(zip(names, counts, strict=True))
    metrics["repeats"] = list(repeats)
    return scores.few_tested(metrics)


def test_few_test_cells_are_a_warning_with_their_number(run: Any) -> None:
    assert few_tested_of(run, 10, 10) == ""
    assert few_tested_of(run, 3, 3, 3) == (
        "Few test cells: 3 of each class, 9 in all; one cell is 33 points of recall, and figures "
        "by class say little."
    )
    assert few_tested_of(run, 40, 9, repeats=("seed-0", "seed-1")).startswith(
        "Few test cells: 9 of class 1, 49 in all in seed-0; one cell is 11 points"
    )
    tested = {"class 0": {"support": 60}, "class 1": {"support": 18}}
    run["metrics"]["classifiers"] = {"knn": {"per_class": tested}}
    # Most cells of class 1 are trained on alone, as a lent network has seen them.
    run["metrics"]["counts"] = {"train": {"class 0": 24, "class 1": 88}}
    folds = tuple(f"seed-{seed}-fold-{fold}" for seed in (0, 1) for fold in (0, 1))
    assert few_tested_of(run, 6, 1, repeats=folds) == (
        "Few test cells: 9 of class 1, 39 in all over the folds; one cell is 11 points of recall, "
        "and figures by class say little."
    )
    run["metrics"]["counts"] = {}
    assert "3 each of class 0 and class 2, and fewer than 10 of 3 classes" in few_tested_of(
        run, 3, 5, 3
    )
    assert "0 of class 1, 20 in all; none can be found" in few_tested_of(run, 20, 0)


def test_what_counts_over_the_repeats_hold_is_said_as_it_is(run: Any) -> None:
    metrics = run["metrics"]
    metrics["evidence"]["test"]["cells"] = metrics["overlap"]["test_cells"]
    assert scores.what_is_summed(metrics).endswith("which test each cell once.")
    metrics["evidence"]["test"]["cells"] -= 1
    assert scores.what_is_summed(metrics).endswith("which test many of the same cells.")
    assert scores.what_is_summed(metrics | {"repeats": ["seed-0"]}) == ""


def test_sides_are_fixed_where_no_cell_was_on_two(run: Any) -> None:
    metrics = run["metrics"]
    assert not scores.sides_are_fixed(metrics)
    cells = {side: {"cells": count} for side, count in (("train", 5), ("test", 2), ("all", 7))}
    assert scores.sides_are_fixed(metrics | {"evidence": cells})
