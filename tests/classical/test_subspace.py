"""What leaves the directions in which training cells vary is measured, however strong it is."""

import numpy as np
import pytest

from hybrid_wbc.classical.subspace import Subspace


def drawn(cells: int, width: int) -> np.ndarray:
    """Draw features that vary in sixteen directions, and a little in the others."""
    strength = np.where(np.arange(width) < 16, 9.0, 0.1)
    values = np.random.default_rng(0).normal(size=(cells, width)) * strength + 3
    return values.astype(np.float32)


def test_training_cells_lie_inside_and_another_direction_outside():
    features = drawn(200, 80)
    subspace = Subspace.of(features)
    assert subspace.outside(features).max() < 0.1
    elsewhere = np.tile(features.mean(axis=0), (2, 1))
    elsewhere[:, 40] += [1, 100]
    assert subspace.outside(elsewhere) == pytest.approx([1, 1], abs=0.05)
    assert subspace.outside(elsewhere).dtype == np.float32


@pytest.mark.parametrize(
    ("cells", "width", "axes"), [(128, 64, 16), (200, 80, 20), (200, 300, 25), (400, 300, 32)]
)
def test_there_are_some_cells_and_some_features_for_each_direction(cells, width, axes):
    subspace = Subspace.of(drawn(cells, width))
    assert subspace.axes.shape == (axes, width) and subspace.centre.shape == (width,)


@pytest.mark.parametrize(("cells", "width"), [(1, 300), (127, 300), (400, 63), (400, 5)])
def test_too_few_cells_or_features_have_no_subspace(cells, width):
    assert Subspace.of(drawn(cells, width)) is None


def test_a_network_that_says_the_same_of_all_cells_has_no_subspace():
    assert Subspace.of(np.ones((200, 80), np.float32)) is None


def test_large_numbers_are_kept_as_they_are():
    features = drawn(200, 80) + 1e6
    assert Subspace.of(features).outside(features).max() < 0.3


def test_a_cell_like_the_mean_is_not_outside():
    subspace = Subspace.of(drawn(200, 80))
    assert subspace.outside(subspace.centre[None]) == 0
