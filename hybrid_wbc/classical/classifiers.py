"""KNN, cubic SVM and random forest by name, as the hybrid paper has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from typing_extensions import TypedDict

from hybrid_wbc.classical.calibration import calibrated
from hybrid_wbc.errors import InputError


class Kernel(TypedDict):
    """The two numbers of a polynomial kernel, beside its degree."""

    gamma: float | Literal["scale"]
    coef0: float


# The paper says "third order polynomial". MATLAB's kernel is (1 + x·y)^3, scikit-learn's own
# defaults are (gamma x·y)^3 with gamma from the spread of the features: another classifier.
SVM_PRESETS: dict[str, Kernel] = {
    "matlab": {"gamma": 1.0, "coef0": 1.0},
    "sklearn": {"gamma": "scale", "coef0": 0.0},
}


def build(
    *, seed: int, neighbours: int = 1, svm: str = "matlab", trees: int = 20
) -> dict[str, Pipeline]:
    """Build the hybrid paper's three classifiers, not yet fitted.

    Parameters
    ----------
    seed : int
        Seeds the forest's bags and features.
    neighbours : int
        KNN's, by Euclidean distance; 1 in the paper.
    svm : {"matlab", "sklearn"}
        A key of `SVM_PRESETS`.
    trees : int
        The forest's, each on a bootstrap sample; 20 in the paper.

    Returns
    -------
    dict of str to Pipeline
        "knn", "svm" and "forest". Each standardises the features on what it is fitted on.

    Raises
    ------
    InputError
        If the preset is unknown.
    """
    if svm not in SVM_PRESETS:
        raise InputError(f"classifiers.svm: received '{svm}', choose from {', '.join(SVM_PRESETS)}")
    return {
        "knn": make_pipeline(StandardScaler(), KNeighborsClassifier(neighbours)),
        "svm": make_pipeline(StandardScaler(), SVC(kernel="poly", degree=3, **SVM_PRESETS[svm])),
        "forest": make_pipeline(
            StandardScaler(), RandomForestClassifier(trees, random_state=seed, n_jobs=1)
        ),
    }


def soft_vote(
    members: Mapping[str, Pipeline], labels: np.ndarray, sources: np.ndarray, *, seed: int
) -> VotingClassifier:
    """Build the vote of classifiers by the mean of their probabilities, not yet fitted.

    Each member is calibrated on folds of the training side that keep a source together, so that a
    probability means the same from each: a nearest neighbour by itself only ever says 0 or 1.

    Parameters
    ----------
    members : mapping of str to Pipeline
        As `build` gives them; they are copied, not fitted.
    labels, sources : numpy.ndarray, shape (n,)
        Of exactly the cells that the vote will be fitted on, in their order.
    seed : int
        Seeds the folds.

    Returns
    -------
    VotingClassifier

    Raises
    ------
    InputError
        If a class has a single source.
    """
    voters = [
        (key, calibrated(member, labels, sources, seed=seed)) for key, member in members.items()
    ]
    return VotingClassifier(voters, voting="soft")
