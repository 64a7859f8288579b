"""How far a side has drifted is measured by class, in the training side's deviations."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.drift import measure_drift


def sides(shift: float, *, cells: int = 4000) -> tuple[np.ndarray, ...]:
    """Two classes of two features; the second class of the other side lies apart by the shift."""
    generator = np.random.default_rng(0)
    labels, others = np.arange(cells) % 2, np.arange(cells) % 2
    train, side = generator.standard_normal((2, cells, 2))
    side[others == 1, 0] += shift
    return train, labels, side, others


def test_drift_is_the_root_mean_square_over_classes_and_features():
    found = measure_drift(*sides(1.0))
    # Half of the cells, and one of two features, are shifted by one deviation.
    assert found.features == pytest.approx([np.sqrt(1 / 2), 0], abs=0.05)
    assert found.overall == pytest.approx(np.sqrt(1 / 4), abs=0.03)
    assert found.strong and found.farthest == 1


def test_sides_that_do_not_differ_have_none_that_is_strong():
    found = measure_drift(*sides(0.0))
    assert found.overall < 0.05 and not found.strong


@pytest.mark.parametrize("kept", [0, 2])
def test_there_is_nothing_to_compare_without_two_cells_of_a_class(kept):
    train, labels, side, others = sides(1.0, cells=40)
    assert measure_drift(train, labels, side[:kept], others[:kept]) is None
    assert measure_drift(train[:, :0], labels, side[:, :0], others) is None
