"""Every score of a set of predictions, from its confusion matrix or from its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from sklearn import metrics

from hybrid_wbc.config.choices import CATEGORICAL, Loss

# Names of the scores over all classes, in the order in which they are shown.
Overall = Literal[
    "accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "kappa"
]
OVERALL: tuple[Overall, ...] = get_args(Overall)
PER_CLASS = ("precision", "recall", "f1")


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Count predictions by true class (rows) and predicted class (columns).

    Parameters
    ----------
    true, predicted : numpy.ndarray of str, shape (n,)
    classes : sequence of str, length k

    Returns
    -------
    numpy.ndarray of int64, shape (k, k)

    Raises
    ------
    ValueError
        If a name is not among the classes, or there is no prediction at all.
    """
    # scikit-learn counts no cell of a class that is not among the labels, and says nothing.
    unknown = (set(map(str, true)) | set(map(str, predicted))) - set(classes)
    if unknown:
        raise ValueError(f"not among the classes: {sorted(unknown)}; classes: {list(classes)}")
    return metrics.confusion_matrix(true, predicted, labels=list(classes))


def scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Compute every score of one or many confusion matrices.

    A class that was never predicted has precision 0. A class with no true cells counts neither
    into the balanced accuracy nor into the macro means. Kappa is Cohen's, unweighted (Cohen 1960,
    doi 10.1177/001316446002000104).

    Parameters
    ----------
    confusion : numpy.ndarray of float or int, shape (..., k, k)
        Rows are true classes.

    Returns
    -------
    dict of str to numpy.ndarray
        The scores named in `OVERALL`, each of shape (...), and those in `PER_CLASS`, each of shape
        (..., k), not a number where the class has no true cells.
    """
    matrix = np.asarray(confusion, dtype=float)
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    total = true.sum(axis=-1)
    absent = true == 0
    recall = np.where(absent, np.nan, right / np.where(absent, 1, true))
    precision = np.where(absent, np.nan, right / np.where(predicted == 0, 1, predicted))
    f1 = np.where(absent, np.nan, 2 * right / np.where(absent, 1, true + predicted))
    accuracy = right.sum(axis=-1) / total
    by_chance = (true * predicted).sum(axis=-1) / total**2
    certain = by_chance == 1
    kappa = np.where(certain, 0.0, (accuracy - by_chance) / np.where(certain, 1, 1 - by_chance))
    return {
        "accuracy": accuracy,
        "balanced_accuracy": mean_of_known(recall, axis=-1),
        "macro_precision": mean_of_known(precision, axis=-1),
        "macro_recall": mean_of_known(recall, axis=-1),
        "macro_f1": mean_of_known(f1, axis=-1),
        "kappa": kappa,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def element_wise_right(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Give the share of its k yes-or-no answers that are right for each image.

    With one-hot targets and binary cross-entropy Keras' "accuracy" is the mean of this, every unit
    above one half counting as a yes (`keras.metrics.BinaryAccuracy`). Of k classes an image that is
    classed wrong still has k - 2 answers right, and one of which the network is sure of nothing
    k - 1.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
        Position of each image's class.
    probabilities : numpy.ndarray of float, shape (n, k)

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
    """
    truth = np.arange(probabilities.shape[1]) == y[:, None]
    return ((probabilities > 0.5) == truth).mean(axis=1)


def cross_entropy(y: np.ndarray, probabilities: np.ndarray, kind: Loss) -> np.ndarray:
    """Give the loss of each image, as Keras computes it.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
        Position of each image's class.
    probabilities : numpy.ndarray of float, shape (n, k)
    kind : {"categorical cross-entropy", "binary cross-entropy"}
        Binary: the mean over k yes-or-no questions.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
    """
    p = np.clip(probabilities.astype(float), 1e-7, 1 - 1e-7)
    of_truth = -np.log(p[np.arange(len(y)), y])
    if kind == CATEGORICAL:
        return of_truth
    truth = np.arange(p.shape[1]) == y[:, None]
    return -np.where(truth, np.log(p), np.log1p(-p)).mean(axis=1)


def mean_of_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Average what is a number; not a number, and no warning, where nothing is.

    Parameters
    ----------
    values : numpy.ndarray of float
    axis : int

    Returns
    -------
    numpy.ndarray of float
        One axis fewer.
    """
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count == 0, np.nan, total / np.maximum(count, 1))
