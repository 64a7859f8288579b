"""The figures that papers report, computed from what a run's classifiers said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid_wbc.config.settings import Loss
from hybrid_wbc.evaluation.metrics import cross_entropy, element_wise_right
from hybrid_wbc.evaluation.statistics import (
    ClassifierScores,
    Misclassified,
    PossibleScore,
    Predictions,
    Resampling,
    summarise,
)

ELEMENT_WISE = "element-wise accuracy"
_OVERALL = {"precision": "macro_precision", "recall": "macro_recall", "f1": "macro_f1"}


@dataclass(frozen=True)
class Softmax:
    """What a network itself says of the cells of one repeat.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
        Position of each cell's class.
    probabilities : numpy.ndarray of float, shape (n, k)
    sources : numpy.ndarray of str, shape (n,)
    """

    y: np.ndarray
    probabilities: np.ndarray
    sources: np.ndarray


def score_softmax(
    repeats: Sequence[Softmax], *, loss: Loss, seed: int, groups: Sequence[int] | None = None
) -> dict[str, PossibleScore]:
    """Score a network's probabilities, which its answers alone do not give.

    Parameters
    ----------
    repeats : sequence of Softmax
    loss : str
        The kind that `metrics.cross_entropy` is to compute.
    seed : int
    groups : sequence of int, optional
        As for `statistics.Resampling`.

    Returns
    -------
    dict of str to PossibleScore
        "element-wise accuracy" and "loss"; a loss has no upper end, and so no interval.
    """
    resampling = Resampling([repeat.sources for repeat in repeats], seed=seed, groups=groups)
    right = [element_wise_right(r.y, r.probabilities)[:, None] for r in repeats]
    losses = [float(cross_entropy(r.y, r.probabilities, loss).mean()) for r in repeats]
    return {
        ELEMENT_WISE: resampling.column_scores(right)[0],
        "loss": {"mean": float(np.mean(losses)), "low": None, "high": None, "raw": [*losses]},
    }


def score_answers(
    repeats: Sequence[Predictions],
    classes: Sequence[str],
    *,
    seed: int,
    groups: Sequence[int] | None = None,
) -> ClassifierScores:
    """Score a classifier's answers by every metric that papers report of them.

    Parameters
    ----------
    repeats : sequence of Predictions
    classes : sequence of str
    seed : int
    groups : sequence of int, optional
        As for `statistics.Resampling`.

    Returns
    -------
    ClassifierScores
        With "misclassified", overall and in "per_class".
    """
    summary = summarise(repeats, classes, seed=seed, groups=groups)
    summary["misclassified"] = _misclassified(repeats, None)
    for name in classes:
        summary["per_class"][name]["misclassified"] = _misclassified(repeats, name)
    return summary


def pick(summary: Mapping[str, Any], metric: str, label: str | None) -> dict[str, Any] | None:
    """Find one figure among the scores.

    Parameters
    ----------
    summary : mapping
        What `score_answers` and `score_softmax` gave, in one mapping.
    metric : str
        As papers name it; over all classes precision, recall and F1 are means over the classes.
    label : str, optional
        The class that the figure is of.

    Returns
    -------
    dict or None
        None where these cells have no such class, or the classifier no such figure.
    """
    if label is not None:
        found = summary["per_class"].get(label, {}).get(metric)
    else:
        found = summary.get(_OVERALL.get(metric, metric))
    return None if found is None or found["mean"] is None else dict(found)


def is_held_out_accuracy(row: Mapping[str, Any]) -> bool:
    """Say whether a figure is an accuracy of all classes on cells that were not trained on.

    Parameters
    ----------
    row : mapping
        With "metric", "class" and "scored_on"; where a paper does not say what it scored, our
        figure is of the test side.
    """
    held_out = row["scored_on"] in ("test", "not stated")
    return "accuracy" in row["metric"] and row["class"] is None and held_out


def difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Give the difference of two scores whose errors are taken as independent.

    They are for different draws of the test side; where some photographs stand behind both, the
    interval is somewhat too wide.

    Parameters
    ----------
    first, second : mapping
        With "mean", "low" and "high".

    Returns
    -------
    dict
        "mean", "low" and "high". The ends add the squares of the two intervals' arms (Newcombe
        1998, Statistics in Medicine 17, 873-890); None where a score has no interval.
    """
    mean = first["mean"] - second["mean"]
    if None in (first["low"], second["low"]):
        return {"mean": mean, "low": None, "high": None}
    below = np.hypot(first["mean"] - first["low"], second["high"] - second["mean"])
    above = np.hypot(first["high"] - first["mean"], second["mean"] - second["low"])
    return {"mean": mean, "low": mean - float(below), "high": mean + float(above)}


def _misclassified(repeats: Sequence[Predictions], label: str | None) -> Misclassified:
    asked = [(r.true == label) | (label is None) for r in repeats]
    counts = [int((r.true != r.predicted)[of].sum()) for r, of in zip(repeats, asked, strict=True)]
    total = float(np.mean([of.sum() for of in asked]))
    mean = float(np.mean(counts)) if total else None
    return {"mean": mean, "low": None, "high": None, "raw": [*counts], "of": total}
