"""A cell far from all training cells is unlike anything seen; a held-out cell seldom is."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.familiarity import Familiarity


@pytest.fixture
def known() -> Familiarity:
    generator = np.random.default_rng(0)
    said = np.arange(400) % 2
    held_out = generator.normal(size=(400, 5)) * np.where(said, 1.5, 1.0)[:, None]
    return Familiarity.of(generator.normal(size=(600, 5)), held_out, said, 3)


def test_one_held_out_cell_in_twenty_of_each_class_is_called_unlike(known):
    generator = np.random.default_rng(1)
    for label, spread in ((0, 1.0), (1, 1.5)):
        new = generator.normal(size=(2000, 5)) * spread
        _, mean = known.distances(new)
        assert known.unlike(mean, np.full(2000, label)).mean() == pytest.approx(0.05, abs=0.03)


def test_what_lies_apart_is_unlike_whatever_it_is_called(known):
    nearest, mean = known.distances(np.full((3, 5), 12.0))
    assert known.unlike(mean, np.array([0, 1, 2])).all() and (nearest <= mean).all()


def test_a_training_cell_is_at_distance_nought():
    trained = np.random.default_rng(0).normal(size=(30, 5))
    known = Familiarity.of(trained, trained[:0], np.empty(0, int), 2)
    nearest, mean = known.distances(trained)
    assert nearest == pytest.approx(0, abs=1e-9) and (mean > 0).all()
    assert not known.unlike(mean * 1e9, np.zeros(30, int)).any()  # nothing tells what is far
    assert all(len(found) == 0 for found in known.distances(trained[:0]))


def test_a_class_that_few_cells_were_called_has_the_limit_of_all(known):
    assert known.named_few(["a", "b", "c"]) == ["c"]
    assert known.limits[0] < known.limits[2] < known.limits[1]
