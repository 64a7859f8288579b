"""The head of `HybridClassifier` by name: fitted on what the network says, and calibrated."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.calibration import calibrated
from hybrid_wbc.classical.extra import EXTRA

HEADS = (*classifiers.PAPER, "vote", "cnn", *EXTRA)


class SoftmaxHead(ClassifierMixin, BaseEstimator):
    """The network's own class layer as a head: its features are the class probabilities."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> SoftmaxHead:
        """Note the classes, in the order of the columns.

        Parameters
        ----------
        X : numpy.ndarray of float32, shape (n, k)
        y : numpy.ndarray, shape (n,)

        Returns
        -------
        SoftmaxHead
        """
        self.n_features_in_ = X.shape[1]
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Give the features, which are probabilities."""
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Give the class of the highest probability, as an array of shape (n,)."""
        return self.classes_[X.argmax(axis=1)]


class NamedHead(ClassifierMixin, BaseEstimator):
    """A fitted classifier of classes by their position, as a run keeps them, that names them.

    Parameters
    ----------
    fitted : scikit-learn classifier
        Fitted on positions, with probabilities.
    names : numpy.ndarray, shape (k,)
        The class at each position. One without a training cell has the probability 0.
    """

    def __init__(self, fitted: ClassifierMixin, names: np.ndarray) -> None:
        self.fitted = fitted
        self.names = names

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the order of the columns."""
        return self.names

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Give the probability of each class, shape (n, k)."""
        given = np.zeros((len(X), len(self.names)))
        given[:, self.fitted.classes_] = self.fitted.predict_proba(X)
        return given

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Give the class, as an array of shape (n,)."""
        return self.names[self.fitted.predict(X)]


def build_head(
    name: str, labels: np.ndarray, groups: np.ndarray, *, calibration_folds: int | None, seed: int
) -> ClassifierMixin:
    """Build one head, calibrated where that needs no other network, not yet fitted.

    Parameters
    ----------
    name : str
        One of `HEADS`.
    labels, groups : numpy.ndarray, shape (n,)
        Of exactly the cells that it will be fitted on, in their order.
    calibration_folds : int, optional
        Without it there is no calibration. "cnn" never has any here, and "vote" always its own.
    seed : int
        Seeds the folds and whatever draws, such as the forest.

    Returns
    -------
    scikit-learn classifier
        Takes embeddings; "cnn" takes the network's probabilities.

    Raises
    ------
    InputError
        If the folds cannot be made; see `hybrid_wbc.classical.calibration.calibrated`.
    """
    if name == "cnn":
        return SoftmaxHead()
    members = classifiers.build(seed=seed, extra=[name] if name in EXTRA else [])
    if name == "vote":
        return classifiers.soft_vote(members, labels, groups, seed=seed)
    if calibration_folds is None:
        return members[name]
    return calibrated(members[name], labels, groups, folds=calibration_folds, seed=seed)


def gives(name: str, method: str) -> bool:
    """Say whether a head has a method of its own, before any calibration.

    Parameters
    ----------
    name : str
        One of `HEADS`.
    method : str
        "predict_proba" or "decision_function".
    """
    if name in ("vote", "cnn"):
        return method == "predict_proba"
    extra = [name] if name in EXTRA else []
    return hasattr(classifiers.build(seed=0, extra=extra)[name], method)


def answering(head: ClassifierMixin) -> ClassifierMixin:
    """Give the fitted head that answers, without the calibration around it.

    Parameters
    ----------
    head : scikit-learn classifier
        Fitted, calibrated or not.

    Returns
    -------
    scikit-learn classifier
    """
    if isinstance(head, CalibratedClassifierCV):
        return head.calibrated_classifiers_[0].estimator
    return head
