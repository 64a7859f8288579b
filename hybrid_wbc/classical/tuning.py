"""Settings of classifiers, chosen by a grouped search within the training side."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import ParameterGrid, PredefinedSplit, cross_val_predict
from sklearn.pipeline import Pipeline
from typing_extensions import TypedDict

from hybrid_wbc.classical.calibration import grouped_folds
from hybrid_wbc.classical.classifiers import GRIDS
from hybrid_wbc.classical.extra import Value
from hybrid_wbc.errors import InputError


class Tuned(TypedDict):
    """What a search chose for one classifier, and what it rests on.

    `settings` has scikit-learn's names and is empty where nothing was better than the classifier
    as it was given. The balanced accuracies are of the cells of the training side, each told by a
    fit on other sources: of the choice, which is optimistic as the best of `tried`, and of the
    classifier as given, None where it cannot be fitted on so few cells.
    """

    settings: dict[str, Value]
    tried: int
    balanced_accuracy: float
    untuned_balanced_accuracy: float | None


def tune(
    built: Mapping[str, Pipeline],
    X: np.ndarray,
    labels: Sequence[str] | np.ndarray,
    groups: Sequence[str] | np.ndarray,
    *,
    seed: int,
    folds: int = 5,
) -> dict[str, Tuned]:
    """Choose the settings of classifiers by what they say of sources that they were not fitted on.

    Every combination of a classifier's grid is fitted on all folds but one and asked about that
    one. Of equally good ones the first is taken, and the classifier as it was given comes first.

    Parameters
    ----------
    built : mapping of str to Pipeline
        As `classifiers.build` gives them; they are copied, not fitted or changed.
    X : numpy.ndarray of float, shape (n, d)
        The embedding of the training side and of nothing else.
    labels, groups : sequences, length n
        The class of each cell and the photograph, smear or patient that it comes from.
    seed : int
        Seeds the assignment to folds.
    folds : int
        Lowered to the smallest number of sources of any class.

    Returns
    -------
    dict of str to Tuned
        By classifier.

    Raises
    ------
    InputError
        If a class has a single source, as `calibration.grouped_folds` does, or a classifier cannot
        be fitted on the folds.

    Examples
    --------
    >>> import numpy as np
    >>> from hybrid_wbc.classical.classifiers import build
    >>> X = np.random.default_rng(0).standard_normal((60, 2))
    >>> labels = np.where(X[:, 0] + X[:, 1] > 0, "monocyte", "neutrophil")
    >>> knn = {"knn": build(seed=0)["knn"]}
    >>> tune(knn, X, labels, np.arange(60), seed=0)["knn"]["tried"]
    6
    """
    names = np.asarray(labels)
    fold_of = grouped_folds(names, groups, folds=folds, seed=seed)
    # A neighbour more than there are cells to fit on cannot be asked for.
    fewest = len(names) - int(np.bincount(fold_of).max())

    def score(classifier: Pipeline, settings: Mapping[str, Value]) -> float | None:
        candidate = clone(classifier)
        candidate[-1].set_params(**settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                said = cross_val_predict(candidate, X, names, cv=PredefinedSplit(fold_of))
            except (ValueError, np.linalg.LinAlgError):  # too few cells of a class, say
                return None
        return float(balanced_accuracy_score(names, said))

    found: dict[str, Tuned] = {}
    for key, classifier in built.items():
        grid = cast(list[dict[str, Value]], list(ParameterGrid(dict(GRIDS[key]))))
        candidates: list[dict[str, Value]] = [
            {},
            *(s for s in grid if cast(int, s.get("n_neighbors", 1)) <= fewest),
        ]
        scores = [score(classifier, settings) for settings in candidates]
        known = {place: value for place, value in enumerate(scores) if value is not None}
        if not known:
            raise InputError(
                f"'{key}' cannot be fitted on the folds of the {len(names)} training cells; leave "
                "it out, or add cells"
            )
        best = max(known, key=lambda place: known[place])
        found[key] = {
            "settings": candidates[best],
            "tried": len(candidates),
            "balanced_accuracy": known[best],
            "untuned_balanced_accuracy": scores[0],
        }
    return found
