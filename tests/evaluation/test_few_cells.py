"""Classifiers fitted on a few cells a class: what is drawn, and what they reach."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.config.network import Classifiers
from hybrid_wbc.evaluation.few_cells import draw_cells, fit_on_few


@pytest.fixture
def drawn(embed):
    def draw(seed: int = 0):
        X = np.random.default_rng(seed).standard_normal((150, 5))
        X[:, :3] += 2 * np.eye(3)[np.arange(150) % 3]
        return embed(X, trained=90, per_source=2)

    return draw


def test_as_many_are_drawn_of_each_class_and_no_source_twice_before_each_was_once():
    y = np.repeat([0, 1], 40)
    sources = np.array([f"{label}-{n % 8}" for label in (0, 1) for n in range(40)])
    for cells in (5, 8, 20):
        chosen = draw_cells(y, sources, cells, [0, cells])
        assert np.bincount(y[chosen]).tolist() == [cells, cells]
        _, counts = np.unique(sources[chosen], return_counts=True)
        assert counts.max() - (counts.min() if cells >= 8 else 1) <= 1
    assert (draw_cells(y, sources, 5, [1]) != draw_cells(y, sources, 5, [2])).any()
    assert (draw_cells(y, sources, 5, [1]) == draw_cells(y, sources, 5, [1])).all()


def test_more_cells_reach_more_and_what_a_class_does_not_have_is_left_out(drawn):
    steps = []
    found = fit_on_few(
        [drawn()], (2, 20, 50), 4, Classifiers(), seed=0, progress=lambda *step: steps.append(step)
    )
    assert [each["cells"] for each in found] == [2, 20]  # of 30 training cells a class
    assert steps == [(1, 3), (2, 3), (3, 3)]
    for key in ("knn", "svm", "forest"):
        few, more = (each["classifiers"][key]["balanced_accuracy"] for each in found)
        assert len(few["raw"]) == 4 and few["low"] < few["mean"] < few["high"]
        assert more["mean"] > few["mean"] - 0.02
    assert max(s["balanced_accuracy"]["mean"] for s in found[1]["classifiers"].values()) > 0.75


def test_each_repeat_is_drawn_from_by_itself(drawn):
    (found,) = fit_on_few([drawn(), drawn(1)], (5,), 2, Classifiers(), seed=0)
    raw = found["classifiers"]["knn"]["accuracy"]["raw"]
    assert found["draws"] == 2 and len(raw) == 4
    assert found["classifiers"]["knn"]["accuracy"]["mean"] == pytest.approx(np.mean(raw))
