"""A class that nobody told of stands out by its distance where it lies apart, and not elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.evaluation.novelty import leave_each_out, mahalanobis, nearest


@pytest.fixture
def drawn(embed):
    """Draw three classes: the first lies apart, the other two on one another."""

    def draw(seed: int = 0, apart: float = 8.0):
        X = np.random.default_rng(seed).standard_normal((180, 5)) * (1, 2, 3, 1, 1)
        X[::3, 0] += apart
        return embed(X, trained=120)

    return draw


def test_the_class_apart_is_found_and_those_that_overlap_are_not(drawn):
    found = {each["label"]: each for each in leave_each_out([drawn(), drawn(1)], seed=0)}
    assert list(found) == ["basophil", "eosinophil", "monocyte"]
    assert found["basophil"]["cells"] == 40
    for score in ("nearest", "mahalanobis"):
        assert found["basophil"][score]["mean"] > 0.95
        for label in ("eosinophil", "monocyte"):
            area = found[label][score]
            assert area["low"] < area["mean"] < area["high"] and area["mean"] < 0.65
            assert len(area["raw"]) == 2


def test_the_area_is_scikit_learns_and_knows_only_training_cells_of_the_other_classes(drawn):
    e = drawn(2, apart=2.0)
    (found, *_) = leave_each_out([e], seed=0)
    known = (e.split == "train") & (e.y != 0)
    tested = e.split == "test"
    middle, spread = e.X[known].mean(axis=0), e.X[known].std(axis=0)
    apart = ((e.X[tested] - middle) / spread)[:, None] - (e.X[known] - middle) / spread
    score = np.sqrt((apart**2).sum(axis=2)).min(axis=1)
    expected = roc_auc_score(e.y[tested] == 0, score)
    assert found["nearest"]["mean"] == pytest.approx(expected, abs=1e-6)


def test_distances_are_euclidean_to_the_nearest_cell_and_by_spread_to_the_nearest_class():
    known = np.array([[0.0, 0], [2, 0], [0, 10], [2, 10]])
    y = np.array([0, 0, 1, 1])
    assert nearest(known, y, np.array([[2.0, 3]])).tolist() == [3.0]
    wide = np.array([[0.0, 0], [0, 2], [9, 0], [9, 2], [0, 1], [9, 1]])
    y = np.array([0, 0, 1, 1, 0, 1])
    along, across = mahalanobis(wide, y, np.array([[0.0, 3], [0.1, 1]]))
    assert along == pytest.approx(2 / np.sqrt(2 / 3), rel=1e-3)
    # The classes have no spread along the first feature: a tenth is far.
    assert across > 10 * along


def test_a_class_without_a_test_cell_has_no_area(drawn):
    e = drawn()
    gone = (e.split != "test") | (e.y != 0)
    less = Embeddings(e.X[gone], e.y[gone], e.ids[gone], e.sources[gone], e.split[gone], e.classes,
                      e.probabilities[gone])  # fmt: skip
    first = leave_each_out([less], seed=0)[0]
    assert first["cells"] == 0 and first["nearest"]["mean"] is None
