"""Curves of probabilities have the areas that scikit-learn computes, and calibration is seen."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from hybrid_wbc.evaluation import curves
from hybrid_wbc.evaluation.probabilities import Probabilities


def drawn(seed: int, n: int = 300, sharper: float = 1.0) -> Probabilities:
    """Draw classes by their own probabilities, which are thus calibrated."""
    generator = np.random.default_rng(seed)
    odds = np.exp(2 * sharper * generator.standard_normal((n, 3)))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    y = (generator.random((n, 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    return Probabilities(y, probabilities, np.array([f"photograph {i}" for i in range(n)]))


@pytest.mark.parametrize(
    ("curve", "area"),
    [
        (curves.roc, metrics.roc_auc_score),
        (curves.precision_recall, metrics.average_precision_score),
    ],
)
def test_the_area_under_each_curve_is_the_mean_over_the_repeats(curve, area):
    repeats = [drawn(0), drawn(1)]
    found = curve(repeats)
    for label in range(3):
        expected = np.mean([area(r.y == label, r.probabilities[:, label]) for r in repeats])
        height = np.trapezoid(found.by_class[label], found.x)
        assert height == pytest.approx(expected, abs=0.005)
    assert np.trapezoid(found.mean, found.x) == pytest.approx(
        np.mean([np.trapezoid(line, found.x) for line in found.by_class])
    )


def test_perfect_probabilities_reach_the_corner():
    y = np.arange(30) % 3
    perfect = Probabilities(y, np.eye(3)[y], y.astype(str))
    assert (curves.roc([perfect]).by_class == 1).all()
    assert (curves.precision_recall([perfect]).by_class == 1).all()


def test_a_class_without_cells_has_no_curve_and_leaves_the_mean_alone():
    one = drawn(0)
    kept = one.y != 2
    found = curves.roc([Probabilities(one.y[kept], one.probabilities[kept], one.sources[kept])])
    assert np.isnan(found.by_class[2]).all()
    assert np.allclose(found.mean, found.by_class[:2].mean(axis=0))


def test_calibrated_probabilities_are_right_as_often_as_they_say():
    found = curves.calibration([drawn(0, n=3000)], seed=0)
    assert found.cells.sum() == 3000 and (np.diff(found.said) > 0).all()
    inside = [
        score["low"] <= said <= score["high"]
        for said, score in zip(found.said, found.right, strict=True)
    ]
    assert np.mean(inside) >= 0.8


def test_overconfident_probabilities_are_right_less_often_than_they_say():
    one = drawn(0, n=2000)
    sharp = one.probabilities**4
    sharp /= sharp.sum(axis=1, keepdims=True)
    found = curves.calibration([Probabilities(one.y, sharp, one.sources)], seed=0)
    assert found.right[-1]["high"] < found.said[-1]


def test_bins_without_cells_are_left_out():
    y = np.zeros(20, dtype=int)
    sure = Probabilities(y, np.tile([0.95, 0.05], (20, 1)), np.arange(20).astype(str))
    found = curves.calibration([sure], seed=0)
    assert found.said == pytest.approx([0.95]) and found.cells.tolist() == [20]
    assert found.right[0]["mean"] == 1
