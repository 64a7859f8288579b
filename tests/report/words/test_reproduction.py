"""The words of a reproduction: its figures, their intervals, and what must be known of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from hybrid_wbc.report.words import reproduction as words

_shared = runpy.run_path(str(Path(__file__).parents[1] / "reproduction_input.py"))
a_row, a_deduction, run_facts = (_shared[key] for key in ("a_row", "a_deduction", "run_facts"))
a_reproduction, score = _shared["a_reproduction"], _shared["score"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "accuracy"),
        ({"class": "monocyte", "metric": "recall"}, "recall, monocyte"),
        ({"classifier": "knn"}, "accuracy, KNN"),
        ({"scored_on": "training"}, "accuracy, training side"),
        ({"paper": a_row()["paper"] | {"epochs": 30}}, "accuracy, 30 epochs"),
        ({"paper": None}, "accuracy"),
    ],
)
def test_a_figure_is_named_by_what_sets_it_apart(changes, name):
    assert words.name_of(a_row(**changes)) == name


def test_the_papers_figure_has_two_ends_only_where_its_words_leave_it_open():
    paper = a_row()["paper"]
    assert words.said(paper) == "0.98"
    assert words.said(paper | {"lowest": 0.9, "highest": 1.0}) == "0.9–1"
    assert words.said(None) == "–"


@pytest.mark.parametrize(
    ("found", "metric", "written"),
    [
        (score(0.95), "accuracy", ("0.950", "0.900–1.000")),
        (score(0.12, low=None, high=None), "loss", ("0.1200", "")),
        (score(7.0, low=None, high=None, of=1200.0), "misclassified", ("7 of 1,200", "")),
        (None, "accuracy", ("–", "")),
    ],
)
def test_a_score_is_written_with_its_interval_where_it_has_one(found, metric, written):
    assert words.score(found, metric) == written


def test_a_difference_always_has_its_sign():
    found = {"mean": 0.25, "low": -0.02, "high": 0.32}
    assert words.difference(found) == ("+0.250", "-0.020 to +0.320")
    assert words.difference({"mean": -0.1, "low": None, "high": None}) == ("-0.100", "")
    assert words.difference(None) == ("–", "")


def test_another_value_is_written_beside_the_recipes():
    assert words.deduced(a_deduction(value=True, instead=None)) == ["network.width", "true", "none"]
    assert words.moved(a_deduction()) == {
        "accuracy": ("0.950", "0.900", "-0.050", "-0.100 to +0.000")
    }


def test_why_a_value_says_little_is_told():
    assert words.failed(a_deduction()) == ""
    assert words.failed(a_deduction(at_chance=2)) == "2 of 3 never left chance"
    failed = a_deduction(failed="too wide", scores=[])
    assert words.failed(failed) == "did not run: too wide"
    assert words.moved(failed) == {}


def test_how_values_were_measured_is_told_by_those_that_ran():
    failed = a_deduction(failed="too wide", scores=[])
    told = words.how_deduced(a_reproduction(deductions=[failed, a_deduction()]))
    assert told.startswith("as published, 3 trainings each, the same seeds")
    assert words.deductions(a_reproduction(deductions=[failed, a_deduction()])) == ["accuracy"]


def test_what_a_run_rests_on_tells_of_copies_and_of_trainings_that_came_to_nothing():
    assert words.rests_on(run_facts()) == (
        "cells, 3 trainings of 5 epochs; tested on 1,200 images of 71 photographs, worth 32 of "
        "equal share"
    )
    shared = run_facts()["overlap"] | {"shared_test_cells": 1100}
    told = words.rests_on(run_facts(repeats=1, at_chance=1, overlap=shared))
    assert told.startswith("cells, 1 training of 5 epochs (1 never left chance); ")
    assert told.endswith("; 1,100 of 1,200 test images show a photograph that was trained on")


def test_a_run_kept_by_a_version_that_did_not_count_trainings_at_chance_is_told_without():
    earlier = run_facts()
    del earlier["at_chance"]
    assert words.rests_on(earlier) == words.rests_on(run_facts())


def test_other_data_are_warned_of():
    assert words.warnings(a_reproduction()) == []
    (warning,) = words.warnings(a_reproduction(other_data=True))
    assert warning.startswith("OTHER DATA: ") and "(lisc)" in warning


def test_a_shortened_protocol_is_warned_of_with_what_was_cut():
    cuts = [
        {"of": "images", "here": 400, "recipe": 17092},
        {"of": "weights", "here": "none", "recipe": "imagenet"},
    ]
    result = a_reproduction(cuts={"as published": cuts, "by source": []})
    assert words.warnings(result) == [
        "SHORTENED, as published: 400 of 17,092 images, weights drawn by the seed, not imagenet"
    ]
    assert words.cuts(result, "by source") == words.cuts(a_reproduction(), "by source") == ""


def test_what_is_left_by_source_is_said_where_both_protocols_ran():
    said = "of 0.950 of the images right as published, 0.700 are left by source"
    assert words.sentences(a_reproduction()) == [said]
    alone = a_reproduction(runs={"by source": run_facts()}, rows=[a_row(**{"as published": None})])
    assert words.sentences(alone) == []


def test_nothing_is_left_where_by_source_is_no_worse():
    rows = [a_row(**{"as published": score(0.7), "by source": score(0.75)})]
    assert words.sentences(a_reproduction(rows=rows)) == [
        "0.700 of the images are right as published, and no fewer by source: 0.750"
    ]


def test_element_wise_accuracy_is_set_beside_the_images_right():
    rows = [a_row(metric="element-wise accuracy", **{"as published": score(0.99)}), a_row()]
    found = words.sentences(a_reproduction(rows=rows))
    assert (
        "as published: Keras' element-wise accuracy says 0.990 where 0.950 of the images are right"
    ) in found
