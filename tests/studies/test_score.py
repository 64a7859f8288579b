"""A finished run scored by any figure that papers report, on any side."""

from __future__ import annotations

import pytest

from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies.score import ScoredRun


@pytest.fixture(scope="module")
def folder(make_run, tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("artifacts") / "00000-drawn", seeds=(0, 1, 2))


@pytest.fixture(scope="module")
def scored(folder) -> ScoredRun:
    return ScoredRun(folder, Run(folder).config())


def test_accuracy_on_the_test_side_is_that_of_the_run(folder, scored):
    for key, scores in Run(folder).metrics()["classifiers"].items():
        assert scored.score("accuracy", None, key, "test") == scores["accuracy"]
    assert scored.score("accuracy", None, "svm", "not stated") == scored.score(
        "accuracy", None, "svm", "test"
    )


def test_figures_of_one_class_and_means_over_classes_are_told_apart(folder, scored):
    scores = Run(folder).metrics()["classifiers"]["svm"]
    name = next(iter(scores["per_class"]))
    assert scored.score("recall", None, "svm", "test") == scores["macro_recall"]
    assert scored.score("recall", name, "svm", "test") == scores["per_class"][name]["recall"]


def test_cells_trained_on_are_scored_where_a_paper_did_so(scored):
    wrong = {on: scored.score("misclassified", None, "knn", on) for on in ("test", "all")}
    assert wrong["all"]["of"] > wrong["test"]["of"]
    assert scored.score("accuracy", None, "knn", "training")["mean"] == 1.0


def test_a_networks_softmax_alone_has_a_loss_and_element_wise_accuracy(scored):
    for metric in ("loss", "element-wise accuracy"):
        assert scored.score(metric, None, "cnn", "test") is not None
        assert scored.score(metric, None, "svm", "test") is None


@pytest.mark.parametrize(
    ("metric", "label", "classifier", "on"),
    [
        ("accuracy", None, "cnn_ensemble", "test"),
        ("recall", "platelet", "svm", "test"),
        ("accuracy", None, "svm", "validation"),
    ],
)
def test_there_is_no_figure_of_what_a_run_has_not(scored, metric, label, classifier, on):
    assert scored.score(metric, label, classifier, on) is None


def test_the_first_seeds_alone_are_scored_where_asked(folder, scored):
    one = ScoredRun(folder, Run(folder).config(), seeds=1)
    assert (one.facts()["repeats"], scored.facts()["repeats"]) == (1, 3)
    every = scored.score("accuracy", None, "svm", "test")
    assert one.score("accuracy", None, "svm", "test")["raw"] == every["raw"][:1]


def test_a_run_is_no_distance_from_itself_and_none_where_it_has_no_such_classifier(scored):
    assert scored.distance(scored, "accuracy", "svm")["mean"] == 0
    assert scored.distance(scored, "accuracy", "cnn_ensemble") is None


def test_a_distance_between_other_test_cells_is_refused(make_run, scored, tmp_path):
    other = make_run(tmp_path / "00001-other", seeds=(0, 1, 2), first_cell=300)
    with pytest.raises(ValueError, match="tested on other cells"):
        scored.distance(ScoredRun(other, Run(other).config()), "accuracy", "svm")
