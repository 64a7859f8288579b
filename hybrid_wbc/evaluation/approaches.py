"""Which way of making a network from a lent one is the best on folds of the training side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.score_types import Interval
from hybrid_wbc.evaluation.statistics import Predictions, summarise


class ApproachScore(TypedDict):
    """What one approach reached on the folds: balanced accuracy, over the classifiers and each."""

    balanced_accuracy: Interval
    by_classifier: dict[str, Interval]


class Approaches(TypedDict):
    """What was taken of the approaches that were tried, and why.

    `cells` are those of the training side that were scored, each by what was fitted without its
    source, and `folds` in how many parts; both are 0 where nothing was compared.
    """

    chosen: str
    reason: str
    cells: int
    folds: int
    scores: dict[str, ApproachScore]


def score_approach(
    true: np.ndarray,
    said: Mapping[str, np.ndarray],
    sources: np.ndarray,
    classes: Sequence[str],
    *,
    seed: int,
) -> ApproachScore:
    """Score what classifiers said of cells that they were not fitted on.

    Parameters
    ----------
    true, sources : numpy.ndarray of str, shape (n,)
    said : mapping of str to numpy.ndarray of str, shape (n,)
        By classifier.
    classes : sequence of str
    seed : int
        Seeds the resampling of sources.

    Returns
    -------
    ApproachScore
        Over the classifiers the mean of theirs, with an interval by source.
    """
    each = {key: Predictions(true, answers, sources) for key, answers in said.items()}
    # Below each other the answers have the mean recall, and a source holds those of all.
    together = Predictions(
        np.tile(true, len(each)), np.concatenate(list(said.values())), np.tile(sources, len(each))
    )

    def score(predictions: Predictions) -> Interval:
        summed = summarise([predictions], classes, seed=seed)["balanced_accuracy"]
        return {"mean": summed["mean"], "low": summed["low"], "high": summed["high"]}

    return {
        "balanced_accuracy": score(together),
        "by_classifier": {key: score(predictions) for key, predictions in each.items()},
    }


def best_of(scores: Mapping[str, ApproachScore]) -> str:
    """Give the approach with the highest score; of equally good ones the first.

    Examples
    --------
    >>> one = {"mean": 0.9, "low": 0.8, "high": 1.0}
    >>> best_of({"given embedding": {"balanced_accuracy": one, "by_classifier": {}},
    ...          "fine-tuned": {"balanced_accuracy": one, "by_classifier": {}}})
    'given embedding'
    """
    return max(scores, key=lambda name: scores[name]["balanced_accuracy"]["mean"])
