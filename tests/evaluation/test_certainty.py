"""What probabilities are worth: calibration by hand, and right among the surest."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.evaluation.certainty import SHARES, measure_certainty
from hybrid_wbc.evaluation.probabilities import Probabilities


def of_two(said: list[float], y: list[int]) -> Probabilities:
    """Give cells of two classes by the probability of the first."""
    p = np.array(said)
    sources = np.array([f"photograph {n}" for n in range(len(p))])
    return Probabilities(np.array(y), np.column_stack([p, 1 - p]), sources)


def drawn(cells: int, *, power: float, seed: int = 0) -> Probabilities:
    """Draw cells whose probabilities are true for a power of 1, and too sure above it."""
    generator = np.random.default_rng(seed)
    p = generator.uniform(0.5, 1, cells)
    y = (generator.random(cells) > p).astype(int)
    sharp = p**power / (p**power + (1 - p) ** power)
    return of_two(sharp.tolist(), y.tolist())


def test_the_calibration_error_is_the_mean_gap_of_the_bins():
    # Bin 0.9: said 0.95 and 0.95, one right. Bin 0.6: said 0.65, right.
    found = measure_certainty([of_two([0.95, 0.95, 0.65], [0, 1, 0])], seed=0)
    expected = (2 * abs(0.5 - 0.95) + abs(1 - 0.65)) / 3
    assert found["calibration_error"]["mean"] == pytest.approx(expected)
    assert found["brier_score"]["mean"] == pytest.approx((0.05**2 + 0.95**2 + 0.35**2) / 3)


def test_true_probabilities_have_a_small_error_and_too_sure_ones_a_large_one():
    true = measure_certainty([drawn(2000, power=1)], seed=0)["calibration_error"]
    sure = measure_certainty([drawn(2000, power=4)], seed=0)["calibration_error"]
    assert true["mean"] < 0.04 < 0.1 < sure["mean"]
    assert true["high"] < sure["low"]


def test_the_surest_cells_are_answered_first_and_all_of_them_at_the_end():
    cells = drawn(400, power=1)
    found = measure_certainty([cells], seed=0)["answered"]
    assert tuple(each["share"] for each in found) == SHARES
    right = cells.probabilities.argmax(axis=1) == cells.y
    assert found[-1]["accuracy"]["mean"] == pytest.approx(right.mean())
    surest = np.argsort(-cells.probabilities.max(axis=1))[:200]
    assert found[4]["accuracy"]["mean"] == pytest.approx(right[surest].mean())
    assert found[1]["accuracy"]["mean"] > found[-1]["accuracy"]["mean"] + 0.1


def test_among_equally_sure_cells_their_order_does_not_decide():
    right_first = of_two([0.8] * 400, [0] * 200 + [1] * 200)
    half = measure_certainty([right_first], seed=0)["answered"][4]["accuracy"]["mean"]
    assert half == pytest.approx(0.5, abs=0.1)


def test_copies_of_a_photograph_make_no_interval_narrower():
    alone = drawn(60, power=2)
    copied = Probabilities(*(np.repeat(part, 5, axis=0) for part in
                             (alone.y, alone.probabilities, alone.sources)))  # fmt: skip
    for name in ("calibration_error", "brier_score"):
        width = [
            found[name]["high"] - found[name]["low"]
            for found in (measure_certainty([given], seed=0) for given in (alone, copied))
        ]
        assert width[1] == pytest.approx(width[0], rel=0.05)
