"""Shapley values are those of the definition: an average over every order of the features."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.evaluation.shapley import shapley_weights, subsets


def test_five_features_have_31_subsets_from_each_alone_to_all():
    found = subsets(5)
    assert len(found) == len(set(found)) == 31
    assert found[:5] == [(0,), (1,), (2,), (3,), (4,)] and found[-1] == (0, 1, 2, 3, 4)
    assert [len(subset) for subset in found] == sorted(len(subset) for subset in found)


def over_every_order(worth: np.ndarray, count: int) -> np.ndarray:
    """Add the features in each of the orders, and average what each one brings."""
    position = {subset: i for i, subset in enumerate([(), *subsets(count)])}
    gained = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        for place, feature in enumerate(order):
            before = tuple(sorted(order[:place]))
            after = tuple(sorted(order[: place + 1]))
            gained[feature] += worth[position[after]] - worth[position[before]]
    return gained / len(orders)


def test_values_equal_a_sum_over_the_120_orders():
    worth = np.random.default_rng(0).random(32)
    assert shapley_weights(5) @ worth == pytest.approx(over_every_order(worth, 5), abs=1e-12)


@given(st.integers(1, 5).flatmap(
    lambda n: st.lists(st.floats(-1, 1), min_size=2**n, max_size=2**n)
))  # fmt: skip
def test_values_add_up_to_the_worth_of_all_less_that_of_none(worth):
    count = (len(worth) - 1).bit_length()
    values = shapley_weights(count) @ np.array(worth)
    assert values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)


def test_a_feature_that_adds_nothing_is_worth_nothing_and_equal_ones_are_worth_the_same():
    coalitions = [(), *subsets(3)]
    worth = np.array([float(0 in c) + float(1 in c) for c in coalitions])
    assert shapley_weights(3) @ worth == pytest.approx([1, 1, 0])


def test_the_glove_game_has_its_known_values():
    # One left and two right gloves, a pair being worth 1: 4/6, 1/6 and 1/6.
    worth = np.array([float(0 in c and (1 in c or 2 in c)) for c in [(), *subsets(3)]])
    assert shapley_weights(3) @ worth == pytest.approx([2 / 3, 1 / 6, 1 / 6])
