"""The classifiers of scikit-learn that can be named beside the paper's three, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Classifier:
    """One classifier's name for people, what it is, and what a search chooses from.

    Parameters
    ----------
    title, description : str
    grid : mapping of str to sequence of values
        Settings that a search tries, by scikit-learn's names, beside those without a search;
        empty for what is not fitted on the embedding.
    """

    title: str
    description: str
    grid: Mapping[str, Sequence[Value]] = field(default_factory=dict)


@dataclass(frozen=True)
class Extra(Classifier):
    """A classifier that can be named beside the paper's three.

    Parameters
    ----------
    factory : callable
        Makes it from a seed, not fitted; it is given standardised features.
    """

    factory: Callable[[int], ClassifierMixin] = field(kw_only=True)


_C = {"C": (1.0, 0.01, 0.1, 10.0, 100.0)}

EXTRA: dict[str, Extra] = {
    "logistic": Extra(
        "logistic regression",
        "multinomial, with an L2 penalty (C = 1)",
        _C,
        factory=lambda _: LogisticRegression(max_iter=1000),
    ),
    "ridge": Extra(
        "ridge classifier",
        "least squares to -1 and 1 for each class, with an L2 penalty (alpha = 1)",
        {"alpha": (1.0, 0.01, 0.1, 10.0, 100.0)},
        factory=lambda _: RidgeClassifier(),
    ),
    "lda": Extra(
        "LDA",
        "linear discriminant analysis: one covariance for all classes",
        {"solver": ("lsqr",), "shrinkage": (None, "auto", 0.1, 0.5)},
        factory=lambda _: LinearDiscriminantAnalysis(),
    ),
    # Without any shrinkage a class of fewer cells than features cannot be fitted.
    "qda": Extra(
        "QDA",
        "quadratic discriminant analysis: one covariance for each class, shrunk by a tenth",
        {"shrinkage": (0.1, "auto", 0.01, 0.3, 0.5)},
        factory=lambda _: QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
    ),
    "naive-bayes": Extra(
        "naive Bayes",
        "a normal distribution for each feature and class",
        {"var_smoothing": (1e-9, 1e-3, 1e-2, 1e-1)},
        factory=lambda _: GaussianNB(),
    ),
    "nearest-centroid": Extra(
        "nearest centroid",
        "the class whose mean lies nearest",
        {"shrink_threshold": (None, 0.1, 0.5, 1.0)},
        factory=lambda _: NearestCentroid(),
    ),
    "linear-svm": Extra(
        "linear SVM",
        "linear kernel, one against one (C = 1)",
        _C,
        factory=lambda _: SVC(kernel="linear"),
    ),
    "rbf-svm": Extra(
        "RBF SVM",
        "Gaussian kernel, one against one (C = 1, gamma from the spread of the features)",
        {"C": (1.0, 0.1, 10.0, 100.0), "gamma": ("scale", 0.02, 0.1, 0.5)},
        factory=lambda _: SVC(kernel="rbf"),
    ),
    "decision-tree": Extra(
        "decision tree",
        "one tree, grown until its leaves are pure",
        {"min_samples_leaf": (1, 2, 5, 10), "max_depth": (None, 3, 6)},
        factory=lambda seed: DecisionTreeClassifier(random_state=seed),
    ),
    "extra-trees": Extra(
        "extra trees",
        "100 trees with thresholds drawn at random",
        {"min_samples_leaf": (1, 2, 5), "max_features": ("sqrt", None)},
        factory=lambda seed: ExtraTreesClassifier(100, random_state=seed, n_jobs=1),
    ),
    "ada-boost": Extra(
        "AdaBoost",
        "50 stumps, each fitted to the mistakes of those before",
        {"learning_rate": (1.0, 0.1, 0.5), "n_estimators": (50, 200)},
        factory=lambda seed: AdaBoostClassifier(random_state=seed),
    ),
    "gradient-boosting": Extra(
        "gradient boosting",
        "100 rounds of trees three levels deep",
        {"learning_rate": (0.1, 0.03), "max_depth": (3, 2), "subsample": (1.0, 0.5)},
        factory=lambda seed: GradientBoostingClassifier(random_state=seed),
    ),
    "mlp": Extra(
        "MLP",
        "one hidden layer of 100 rectified units, trained by Adam",
        {"hidden_layer_sizes": (100, 20), "alpha": (1e-4, 1e-2, 1.0)},
        factory=lambda seed: MLPClassifier(random_state=seed, max_iter=1000),
    ),
}
