"""The sentences that an audit begins with, and how its shares and labels are written."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from hybrid_wbc.report.words.audit import by_label, percent, points, sentences

_shared = runpy.run_path(str(Path(__file__).parents[1] / "audit_input.py"))
an_audit, score = _shared["an_audit"], _shared["score"]


def test_the_first_lines_say_photographs_split_worth_and_conflicts():
    photographs, split, worth, doubled = (
        line.replace("\u00a0", " ") for line in sentences(an_audit())
    )
    assert photographs.startswith(
        "10 files show 8 photographs; the most copied fills 3 files. Some cells were photographed"
    )
    assert split == "The set's own split leaks: 1 photograph (2 files) on several sides."
    assert worth == (
        "A bare colour histogram gets 90.0 % when files are split at random and 60.0 % when "
        "photographs are kept together; the difference of 30.0 points (95 % interval 25.0 to 35.0) "
        "is what copies alone are worth. Naming the largest class gets 50.0 %. On the set's own "
        "split: 70.0 %."
    )
    assert doubled == (
        "2 files are byte-identical copies, in 1 group; no labels of theirs conflict. 1 group of "
        "files that show the same has different labels, which may be of two cells in view: see "
        "the pairs."
    )


def test_a_set_without_copies_or_split_says_so():
    first, split, _, doubled = sentences(
        an_audit(n_photographs=10, n_cell_groups=10, n_sources=10, sides={}, shared=[],
                 duplicates=[], conflicts=[])
    )  # fmt: skip
    assert first == "10 files, and no two show the same photograph."
    assert split == "The set comes without a split of its own."
    assert doubled == "No two files are byte-identical."


def test_a_clean_split_tells_of_cells_that_were_photographed_twice():
    shared = [{"level": "cells", "sides": {"train": ["a"], "test": ["b"]}}]
    assert sentences(an_audit(shared=[]))[1] == (
        "The set's own split shares no photograph between its sides (train 5, test 4)."
    )
    assert sentences(an_audit(shared=shared))[1].endswith(
        "(train 5, test 4). 1 group of the same cells, photographed more than once, lies on "
        "several sides."
    )


def test_only_labels_of_the_same_bytes_surely_conflict():
    files = {"a.png": ["monocyte"], "b.png": ["neutrophil"]}
    audit = an_audit(conflicts=[{"level": "file", "files": files}])
    assert sentences(audit)[3] == (
        "2 files are byte-identical copies, in 1 group; 1 with conflicting labels."
    )


def test_a_difference_that_chance_may_give_is_not_claimed():
    leakage = an_audit()["leakage"] | {"difference": score(0.01)}
    assert "copies alone are worth, and may be nothing." in sentences(an_audit(leakage=leakage))[2]


@pytest.mark.parametrize(
    ("value", "text"), [(0.3, "30.0"), (-0.012, "−1.2"), (-0.0001, "0.0"), (0.0, "0.0")]
)
def test_points_have_a_sign_only_where_they_are_negative(value, text):
    assert points(value) == text


def test_a_percentage_does_not_part_from_its_sign():
    assert percent(0.998) == "99.8\u00a0%"


def test_the_files_of_a_conflict_are_put_together_by_label():
    files = {"a": ["monocyte"], "b": ["neutrophil"], "c": ["neutrophil"], "d": []}
    assert by_label(files) == [
        ("neutrophil", ["b", "c"]),
        ("monocyte", ["a"]),
        ("no label", ["d"]),
    ]


def test_copies_are_worth_nothing_where_there_are_none():
    whole = an_audit()
    leakage = whole["leakage"] | {"n_sources": 10, "n_files": 10}
    none = {"n_photographs": 10, "n_cell_groups": 10, "n_sources": 10}
    worth = sentences(an_audit(leakage=leakage, **none))[2].replace("\u00a0", " ")
    assert worth == (
        "A bare colour histogram gets 90.0 % when files are split at random. Every file that took "
        "part is a source of its own, so there are no copies that could be worth anything. Naming "
        "the largest class gets 50.0 %. On the set's own split: 70.0 %."
    )


def test_what_sources_that_the_set_names_are_worth_is_not_put_down_to_copies():
    patients = an_audit(n_photographs=10, n_cell_groups=10, n_sources=8)
    worth = sentences(patients)[2]
    assert "when what the set itself puts together is kept together" in worth
    assert "is what knowing the source is worth" in worth and "copies" not in worth
    both = sentences(an_audit(n_sources=6))[2]
    assert "photographs, and what the set itself puts together, are kept together" in both


def test_a_gain_below_nothing_is_no_worth():
    leakage = an_audit()["leakage"] | {"difference": score(-0.2)}
    assert (
        "is below 0: copies alone are worth nothing here" in sentences(an_audit(leakage=leakage))[2]
    )


def test_one_side_is_no_split():
    sides = {"train": {"files": 10, "photographs": 8, "cell_groups": 8}}
    assert sentences(an_audit(sides=sides, shared=[]))[1] == (
        "All files lie on one side, train: the set has no split of its own."
    )
