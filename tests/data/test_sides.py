"""A set's own sides: kept where they are whole, never guessed, and never overridden in silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data import sides
from hybrid_wbc.errors import InputError


def published(**counts: int) -> list[str]:
    return [name.replace("none", "") for name, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("counts", "method"),
    [
        ({"train": 3, "test": 2}, "published"),
        ({"train": 3, "validation": 1, "test": 2}, "published"),
        ({"none": 4}, "ratio"),
        ({"train": 4}, "ratio"),
        ({"test": 4}, "ratio"),
    ],
)
def test_whole_sides_are_kept_and_where_nothing_is_kept_apart_cells_are_split(counts, method):
    assert sides.decide("auto", published(**counts)) == method


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"train": 3, "test": 2, "none": 1}, "every cell has one, received train 3, test 2, no"),
        ({"train": 3, "none": 1}, "received train 3, no side 1: give each cell a side"),
        ({"train": 3, "validation": 2}, "a train and a test side, received train 3, validation 2"),
        ({"validation": 3, "test": 2}, "received validation 3, test 2: name the side"),
    ],
)
def test_sides_that_would_have_to_be_guessed_are_refused_with_the_way_out(counts, message):
    with pytest.raises(InputError, match=message) as caught:
        sides.decide("auto", published(**counts))
    assert "split.method: ratio (or evaluation.folds)" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.lists(st.sampled_from(["train", "validation", "test", ""]), max_size=9), st.booleans())
def test_what_is_asked_for_is_taken_and_folds_are_never_the_sets_own(held, folds):
    assert sides.decide("ratio", held, folds=folds) == "ratio"
    assert sides.decide("published", held, folds=folds) == "published"
    assert sides.decide("auto", held, folds=True) == "ratio"


def test_a_check_says_which_split_a_run_takes():
    assert "keeps the set's own sides: train 3, test 2" in sides.plan(
        published(train=3, test=2), n_left_out=0
    )
    shared = sides.plan(published(train=3, test=2), n_left_out=1)
    assert "train 3, test 2; 1 cell is left out, whose source is tested" in shared
    assert "2 cells are left out, whose sources are tested" in sides.plan(
        published(train=3, test=2), n_left_out=2
    )
    assert "no sides of its own" in sides.plan(published(none=3), n_left_out=0)
    assert "all lie on one side, train" in sides.plan(published(train=3), n_left_out=0)
    assert "would refuse: split.method: auto" in sides.plan(
        published(train=3, none=1), n_left_out=0
    )
    assert sides.plan([], n_left_out=0)


def test_kept_sides_say_which_settings_are_not_used():
    whole = published(train=3, validation=1, test=2)
    said = sides.kept_note(whole, test=0.3, validation=0.1)
    assert "train 3, validation 1, test 2; split.test (0.3) and split.validation (0.1) are not" in (
        said
    )
    cut = sides.kept_note(published(train=3, test=2), test=0.3, validation=0.1)
    assert "split.test (0.3) is not used" in cut  # the validation side is cut from the training


def test_overridden_sides_say_how_many_test_cells_are_trained_on():
    own = np.array(["train", "train", "test", "test", "test"])
    chosen = np.array([0, 2, 3, 4])
    split = np.array(["test", "train", "train", "test"])
    said = sides.overridden_note(own, chosen, split, repeat="seed-0", by="split.method: ratio")
    assert said == (
        "the set's own sides (train 2, test 3) were overridden by split.method: ratio: in seed-0, "
        "2 of its 3 test cells lie on the training side"
    )


def test_sides_without_a_test_side_and_single_ones_have_no_count():
    def noted(*own):
        split = np.full(len(own), "train")
        return sides.overridden_note(
            np.array(own), np.arange(len(own)), split, repeat="seed-0", by="x"
        )

    assert noted("train", "validation").endswith("were overridden by x")
    assert (
        noted("train", "train") == "all cells lie on one side of the set, train: x splits them anew"
    )
    assert noted("", "") == ""
