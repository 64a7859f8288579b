"""What is said of prediction sets, and of what sets a cell apart."""

import runpy
from pathlib import Path

import pytest

from hybrid_wbc.report.words.predicted import about_sets, notes, said_set

_shared = runpy.run_path(str(Path(__file__).parents[1] / "cell_input.py"))
CLASSES = ("basophil", "monocyte", "neutrophil")


@pytest.fixture
def predicted():
    return _shared["a_prediction"](CLASSES, "a, {}.png")


def test_sets_are_told_with_how_often_they_held(predicted):
    predicted["coverage"] = {
        "level": 0.9, "covered": 0.912, "size": 1.25, "cells": 400, "sources": 50, "per_class": {},
    }  # fmt: skip
    (told,) = about_sets(predicted)
    assert "400 held-out cells of 50 sources they hold the class of 91.2%, with 1.25" in told


def test_a_set_of_all_classes_or_none_has_a_word_of_its_own(predicted):
    cell = predicted["cells"][0]
    assert said_set(cell | {"set": list(CLASSES)}, CLASSES) == "any class"
    assert said_set(cell | {"set": []}, CLASSES) == "no class"
    assert said_set(cell | {"set": None}, CLASSES) == "–"


def test_a_cell_that_is_cut_off_unlike_any_or_in_dispute_is_noted(predicted):
    cell = predicted["cells"][0] | {
        "unlike": True, "cut_off": True, "answer": "basophil", "set": ["monocyte", "neutrophil"],
        "said": {"knn": "monocyte", "vote": "basophil"},
    }  # fmt: skip
    assert notes(cell, CLASSES) == [
        "unlike anything seen",
        "cut off by the frame",
        "set: monocyte, neutrophil",
        "others say monocyte",
    ]
    plain = {"unlike": False, "cut_off": False, "set": ["basophil"], "said": {"vote": "basophil"}}
    assert notes(cell | plain, CLASSES) == []
