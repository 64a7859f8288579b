"""What papers report is computed from answers and probabilities, each figure by its own rule."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hybrid_wbc.evaluation import reported
from hybrid_wbc.evaluation.metrics import cross_entropy, element_wise_right
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.statistics import Predictions, summarise

CLASSES = ["basophil", "eosinophil", "lymphocyte", "monocyte"]


def softmax_of(seed: int, n: int = 40, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(k), n).astype(np.float32)
    return generator.integers(0, k, n), probabilities


@given(st.integers(0, 2**31))
def test_element_wise_accuracy_is_keras_binary_accuracy(seed):
    y, probabilities = softmax_of(seed)
    truth = np.eye(4, dtype=np.float32)[y]
    ours = element_wise_right(y, probabilities).mean()
    assert ours == pytest.approx(
        float(keras.metrics.binary_accuracy(truth, probabilities).numpy().mean())
    )


@given(st.integers(0, 2**31))
def test_losses_are_keras_own(seed):
    y, probabilities = softmax_of(seed)
    truth = np.eye(4, dtype=np.float32)[y]
    for kind, loss in (
        ("categorical cross-entropy", keras.losses.categorical_crossentropy),
        ("binary cross-entropy", keras.losses.binary_crossentropy),
    ):
        np.testing.assert_allclose(
            cross_entropy(y, probabilities, kind), loss(truth, probabilities).numpy(), rtol=2e-3
        )


@given(arrays(np.float64, (30, 4), elements=st.floats(0.01, 1)))
def test_a_wrong_image_still_counts_for_half_where_the_network_is_sure(raw):
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    y = np.arange(30) % 4
    sure = probabilities.max(axis=1) > 0.5
    right = probabilities.argmax(axis=1) == y
    found = element_wise_right(y, probabilities)
    assert (found[sure] == np.where(right[sure], 1.0, 0.5)).all()
    assert (found[~sure] == 0.75).all()


def test_one_class_for_all_has_a_quarter_right_and_five_eighths_element_wise():
    y = np.arange(40) % 4
    certain = np.tile([1.0, 0, 0, 0], (40, 1))
    assert element_wise_right(y, certain).mean() == pytest.approx(0.625)
    undecided = np.full((40, 4), 0.25)
    assert element_wise_right(y, undecided).mean() == pytest.approx(0.75)


def answers(right: int, n: int = 40) -> Predictions:
    true = np.array(CLASSES)[np.arange(n) % 4]
    predicted = true.copy()
    predicted[right:] = "basophil"
    return Predictions(true, predicted, np.array([f"photograph-{i}" for i in range(n)]))


def test_each_figure_is_picked_by_its_name_in_the_papers():
    summary = summarise([answers(36)], CLASSES, seed=0)
    figures = reported.score_answers([answers(36)], CLASSES, seed=0)
    assert figures["accuracy", None]["mean"] == pytest.approx(37 / 40)
    assert figures["recall", "eosinophil"]["mean"] == pytest.approx(0.9)
    for metric in ("precision", "recall", "f1"):
        assert figures[metric, None] == summary[f"macro_{metric}"]
        assert figures[metric, "basophil"] == summary["per_class"]["basophil"][metric]
    assert figures["misclassified", None]["raw"] == [3]
    assert figures["misclassified", None]["of"] == 40
    assert figures["misclassified", "basophil"]["raw"] == [0]
    assert figures["misclassified", "basophil"]["of"] == 10
    assert ("recall", "platelet") not in figures
    assert ("loss", None) not in figures


def test_a_figure_that_does_not_exist_is_left_out():
    figures = reported.score_answers([answers(40)], [*CLASSES, "platelet"], seed=0)
    assert ("recall", "monocyte") in figures
    assert not [name for name in figures if name[1] == "platelet"]


def test_a_softmax_is_scored_with_an_interval_by_source():
    y, probabilities = softmax_of(3)
    alone = np.array([f"photograph-{i}" for i in range(40)])
    few = np.array([f"photograph-{i % 8}" for i in range(40)])
    widths = []
    for sources in (alone, few):
        scores = reported.score_softmax(
            [Probabilities(y, probabilities, sources)], loss="binary cross-entropy", seed=0
        )
        found = scores["element-wise accuracy"]
        assert found["low"] < found["mean"] < found["high"]
        widths.append(found["high"] - found["low"])
        assert scores["loss"]["low"] is None
    assert widths[1] > widths[0]


def test_a_difference_adds_the_squares_of_the_intervals_arms():
    first = {"mean": 0.9, "low": 0.86, "high": 0.93}
    second = {"mean": 0.6, "low": 0.57, "high": 0.64}
    found = reported.difference(first, second)
    assert found["mean"] == pytest.approx(0.3)
    assert found["low"] == pytest.approx(0.3 - np.hypot(0.04, 0.04))
    assert found["high"] == pytest.approx(0.3 + np.hypot(0.03, 0.03))
    assert reported.difference(first, second | {"low": None})["low"] is None
