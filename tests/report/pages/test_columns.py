"""Owns the tests of how a column of a table becomes colours: each cell in its value's group."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.report.pages.columns import MOST_GROUPS, column_colours
from hybrid_wbc.report.pages.packing import unpack


def grouped(values: list[str]) -> dict[str, list[str]]:
    """Give the values of each group, by its name."""
    found = column_colours("x", values)
    assert found is not None and len(found["names"]) == len(found["colours"])
    of = unpack(found["of"])
    return {
        name: [value for value, group in zip(values, of, strict=True) if group == place]
        for place, name in enumerate(found["names"])
    }


def test_each_value_of_a_few_is_a_group_in_order_and_blanks_are_another() -> None:
    assert list(grouped(["10", "9", "", "9"])) == ["9", "10", "no value"]
    assert list(grouped(["mild", "absent", "strong"])) == ["absent", "mild", "strong"]


def test_of_many_words_the_most_frequent_have_a_colour() -> None:
    words = [f"word {n}" for n in range(12) for _ in range(1 + n)]
    groups = grouped(words)
    assert list(groups)[-1] == "5 other values" and len(groups) == MOST_GROUPS + 1
    assert set(groups["5 other values"]) == {f"word {n}" for n in range(5)}


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=60, unique=True))
def test_numbers_are_cut_into_parts_that_are_named_by_their_ends(numbers: list[float]) -> None:
    groups = grouped([repr(number) for number in numbers])
    assert 2 <= len(groups) <= MOST_GROUPS
    ends = [(min(map(float, part)), max(map(float, part))) for part in groups.values()]
    assert all(low[1] < high[0] for low, high in pairwise(ends))
    sizes = [len(part) for part in groups.values()]
    assert sum(sizes) == len(numbers) and max(sizes) - min(sizes) <= 2
    assert column_colours("x", [""] * 3) is None


def test_equal_numbers_lie_in_one_part_and_no_two_parts_look_alike() -> None:
    values = [f"{number}" for number in [0.0] * 50 + np.linspace(1, 2, 20).tolist()]
    groups = grouped(values)
    assert next(iter(groups)) == "0" and len(groups["0"]) == 50
    found = column_colours("x", values)
    assert len(set(found["colours"])) == len(found["colours"])


@pytest.mark.parametrize("value", ["inf", "nan", "1e999", "twelve"])
def test_what_is_no_finite_number_makes_words_of_a_column(value: str) -> None:
    assert list(grouped([*map(str, range(20)), value]))[-1] == "14 other values"
