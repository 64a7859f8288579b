"""Scores agree with scikit-learn's; absent classes count nowhere; nothing warns."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from hybrid_wbc.evaluation.metrics import (
    OVERALL,
    PER_CLASS,
    confusion_matrix,
    mean_of_known,
    scores,
)

CLASSES = ["basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil"]
names = st.sampled_from(CLASSES)
pairs = st.lists(st.tuples(names, names), min_size=1, max_size=60)
matrices = hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.just(3), st.just(3)),
                      elements=st.integers(0, 9))  # fmt: skip


def columns(answers: list[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    true, predicted = zip(*answers, strict=True)
    return np.array(true), np.array(predicted)


@given(pairs)
def test_confusion_counts_true_classes_in_rows_as_scikit_learn_does(answers):
    true, predicted = columns(answers)
    expected = reference.confusion_matrix(true, predicted, labels=CLASSES)
    counts = confusion_matrix(true, predicted, CLASSES)
    assert counts.dtype == np.int64
    assert np.array_equal(counts, expected)


@given(pairs)
def test_overall_scores_agree_with_scikit_learn_over_the_classes_present(answers):
    true, predicted = columns(answers)
    got = scores(confusion_matrix(true, predicted, CLASSES))
    present = sorted(set(true.tolist()))
    precision, recall, f1, _ = reference.precision_recall_fscore_support(
        true, predicted, labels=present, average="macro", zero_division=0
    )
    expected = {
        "accuracy": reference.accuracy_score(true, predicted),
        "balanced_accuracy": recall,
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
    }
    if len(set(true.tolist()) | set(predicted.tolist())) > 1:
        expected["kappa"] = reference.cohen_kappa_score(true, predicted)
    else:
        expected["kappa"] = 0.0  # chance alone is always right
    assert expected.keys() == set(OVERALL)
    assert {name: float(got[name]) for name in OVERALL} == pytest.approx(expected)


@given(pairs)
def test_scores_of_each_class_agree_with_scikit_learn(answers):
    true, predicted = columns(answers)
    got = scores(confusion_matrix(true, predicted, CLASSES))
    expected = reference.precision_recall_fscore_support(
        true, predicted, labels=CLASSES, zero_division=0
    )
    absent = ~np.isin(CLASSES, true)
    for name, values in zip(PER_CLASS, expected, strict=False):
        assert got[name] == pytest.approx(np.where(absent, np.nan, values), nan_ok=True)


@given(matrices)
def test_many_matrices_are_scored_as_each_alone_without_a_change_or_a_warning(many):
    many[many.sum(axis=(1, 2)) == 0] = np.eye(3, dtype=np.int64)
    before = many.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        together = scores(many)
        alone = [scores(matrix) for matrix in many]
    for name in (*OVERALL, *PER_CLASS):
        assert np.array_equal(together[name], [each[name] for each in alone], equal_nan=True)
    assert np.array_equal(many, before)


def test_absent_class_is_no_number_and_counts_into_no_mean():
    # No cell is a monocyte, yet one is called so.
    got = scores(np.array([[3, 0, 1], [0, 4, 0], [0, 0, 0]]))
    for name in PER_CLASS:
        assert np.isnan(got[name]).tolist() == [False, False, True]
    assert got["balanced_accuracy"] == pytest.approx((3 / 4 + 1) / 2)
    assert got["macro_precision"] == pytest.approx(1)
    assert got["accuracy"] == pytest.approx(7 / 8)


def test_class_that_is_never_predicted_has_precision_nought():
    got = scores(np.array([[4, 0], [2, 0]]))
    assert got["precision"].tolist() == pytest.approx([4 / 6, 0])
    assert got["f1"].tolist() == pytest.approx([8 / 10, 0])
    assert got["macro_precision"] == pytest.approx(1 / 3)


def test_matrix_of_no_numbers_scores_no_number_and_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = scores(np.full((1, 2, 2), np.nan))
    assert all(np.isnan(got[name]).all() for name in (*OVERALL, *PER_CLASS))


@pytest.mark.parametrize("stranger_in", [0, 1])
def test_unknown_class_is_refused_with_the_classes(stranger_in):
    answers = [np.array(["basophil", "monocyte"]), np.array(["basophil", "monocyte"])]
    answers[stranger_in] = np.array(["basophil", "platelet"])
    with pytest.raises(ValueError, match=r"not among the classes: \['platelet'\].*'basophil'"):
        confusion_matrix(*answers, CLASSES)


def test_mean_of_known_leaves_out_what_is_no_number():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        means = mean_of_known(values, axis=1)
    assert np.array_equal(means, [2.0, np.nan], equal_nan=True)
