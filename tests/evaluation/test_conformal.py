"""Prediction sets hold the true class as often as asked for, by class and by source."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.conformal import PredictionSets, coverage


def drawn(seed: int, n: int, copies: int = 1):
    """Draw cells of three classes; the cells of one source err together, the third class more."""
    generator = np.random.default_rng(seed)
    y = np.repeat(generator.integers(0, 3, n), copies)
    logits = generator.normal(size=(n, 3)).repeat(copies, axis=0)
    logits += 0.1 * generator.normal(size=logits.shape)
    logits[np.arange(len(y)), y] += np.array([3.0, 2.0, 1.0])[y]
    odds = np.exp(logits)
    sources = np.repeat([f"slide-{seed}-{i}" for i in range(n)], copies)
    return y, odds / odds.sum(axis=1, keepdims=True), sources


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("copies", [1, 6])
def test_each_class_is_held_as_often_as_asked_for(level, copies):
    held = []
    for seed in range(120):
        known = PredictionSets.of(*drawn(seed, 300, copies))
        y, probabilities, _ = drawn(1000 + seed, 300)
        sets = known.sets(probabilities, level)
        held.append([sets[y == label, label].mean() for label in range(3)])
    assert np.mean(held, axis=0) == pytest.approx([level] * 3, abs=0.02)


def test_what_many_cells_of_one_source_say_counts_once():
    y = np.zeros(109, dtype=int)
    certain = np.r_[np.full(9, 0.9), np.full(100, 0.2)]
    probabilities = np.column_stack([certain, 1 - certain])
    sources = [f"slide-{i}" for i in range(9)] + ["one more"] * 100
    p = PredictionSets.of(y, probabilities, sources).p_values(np.array([[0.5, 0.5], [0.2, 0.8]]))
    # Nine sources were surer than 0.5, and one was not, however many cells it has.
    assert p[:, 0] == pytest.approx([2 / 11, 2 / 11])


def test_classes_with_too_few_sources_for_a_level_are_in_every_set_and_named():
    y = np.array([0] * 9 + [1] * 8)
    probabilities = np.eye(2)[y]
    known = PredictionSets.of(y, probabilities, np.arange(17).astype(str))
    assert known.too_few(0.9, ["a", "b"]) == [{"label": "b", "sources": 8, "needed": 9}]
    assert known.too_few(0.99, ["a", "b"])[0]["needed"] == 99
    assert known.sets(np.array([[1.0, 0.0]]), 0.9).tolist() == [[True, True]]
    assert known.sets(np.array([[0.0, 1.0]]), 0.9).tolist() == [[False, True]]
    assert not known.too_few(8 / 9, ["a", "b"])


def test_coverage_is_measured_on_cells_that_made_no_set():
    y, probabilities, sources = drawn(3, 600, 2)
    found = coverage(y, probabilities, sources, level=0.9, classes=["a", "b", "c"], seed=0)
    assert found["covered"] == pytest.approx(0.9, abs=0.03)
    assert found["cells"] == 1200 and found["sources"] == 600 and 1 < found["size"] < 3
    assert found == coverage(y, probabilities, sources, level=0.9, classes=["a", "b", "c"], seed=0)
    assert all(value > 0.84 for value in found["per_class"].values())


def test_one_source_has_no_coverage_and_a_class_without_cells_none():
    y, probabilities, sources = drawn(0, 40)
    alone = np.full(40, "slide")
    assert coverage(y, probabilities, alone, level=0.9, classes=list("abc"), seed=0) is None
    of_two = y < 2
    found = coverage(
        y[of_two], probabilities[of_two], sources[of_two], level=0.9, classes=list("abc"), seed=0
    )
    assert found["per_class"]["c"] is None
