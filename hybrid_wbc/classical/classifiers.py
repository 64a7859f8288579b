"""Every classifier by name: the hybrid paper's three, and others that are named beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from typing_extensions import TypedDict

from hybrid_wbc.classical.calibration import calibrated
from hybrid_wbc.classical.extra import EXTRA, Grid, Value
from hybrid_wbc.config.names import CLASSIFIERS
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


PAPER = ("knn", "svm", "forest")
"""The hybrid paper's three, of which the soft vote is the mean whatever stands beside them."""

GRIDS: dict[str, Grid] = {
    "knn": {"n_neighbors": (1, 3, 5, 9, 15)},
    "svm": {"C": (1.0, 0.01, 0.1, 10.0)},
    "forest": {"n_estimators": (20, 100), "min_samples_leaf": (1, 2, 5)},
    **{name: each.grid for name, each in EXTRA.items()},
}
"""What a search tries for each classifier that is fitted on the embedding."""


def check(extra: Sequence[str], tune: bool | Sequence[str] = False) -> None:
    """Refuse a classifier that cannot be named, before anything is trained.

    Parameters
    ----------
    extra : sequence of str
        Keys of `EXTRA`, each once.
    tune : bool or sequence of str
        Whether all are tuned, or which of those that are fitted.

    Raises
    ------
    InputError
    """
    for name in extra:
        if name in CLASSIFIERS and name not in EXTRA:
            raise InputError(
                f"classifiers.extra: '{name}' is scored in every run that can have it; take it "
                "out of the list"
            )
        if name not in EXTRA:
            raise InputError(
                f"classifiers.extra: received '{name}', choose from {', '.join(EXTRA)}"
            )
    twice = [name for place, name in enumerate(extra) if name in extra[:place]]
    if twice:
        raise InputError(f"classifiers.extra: received '{twice[0]}' twice; name it once")
    fitted = (*PAPER, *extra)
    for name in [] if isinstance(tune, bool) else tune:
        if name not in fitted:
            raise InputError(
                f"classifiers.tune: received '{name}', choose from {', '.join(fitted)}; others "
                "have to be named in classifiers.extra"
            )


def build(
    *,
    seed: int,
    neighbours: int = 1,
    svm: str = "matlab",
    trees: int = 20,
    extra: Sequence[str] = (),
    chosen: Mapping[str, Mapping[str, Value]] | None = None,
) -> dict[str, Pipeline]:
    """Build the hybrid paper's three classifiers and those named beside them, not yet fitted.

    Parameters
    ----------
    seed : int
        Seeds the forest's bags and features, and whatever else draws.
    neighbours : int
        KNN's, by Euclidean distance; 1 in the paper.
    svm : {"matlab", "sklearn"}
        A key of `SVM_PRESETS`.
    trees : int
        The forest's, each on a bootstrap sample; 20 in the paper.
    extra : sequence of str
        Keys of `EXTRA`.
    chosen : mapping of str to mapping of str to value, optional
        Settings by classifier that take the place of these, as `tuning.tune` chooses them.

    Returns
    -------
    dict of str to Pipeline
        "knn", "svm", "forest", and the others in the order of `CLASSIFIERS`. Each standardises
        the features on what it is fitted on.

    Raises
    ------
    InputError
        If the preset or a name is unknown.

    Examples
    --------
    >>> list(build(seed=0, extra=["mlp", "lda"]))
    ['knn', 'svm', 'forest', 'lda', 'mlp']
    """
    if svm not in SVM_PRESETS:
        raise InputError(f"classifiers.svm: received '{svm}', choose from {', '.join(SVM_PRESETS)}")
    check(extra)
    made: dict[str, ClassifierMixin] = {
        "knn": KNeighborsClassifier(neighbours),
        "svm": SVC(kernel="poly", degree=3, **SVM_PRESETS[svm]),
        "forest": RandomForestClassifier(trees, random_state=seed, n_jobs=1),
        **{name: each.factory(seed) for name, each in EXTRA.items() if name in extra},
    }
    for name, values in (chosen or {}).items():
        made[name].set_params(**values)
    return {name: make_pipeline(StandardScaler(), each) for name, each in made.items()}


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
