"""A model that is told which classes can occur: what it then says, and of held-out cells too."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.errors import InputError
from hybrid_wbc.studies.among import among
from hybrid_wbc.studies.asking import Answers
from hybrid_wbc.studies.framing import Framing
from hybrid_wbc.studies.model import HeldOut, Model

CLASSES = ["basophil", "eosinophil", "platelet"]
GIVEN = np.array([[0.5, 0.1, 0.4], [0.1, 0.3, 0.6], [0.2, 0.0, 0.8], [0.0, 0.0, 1.0]])


def answers(images: np.ndarray, measured: np.ndarray | None) -> Answers:
    said = np.array(CLASSES)[GIVEN.argmax(axis=1)]
    knn = np.eye(3)[GIVEN.argmax(axis=1)]
    given = {"knn": knn, "cnn": GIVEN}
    return Answers(np.zeros((4, 5), np.float32), {"knn": said, "svm": said, "cnn": said}, given)


def drawn(answered_by: str = "cnn") -> Model:
    y = np.array([0, 1, 2, 1])
    held_out = HeldOut(
        np.arange(20.0).reshape(4, 5), y, np.array(list("abcd")), GIVEN.argmax(axis=1), GIVEN
    )
    return Model("drawn", CLASSES, Framing(Pixels(8)), answers, answered_by, [], held_out=held_out)


def test_the_likeliest_of_the_classes_that_can_occur_is_said():
    model = among(drawn(), ["basophil", "eosinophil"])
    said = model.say(np.empty((4, 8, 8, 3), np.uint8), None)
    assert model.classes == ["basophil", "eosinophil"]
    assert said.said["cnn"].tolist()[:3] == ["basophil", "eosinophil", "basophil"]
    np.testing.assert_allclose(said.given["cnn"][:2], [[5 / 6, 1 / 6], [0.25, 0.75]])
    np.testing.assert_allclose(said.given["cnn"].sum(axis=1), 1)
    # What gives no probabilities cannot say which of them is the likeliest.
    assert list(said.said) == ["knn", "cnn"]


def test_one_neighbour_of_a_class_that_cannot_occur_says_nothing_of_the_others():
    said = among(drawn(), ["basophil", "eosinophil"]).say(np.empty((4, 8, 8, 3), np.uint8), None)
    assert said.said["knn"].tolist() == ["basophil", "platelet", "platelet", "platelet"]
    np.testing.assert_allclose(said.given["cnn"][3], [0.5, 0.5])


def test_held_out_cells_of_the_classes_that_can_occur_are_kept_as_they_are_then_named():
    kept = among(drawn(), ["eosinophil", "platelet"]).held_out
    assert kept.y.tolist() == [0, 1, 0] and kept.sources.tolist() == ["b", "c", "d"]
    assert kept.said.tolist() == [1, 1, 1]
    np.testing.assert_allclose(kept.probabilities[0], [1 / 3, 2 / 3])
    assert kept.X[:, 0].tolist() == [5, 10, 15]


def test_classes_are_known_by_their_usual_spellings():
    assert among(drawn(), ["Baso", "PLT"]).classes == ["basophil", "platelet"]


def test_the_classes_that_are_never_named_are_told():
    assert any("no answer names platelet" in w for w in among(drawn(), CLASSES[:2]).warnings)
    assert among(drawn(), CLASSES).warnings == []


@pytest.mark.parametrize("names", [[], ["basophil"], ["basophil", "blast"], ["basophil"] * 2])
def test_fewer_than_two_classes_and_unknown_ones_are_refused(names):
    with pytest.raises(InputError, match="name two or more of basophil, eosinophil, platelet"):
        among(drawn(), names)


def test_a_model_whose_answer_has_no_probabilities_is_refused():
    model = among(drawn("svm"), CLASSES[:2])
    with pytest.raises(InputError, match="gives no probabilities"):
        model.say(np.empty((4, 8, 8, 3), np.uint8), None)
