"""Approaches are scored over all classifiers, with intervals that count sources."""

import numpy as np
import pytest

from hybrid_wbc.evaluation.approaches import best_of, score_approach

CLASSES = ["basophil", "monocyte"]


def said(right: int) -> np.ndarray:
    """Answer the first few of twelve cells right, and the others wrong."""
    true = np.tile(CLASSES, 6)
    return np.where(np.arange(12) < right, true, np.roll(true, 1))


def score(sources):
    answers = {"knn": said(12), "svm": said(10), "forest": said(8)}
    return score_approach(np.tile(CLASSES, 6), answers, sources, CLASSES, seed=0)


def test_the_score_is_the_mean_of_the_classifiers():
    told = score(np.arange(12).astype(str))
    each = [one["mean"] for one in told["by_classifier"].values()]
    assert each == pytest.approx([1, 10 / 12, 8 / 12])
    assert told["balanced_accuracy"]["mean"] == pytest.approx(np.mean(each))


def test_three_answers_about_a_cell_count_as_one_source():
    of_cells = score(np.arange(12).astype(str))["balanced_accuracy"]
    alone = score(np.arange(12).astype(str))["by_classifier"]["svm"]
    width = of_cells["high"] - of_cells["low"]
    assert width > 0.7 * (alone["high"] - alone["low"])


def test_cells_of_few_photographs_leave_the_interval_wide():
    def width(sources):
        ends = score(sources)["balanced_accuracy"]
        return ends["high"] - ends["low"]

    assert width(np.repeat(["a", "b", "c"], 4)) > width(np.arange(12).astype(str))


def test_of_equally_good_approaches_the_first_is_taken():
    one = score(np.arange(12).astype(str))
    assert best_of({"given embedding": one, "fine-tuned": one}) == "given embedding"
