"""Whether two maps agree, and the training cells that are shown beside a picture."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation.explained import AGREEING, Mapped, agreement, nearest_cells, units_of


@pytest.fixture
def embedded() -> Embeddings:
    X = np.array([[0, 50], [1, 40], [2, 30], [3, 20], [4, 10], [100, 0]], np.float32)
    return Embeddings(
        X=X,
        y=np.array([0, 0, 0, 1, 1, 1]),
        ids=np.array([f"cell-{n}" for n in range(6)]),
        sources=np.array([f"source-{n}" for n in range(6)]),
        split=np.array(["train"] * 5 + ["test"]),
        classes=np.array(["basophil", "monocyte"]),
        probabilities=np.full((6, 2), 0.5, np.float32),
    )


def mapped(gradient, occlusion) -> Mapped:
    return Mapped("feature 1", "unit", 1.0, gradient, occlusion)


def test_maps_that_order_the_places_alike_agree_whatever_their_scale():
    rising = np.arange(16.0).reshape(4, 4)
    assert agreement(rising + 10, 1e-6 * (rising + 10) ** 2) == pytest.approx(1)
    assert mapped(rising, rising**2).is_readable
    assert not mapped(rising, -rising).is_readable


def test_places_that_say_nothing_do_not_outweigh_the_few_that_do():
    generator = np.random.default_rng(0)
    first, second = 0.02 * generator.normal(size=(2, 8, 8))
    first[:2, 6:] = second[:2, 6:] = [[0.8, 0.9], [1.0, 0.7]]
    assert agreement(first, second) == pytest.approx(1)


def test_a_flat_or_broken_map_agrees_with_nothing():
    rising = np.arange(16.0).reshape(4, 4)
    for other in (np.zeros((4, 4)), np.full((4, 4), np.nan)):
        assert agreement(rising, other) is None and agreement(other, rising) is None
        assert not mapped(rising, other).is_readable


def test_two_unrelated_maps_of_16_places_pass_for_agreeing_about_once_in_20_times():
    generator = np.random.default_rng(0)
    found = [agreement(*generator.normal(size=(2, 4, 4))) for _ in range(2000)]
    assert np.mean(np.array(found) >= AGREEING) == pytest.approx(0.05, abs=0.01)


def test_each_unit_has_its_strongest_and_weakest_training_cells(embedded):
    first, second = units_of(embedded, most=2)
    assert first.name == "feature 1"
    assert [(c.id, c.label, c.number) for c in first.strongest] == [
        ("cell-4", "monocyte", 4),
        ("cell-3", "monocyte", 3),
    ]
    assert [cell.id for cell in first.weakest] == ["cell-0", "cell-1"]
    assert [cell.id for cell in second.strongest] == ["cell-0", "cell-1"]


def test_the_nearest_cells_are_of_the_training_side_and_measured_as_knn_does(embedded):
    (near,) = nearest_cells(embedded, np.array([[3.1, 19]]), most=2)
    assert [cell.id for cell in near] == ["cell-3", "cell-4"]
    # Standard deviations of the training side: √2, and ten times as much.
    assert near[0].number == pytest.approx(np.hypot(0.1, 0.1) / np.sqrt(2), rel=1e-5)


def test_without_features_no_cell_is_near_and_there_are_no_units(embedded):
    bare = Embeddings(
        np.empty((6, 0), np.float32),
        *(getattr(embedded, name) for name in ("y", "ids", "sources", "split", "classes")),
        embedded.probabilities,
    )
    assert nearest_cells(bare, np.empty((2, 0))) == [[], []]
    assert units_of(bare) == []
