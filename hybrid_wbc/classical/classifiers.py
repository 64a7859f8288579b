"""KNN, cubic SVM and random forest by name, as the hybrid paper has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hybrid_wbc.errors import InputError

# The paper says "third order polynomial". MATLAB's kernel is (1 + x·y)^3, scikit-learn's own
# defaults are (gamma x·y)^3 with gamma from the spread of the features: another classifier.
SVM_PRESETS: dict[str, dict[str, Any]] = {
    "matlab": {"gamma": 1.0, "coef0": 1.0},
    "sklearn": {"gamma": "scale", "coef0": 0.0},
}


@dataclass(frozen=True)
class Classifier:
    """One classifier's name for people, and what it is."""

    title: str
    description: str


CLASSIFIERS = {
    "knn": Classifier("KNN", "nearest neighbour by Euclidean distance (1 neighbour in the paper)"),
    "svm": Classifier("cubic SVM", "third-order polynomial kernel, one against one"),
    "forest": Classifier("random forest", "bootstrap aggregation of decision trees (20 bags)"),
    "cnn": Classifier("CNN softmax", "the network's own class layer, no classifier after it"),
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
