"""What is said of stress: how much was asked, of which set, and where damage tells."""

from __future__ import annotations

import runpy
from pathlib import Path

from hybrid_wbc.report.words import stress as words

# The tests are no package: what several files need is read by its path.
a_stress = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))["a_stress"]


def test_every_axis_has_a_title_and_says_what_is_asked_in_sentences():
    assert list(words.TITLES) == list(words.ASKED)
    assert all(asked[0].isupper() and asked.endswith(".") for asked in words.ASKED.values())


def test_what_was_asked_names_repeats_and_seed_and_says_when_it_was_quick():
    found = a_stress()
    assert words.what_was_asked(found).startswith("QUICK: ")
    assert "the first 2 repeats (seed-7, seed-8), seed 7" in words.what_was_asked(found)
    found |= {"quick": False, "repeats": ["seed-7"]}
    told = words.what_was_asked(found)
    assert told.startswith("the first repeat (seed-7)") and "nothing of another training" in told


def test_sets_that_are_named_alike_get_names_of_their_own():
    found = a_stress(others=3)
    assert list(words.places(found)) == ["at home", "bcisc", "bcisc 2", "bcisc 3"]
    assert words.places(found)["bcisc 2"] is found["shift"][1]


def test_a_set_is_told_with_what_was_left_out_and_whether_it_is_drawn():
    (tested,) = a_stress(others=1)["shift"]
    assert words.about(tested) == (
        "1,234 cells of 56 sources: basophil, monocyte; without platelet"
    )
    assert words.about(tested | {"synthetic": True, "left_out": []}).startswith("SYNTHETIC, 1,234")


def test_the_step_that_tells_is_written_as_it_is_set_and_otherwise_how_far_was_asked():
    kind = a_stress()["damage"]["kinds"]["blur"]
    assert words.step(kind, "knn") == "0.5"
    assert words.step(kind, "cnn") == "not by 2"


def test_damaged_cells_are_counted_by_repeat():
    found = a_stress()
    assert words.undamaged(found) == "118 to 120 test cells of each repeat"
    found["damage"]["cells"] = [120]
    assert words.undamaged(found) == "120 test cells"
    assert words.undamaged(found | {"damage": None}) == ""
