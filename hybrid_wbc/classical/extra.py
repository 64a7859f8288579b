"""The classifiers of scikit-learn that can be named beside the paper's three, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sklearn.base import ClassifierMixin
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
)
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

Value = bool | int | float | str | None
"""One setting of a classifier, as scikit-learn takes it and JSON keeps it."""


Grid = Mapping[str, Sequence[Value]]
"""What a search tries, by scikit-learn's names."""


@dataclass(frozen=True)
class Extra:
    """A classifier that can be named beside the paper's three.

    Parameters
    ----------
    grid : mapping of str to sequence of values
        What a search tries beside the settings without one.
    factory : callable
        Makes it from a seed, not fitted; it is given standardised features.
    """

    grid: Grid
    factory: Callable[[int], ClassifierMixin]


_C = {"C": (1.0, 0.01, 0.1, 10.0, 100.0)}

EXTRA: dict[str, Extra] = {
    "logistic": Extra(
        _C,
        factory=lambda _: LogisticRegression(max_iter=1000),
    ),
    "ridge": Extra(
        {"alpha": (1.0, 0.01, 0.1, 10.0, 100.0)},
        factory=lambda _: RidgeClassifier(),
    ),
    "lda": Extra(
        {"solver": ("lsqr",), "shrinkage": (None, "auto", 0.1, 0.5)},
        factory=lambda _: LinearDiscriminantAnalysis(),
    ),
    # Without any shrinkage a class of fewer cells than features cannot be fitted.
    "qda": Extra(
        {"shrinkage": (0.1, "auto", 0.01, 0.3, 0.5)},
        factory=lambda _: QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
    ),
    "naive-bayes": Extra(
        {"var_smoothing": (1e-9, 1e-3, 1e-2, 1e-1)},
        factory=lambda _: GaussianNB(),
    ),
    "nearest-centroid": Extra(
        {"shrink_threshold": (None, 0.1, 0.5, 1.0)},
        factory=lambda _: NearestCentroid(),
    ),
    "linear-svm": Extra(
        _C,
        factory=lambda _: SVC(kernel="linear"),
    ),
    "rbf-svm": Extra(
        {"C": (1.0, 0.1, 10.0, 100.0), "gamma": ("scale", 0.02, 0.1, 0.5)},
        factory=lambda _: SVC(kernel="rbf"),
    ),
    "decision-tree": Extra(
        {"min_samples_leaf": (1, 2, 5, 10), "max_depth": (None, 3, 6)},
        factory=lambda seed: DecisionTreeClassifier(random_state=seed),
    ),
    "extra-trees": Extra(
        {"min_samples_leaf": (1, 2, 5), "max_features": ("sqrt", None)},
        factory=lambda seed: ExtraTreesClassifier(100, random_state=seed, n_jobs=1),
    ),
    "ada-boost": Extra(
        {"learning_rate": (1.0, 0.1, 0.5), "n_estimators": (50, 200)},
        factory=lambda seed: AdaBoostClassifier(random_state=seed),
    ),
    "gradient-boosting": Extra(
        {"learning_rate": (0.1, 0.03), "max_depth": (3, 2), "subsample": (1.0, 0.5)},
        factory=lambda seed: GradientBoostingClassifier(random_state=seed),
    ),
    "mlp": Extra(
        {"hidden_layer_sizes": (100, 20), "alpha": (1e-4, 1e-2, 1.0)},
        factory=lambda seed: MLPClassifier(random_state=seed, max_iter=1000),
    ),
}
