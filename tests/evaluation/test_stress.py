"""The figures of a run under stress: other sets by class, and what damage takes."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.evaluation.stress import SetFacts, score_damage, score_set

CLASSES = ["basophil", "eosinophil", "platelet"]
SOURCES = np.array([f"photograph-{n}" for n in range(40)])


def test_an_answer_that_names_a_class_which_the_set_has_not_is_wrong_and_counted():
    true = np.array(["basophil", "eosinophil"] * 20)
    predicted = np.where(np.arange(40) < 10, "platelet", true)
    probabilities = Probabilities(
        np.array([0, 1] * 20), np.full((40, 3), (0.5, 0.4, 0.1), dtype=np.float32), SOURCES
    )
    found = score_set(
        SetFacts("elsewhere", synthetic=False, cells=40, left_out=["monocyte"], notes=["a note"]),
        {"knn": [Predictions(true, predicted, SOURCES)]},
        {"cnn": [probabilities]},
        CLASSES,
        seed=0,
        groups=[0],
    )
    assert found["classes"] == ["basophil", "eosinophil"]
    assert found["left_out"] == ["monocyte"] and found["notes"] == ["a note"]
    assert (found["cells"], found["sources"], found["effective_sources"]) == (40, 40, 40.0)
    scores = found["classifiers"]["knn"]
    assert scores["accuracy"]["mean"] == scores["macro_recall"]["mean"] == 0.75
    assert scores["per_class"]["platelet"]["recall"]["mean"] is None
    assert found["elsewhere"] == {"knn": 0.25}
    assert found["certainty"]["cnn"]["answered"][-1]["accuracy"]["mean"] == 0.5


def test_where_no_other_class_can_be_named_the_likeliest_of_the_sets_own_is_said():
    true = np.array(["basophil", "eosinophil"] * 20)
    # Of each eosinophil a platelet is the likeliest, and an eosinophil likelier than a basophil.
    given = np.tile(np.array([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]], dtype=np.float32), (20, 1))
    found = score_set(
        SetFacts("elsewhere", synthetic=False, cells=40),
        {"cnn": [Predictions(true, np.array(CLASSES)[given.argmax(axis=1)], SOURCES)]},
        {"cnn": [Probabilities(np.array([0, 1] * 20), given, SOURCES)]},
        CLASSES,
        seed=0,
        groups=[0],
    )
    assert found["classifiers"]["cnn"]["macro_recall"]["mean"] == 0.5
    assert found["among_shared"]["cnn"]["macro_recall"]["mean"] == 1.0


def test_a_set_with_all_classes_has_no_second_figure():
    true = np.array(["basophil", "eosinophil"] * 20)
    given = np.tile(np.array([[0.6, 0.4], [0.1, 0.9]], dtype=np.float32), (20, 1))
    found = score_set(
        SetFacts("elsewhere", synthetic=False, cells=40),
        {"cnn": [Predictions(true, true, SOURCES)]},
        {"cnn": [Probabilities(np.array([0, 1] * 20), given, SOURCES)]},
        CLASSES[:2],
        seed=0,
        groups=[0],
    )
    assert found["among_shared"] == {}


def right(wrong: int) -> dict[str, np.ndarray]:
    return {"knn": np.arange(40) >= wrong}


def test_the_step_that_tells_is_the_first_at_which_five_points_are_lost():
    steps = {10.0: [right(5)], 20.0: [right(6)], 40.0: [right(30)]}
    accuracy, scored, telling = score_damage([right(4)], steps, [SOURCES], seed=0, groups=[0])
    assert accuracy["knn"]["mean"] == 0.9
    assert [step["amount"] for step in scored] == [10, 20, 40]
    lost = [step["classifiers"]["knn"]["lost"] for step in scored]
    assert [score["mean"] for score in lost] == pytest.approx([0.025, 0.05, 0.65])
    assert lost[0]["low"] < 0 < lost[0]["high"] and lost[2]["low"] > 0.4
    assert scored[2]["classifiers"]["knn"]["accuracy"]["mean"] == pytest.approx(0.25)
    assert telling == {"knn": 20.0}


def test_where_no_step_takes_five_points_none_tells():
    _, _, telling = score_damage([right(4)], {1.0: [right(3)]}, [SOURCES], seed=0, groups=[0])
    assert telling == {"knn": None}


def test_repeats_count_together_each_with_its_own_cells():
    before = [right(0), {"knn": np.ones(20, bool)}]
    after = {1.0: [right(20), {"knn": np.zeros(20, bool)}]}
    sources = [SOURCES, SOURCES[:20]]
    _, (step,), _ = score_damage(before, after, sources, seed=0, groups=[0, 1])
    assert step["classifiers"]["knn"]["lost"]["raw"] == [0.5, 1.0]
