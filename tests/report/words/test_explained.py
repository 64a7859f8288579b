"""What is said about maps: which can be read, and what must be known."""

import runpy
from pathlib import Path

from hybrid_wbc.report.words.explained import answer, cell, heading, in_short, verdict

_shared = runpy.run_path(str(Path(__file__).parents[1] / "explained_input.py"))
an_explanation = _shared["an_explanation"]


def test_each_map_says_whether_it_can_be_read():
    agreeing, disagreeing, flat = an_explanation().pictures[0].maps
    assert verdict(agreeing) == "The two agree (rank correlation 1.00)."
    assert verdict(disagreeing).startswith("The two disagree: do not read this map")
    assert "the same everywhere: do not read this map" in verdict(flat)


def test_each_number_is_named_with_what_it_is():
    named, second, unit = an_explanation().pictures[0].maps
    assert heading(named) == "basophil: named by the network, logit 2.50"
    assert heading(second) == "monocyte: comes second, logit -1.00"
    assert heading(unit) == "feature 1: unit 0.50"


def test_an_answer_has_its_probability_where_the_classifier_gives_one():
    knn, _, svm = an_explanation().pictures[0].said
    assert answer(knn) == "basophil 0.900, then monocyte 0.100"
    assert answer(svm) == "monocyte"


def test_a_cell_says_whether_its_number_is_a_distance():
    shown = an_explanation().units[0].strongest[1]
    assert cell(shown, distance=True) == "basophil, distance 0.25"
    assert cell(shown, distance=False) == "basophil, 0.25"


def test_the_beginning_counts_the_maps_and_names_notes_and_what_was_skipped():
    first, second, *others = in_short(an_explanation())
    assert first.startswith("2 of 6 maps of 2 pictures can be read.") and "0.43" in first
    assert "block4_relu" in second and "8×8 pixels" in second
    assert others == [
        "the maps are of the picture as it is, untouched",
        "Not explained: new/notes.png: not an image",
    ]
