"""Owns what each feature is worth: the exact Shapley value over every subset of the features."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np


def subsets(count: int) -> list[tuple[int, ...]]:
    """List every non-empty subset of so many features, by size and then in order.

    Parameters
    ----------
    count : int

    Returns
    -------
    list of tuple of int
        2**count - 1 subsets; features are counted from 0.
    """
    return [subset for size in range(1, count + 1) for subset in combinations(range(count), size)]


def shapley_weights(count: int) -> np.ndarray:
    """Give the matrix that turns the worth of every subset into each feature's Shapley value.

    A feature's value is what it adds to a subset without it, averaged over the subsets of each
    size and then over the sizes; that is the average over every order in which the features could
    be added. The values add up to the worth of all features less that of none (Shapley 1953,
    "A value for n-person games", doi 10.1515/9781400881970-018).

    Parameters
    ----------
    count : int
        Number of features.

    Returns
    -------
    numpy.ndarray of float64, shape (count, 2**count)
        One row a feature. The first column is for the empty subset, the others are in the order of
        `subsets`.
    """
    coalitions = [(), *subsets(count)]
    weights = np.zeros((count, len(coalitions)))
    for column, coalition in enumerate(coalitions):
        for feature in range(count):
            if feature in coalition:
                others = len(coalition) - 1
                weights[feature, column] = 1 / (count * comb(count - 1, others))
            else:
                weights[feature, column] = -1 / (count * comb(count - 1, len(coalition)))
    return weights
