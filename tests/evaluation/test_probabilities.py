"""Scores of probabilities are scikit-learn's, and their intervals count sources, not files."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from hybrid_wbc.evaluation.probabilities import Probabilities, score_probabilities

CLASSES = ["basophil", "eosinophil", "lymphocyte"]
OVERALL = ("roc_auc", "average_precision", "log_loss", "brier_score")


def drawn(seed: int, sources: int = 40, copies: int = 1, sharper: float = 1.5) -> Probabilities:
    """Draw probabilities, rounded so that some are equal; the copies of a source are the same."""
    generator = np.random.default_rng(seed)
    y = np.arange(sources) % 3
    odds = np.exp(generator.standard_normal((sources, 3)) + sharper * np.eye(3)[y])
    probabilities = np.round(odds / odds.sum(axis=1, keepdims=True), 2) + 1e-3
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Probabilities(
        np.repeat(y, copies),
        np.repeat(probabilities, copies, axis=0),
        np.repeat([f"photograph {n}" for n in range(sources)], copies),
    )


def test_scores_are_those_of_scikit_learn_in_each_repeat():
    repeats = [drawn(0), drawn(1)]
    scores = score_probabilities(repeats, CLASSES, seed=0)
    theirs = {
        "roc_auc": lambda r: metrics.roc_auc_score(r.y, r.probabilities, multi_class="ovr"),
        "average_precision": lambda r: metrics.average_precision_score(
            np.eye(3)[r.y], r.probabilities
        ),
        "log_loss": lambda r: metrics.log_loss(r.y, r.probabilities),
        "brier_score": lambda r: metrics.brier_score_loss(
            r.y, r.probabilities, labels=[0, 1, 2], scale_by_half=True
        ),
    }
    for name in OVERALL:
        assert scores[name]["raw"] == pytest.approx([theirs[name](r) for r in repeats])
        assert scores[name]["mean"] == pytest.approx(np.mean(scores[name]["raw"]))
        assert scores[name]["low"] < scores[name]["mean"] < scores[name]["high"]
    for i, label in enumerate(CLASSES):
        area = scores["per_class"][label]["roc_auc"]["raw"]
        expected = [metrics.roc_auc_score(r.y == i, r.probabilities[:, i]) for r in repeats]
        assert area == pytest.approx(expected)


def test_copies_of_a_photograph_make_no_interval_narrower():
    alone = score_probabilities([drawn(3)], CLASSES, seed=0)
    copied = score_probabilities([drawn(3, copies=5)], CLASSES, seed=0)
    for name in OVERALL:
        width = [scores[name]["high"] - scores[name]["low"] for scores in (alone, copied)]
        assert width[1] == pytest.approx(width[0], rel=0.02)


def test_the_resampled_areas_spread_as_areas_resampled_cell_by_cell():
    """To first order the areas move as if they were computed anew in every resampling."""
    repeat = drawn(5, sources=120)
    scores = score_probabilities([repeat], CLASSES, seed=0)
    generator = np.random.default_rng(0)
    again = []
    for _ in range(400):
        cells = generator.integers(120, size=120)
        y, probabilities = repeat.y[cells], repeat.probabilities[cells]
        again.append(metrics.roc_auc_score(y, probabilities, multi_class="ovr"))
    width = scores["roc_auc"]["high"] - scores["roc_auc"]["low"]
    assert width == pytest.approx(2 * 1.98 * np.std(again), rel=0.35)


def test_a_class_without_a_test_cell_has_no_area_and_counts_in_no_mean():
    one = drawn(0)
    kept = one.y != 2
    repeat = Probabilities(one.y[kept], one.probabilities[kept], one.sources[kept])
    scores = score_probabilities([repeat], CLASSES, seed=0)
    assert scores["per_class"]["lymphocyte"]["roc_auc"]["mean"] is None
    areas = [scores["per_class"][name]["roc_auc"]["mean"] for name in CLASSES[:2]]
    assert scores["roc_auc"]["mean"] == pytest.approx(np.mean(areas))


def test_certain_and_right_is_perfect_but_not_for_sure():
    one = drawn(0)
    certain = Probabilities(one.y, np.eye(3)[one.y], one.sources)
    scores = score_probabilities([certain], CLASSES, seed=0)
    assert scores["roc_auc"]["mean"] == scores["average_precision"]["mean"] == 1
    assert 0.8 < scores["roc_auc"]["low"] < 1
    assert scores["brier_score"]["mean"] == 0 and scores["brier_score"]["high"] > 0
    assert scores["log_loss"]["mean"] == pytest.approx(0, abs=1e-6)


def test_one_photograph_tells_nothing_of_others():
    one = drawn(0)
    lone = Probabilities(one.y, one.probabilities, np.full(len(one.y), "the only one"))
    scores = score_probabilities([lone], CLASSES, seed=0)
    assert scores["log_loss"]["low"] is None and scores["log_loss"]["high"] is None
    assert (scores["brier_score"]["low"], scores["brier_score"]["high"]) == (0, 1)
