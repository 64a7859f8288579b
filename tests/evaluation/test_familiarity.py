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
        unlike = known.strangeness(new, np.full(2000, label), None) > 1
        assert unlike.mean() == pytest.approx(0.05, abs=0.03)


def test_what_lies_apart_is_unlike_whatever_it_is_called(known):
    assert (known.strangeness(np.full((3, 5), 12.0), np.array([0, 1, 2]), None) > 1).all()


def test_what_lies_outside_the_subspace_decides_where_it_was_measured():
    generator = np.random.default_rng(0)
    X, said = generator.normal(size=(400, 5)), np.arange(400) % 2
    outside = generator.uniform(0, np.where(said, 0.6, 0.3))
    known = Familiarity.of(X, X, said, 2, outside)
    assert known.limits == pytest.approx([0.285, 0.57], abs=0.02)
    far, measured = np.full((3, 5), 12.0), np.array([0.1, 0.4, 0.4], np.float32)
    shares = known.strangeness(far, np.array([0, 0, 1]), measured)
    assert shares == pytest.approx(measured / known.limits[[0, 0, 1]])
    assert (shares > 1).tolist() == [False, True, False]


def test_a_training_cell_is_at_distance_nought():
    trained = np.random.default_rng(0).normal(size=(30, 5))
    known = Familiarity.of(trained, trained[:0], np.empty(0, int), 2)
    assert known.nearest(trained) == pytest.approx(0, abs=1e-9)
    nothing_tells_what_is_far = known.strangeness(trained + 1e9, np.zeros(30, int), None)
    assert not nothing_tells_what_is_far.any()
    assert len(known.nearest(trained[:0])) == 0
    assert len(known.strangeness(trained[:0], np.zeros(0, int), None)) == 0


def test_a_class_that_few_cells_were_called_has_the_limit_of_all(known):
    assert known.named_few(["a", "b", "c"]) == ["c"]
    assert known.limits[0] < known.limits[2] < known.limits[1]
