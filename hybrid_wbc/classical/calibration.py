"""Class probabilities calibrated on folds that never put one source on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import PredefinedSplit, StratifiedGroupKFold

from hybrid_wbc.errors import InputError


def calibrated(
    classifier: ClassifierMixin,
    labels: Sequence[str] | np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    folds: int = 5,
    seed: int,
) -> CalibratedClassifierCV:
    """Wrap a classifier so that it gives calibrated probabilities.

    Each fold is scored by a copy of the classifier that was fitted on the other folds. A sigmoid
    for each class maps these scores to probabilities. The classifier itself is then fitted on all
    rows: it is `calibrated_classifiers_[0].estimator` of the result. (Platt 1999, "Probabilistic
    Outputs for Support Vector Machines and Comparisons to Regularized Likelihood Methods")

    Parameters
    ----------
    classifier : scikit-learn classifier
        Has `decision_function` or `predict_proba`. It is copied, not fitted.
    labels, groups : sequences, length n
        The class of each row and the photograph, smear or patient that it comes from.
    folds : int
        At least 2. Lowered to the smallest number of sources of any class.
    seed : int
        Seeds the assignment to folds.

    Returns
    -------
    CalibratedClassifierCV
        Not fitted. Fit it on exactly the rows that `labels` and `groups` describe, in their order.

    Raises
    ------
    InputError
        As `grouped_folds` does.
    """
    fold_of = grouped_folds(labels, groups, folds=folds, seed=seed)
    return CalibratedClassifierCV(clone(classifier), cv=PredefinedSplit(fold_of), ensemble=False)


def grouped_folds(
    labels: Sequence[str] | np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    folds: int,
    seed: int,
) -> np.ndarray:
    """Assign each row to a fold, stratified by class, every source in one fold.

    Parameters
    ----------
    labels, groups : sequences, length n
    folds : int
    seed : int

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        Numbers of the folds, from zero. What is left without any one fold has every class.

    Raises
    ------
    InputError
        If fewer than 2 folds are asked for, the lengths differ, a class lies in one source, or its
        sources hold so much of other classes that they fall into one fold.
    """
    names, sources = np.asarray(labels), np.asarray(groups)
    if folds < 2:
        raise InputError(f"folds: received {folds}; calibration needs at least 2")
    if len(names) != len(sources):
        raise InputError(f"groups: received {len(sources)} for {len(names)} labels; give one each")
    sources_of = {name: len(np.unique(sources[names == name])) for name in np.unique(names)}
    rarest = min(sources_of, key=lambda name: sources_of[name])
    if sources_of[rarest] < 2:
        raise InputError(
            f"class '{rarest}' lies in one source, and calibration needs 2: "
            "add cells of other sources, or leave the class or the calibration out"
        )
    count = min(folds, sources_of[rarest])
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    fold_of = np.empty(len(names), dtype=np.int64)
    for number, (_, held_out) in enumerate(splitter.split(names, names, sources)):
        fold_of[held_out] = number
    # Where sources hold several classes, all cells of a rare one can end up in one fold.
    for number in range(count):
        missing = np.setdiff1d(names, names[fold_of != number])
        if len(missing):
            raise InputError(
                f"class '{missing[0]}' has all its cells in one fold, and calibration needs 2: "
                "add cells of other sources, use another seed, or do without calibration"
            )
    return fold_of
