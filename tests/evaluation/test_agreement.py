"""Counts beside a reference: within its limits, bias, and a line through both."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.agreement import agree, deming

LABELS = ["neutrophil", "lymphocyte", "monocyte"]


def slides(n: int, *, shift: float = 0.0, seed: int = 0):
    """Draw slides and count them twice, the first time with so many points more neutrophils."""
    generator = np.random.default_rng(seed)
    shares = generator.dirichlet([6, 3, 1], size=n)
    moved = shares.copy()
    moved[:, 0] += shift
    moved[:, 1] -= shift
    moved = np.clip(moved, 0, 1) / np.clip(moved, 0, 1).sum(axis=1, keepdims=True)
    ours = np.array([generator.multinomial(200, p) for p in moved])
    theirs = np.array([generator.multinomial(400, p) for p in shares])
    return [f"slide {i}" for i in range(n)], ours, theirs


def test_two_counts_of_one_blood_agree_as_often_as_chance_has_it():
    names, ours, theirs = slides(400)
    for found in agree(names, LABELS, ours, theirs)["classes"]:
        assert 0.93 <= found["compatible"] / 400 <= 1
        assert 0.8 <= found["within"] / 400 <= 0.99
        assert found["bias"]["low"] < 0.3 and found["bias"]["high"] > -0.3
        assert found["slope"]["value"] == pytest.approx(1, abs=0.05)
        assert found["slope"]["low"] < 1.03 and found["slope"]["high"] > 0.97


def test_a_count_that_is_off_is_found_out():
    names, ours, theirs = slides(200, shift=0.12, seed=1)
    found = {each["label"]: each for each in agree(names, LABELS, ours, theirs)["classes"]}
    assert found["neutrophil"]["bias"]["low"] > 8 > found["lymphocyte"]["bias"]["high"]
    assert found["neutrophil"]["within"] < 60 and found["neutrophil"]["compatible"] < 100


def test_demings_line_lets_both_err_where_least_squares_lean():
    generator = np.random.default_rng(0)
    true = generator.normal(0, 10, 4000)
    x, y = true + generator.normal(0, 5, 4000), 1.5 * true + generator.normal(0, 5, 4000)
    assert deming(x, y)[0] == pytest.approx(1.5, abs=0.04)
    assert np.polyfit(x, y, 1)[0] < 1.3
    assert np.isnan(deming(np.array([1.0, 2, 3]), np.array([1.0, 1, 1]))).all()


def test_few_slides_have_no_line_and_one_no_bias():
    names, ours, theirs = slides(3)
    few = agree(names, LABELS, ours, theirs)["classes"][0]
    assert few["slope"] is None and few["bias"] is not None
    one = agree(names[:1], LABELS, ours[:1], theirs[:1])["classes"][0]
    assert one["bias"] is None and one["lower"] is None
    same = agree([f"{i}" for i in range(5)], LABELS, *[np.full((5, 3), 10)] * 2)["classes"][0]
    assert same["slope"] is None and same["within"] == 5
