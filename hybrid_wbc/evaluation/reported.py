"""The figures that papers report, computed from what a run's classifiers said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, cast

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.config.choices import Loss
from hybrid_wbc.evaluation.metrics import cross_entropy, element_wise_right
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import Misclassified, PossibleScore, Score
from hybrid_wbc.evaluation.statistics import Predictions, summarise

ELEMENT_WISE: Final = "element-wise accuracy"


class Difference(TypedDict):
    """A figure, and the ends of its 95 % interval, None where it has no interval."""

    mean: float
    low: float | None
    high: float | None


class Reached(Difference):
    """A figure that exists, with its value in each repeat; of counts, `of` how many on average."""

    raw: list[float | None]
    of: NotRequired[float]


Name = tuple[str, str | None]
"""A figure's metric, as papers name it, and its class; None where it is of all classes."""

Figures = dict[Name, Reached]


def score_softmax(
    repeats: Sequence[Probabilities], *, loss: Loss, seed: int, groups: Sequence[int] | None = None
) -> dict[str, PossibleScore]:
    """Score a network's probabilities, which its answers alone do not give.

    Parameters
    ----------
    repeats : sequence of Probabilities
    loss : str
        The kind that `metrics.cross_entropy` is to compute.
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.

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
) -> Figures:
    """Score a classifier's answers by every metric that papers report of them.

    Over all classes precision, recall and F1 are means over the classes.

    Parameters
    ----------
    repeats : sequence of Predictions
    classes : sequence of str
    seed : int
    groups : sequence of int, optional
        As for `resampling.Resampling`.

    Returns
    -------
    Figures
    """
    summary = summarise(repeats, classes, seed=seed, groups=groups)
    named: dict[Name, Score | PossibleScore] = {
        ("accuracy", None): summary["accuracy"],
        ("precision", None): summary["macro_precision"],
        ("recall", None): summary["macro_recall"],
        ("f1", None): summary["macro_f1"],
        ("misclassified", None): _misclassified(repeats, None),
    }
    for label, scores in summary["per_class"].items():
        named |= {
            ("precision", label): scores["precision"],
            ("recall", label): scores["recall"],
            ("f1", label): scores["f1"],
            ("misclassified", label): _misclassified(repeats, label),
        }
    return existing(named)


def existing(named: Mapping[Name, Score | PossibleScore]) -> Figures:
    """Leave out the figures that do not exist, as the precision of a class never answered."""
    return cast(
        Figures, {name: score for name, score in named.items() if score["mean"] is not None}
    )


def difference(first: Difference, second: Difference) -> Difference:
    """Give the difference of two scores whose errors are taken as independent.

    They are for different draws of the test side; where some photographs stand behind both, the
    interval is somewhat too wide.

    Parameters
    ----------
    first, second : Difference
        The two scores; their raw values are not asked for.

    Returns
    -------
    Difference
        The ends add the squares of the two intervals' arms (Newcombe 1998, Statistics in Medicine
        17, 873-890); None where a score has no interval.
    """
    mean = first["mean"] - second["mean"]
    low, high, other_low, other_high = first["low"], first["high"], second["low"], second["high"]
    if low is None or high is None or other_low is None or other_high is None:
        return {"mean": mean, "low": None, "high": None}
    below = np.hypot(first["mean"] - low, other_high - second["mean"])
    above = np.hypot(high - first["mean"], second["mean"] - other_low)
    return {"mean": mean, "low": mean - float(below), "high": mean + float(above)}


def _misclassified(repeats: Sequence[Predictions], label: str | None) -> Misclassified:
    asked = [(r.true == label) | (label is None) for r in repeats]
    counts = [int((r.true != r.predicted)[of].sum()) for r, of in zip(repeats, asked, strict=True)]
    total = float(np.mean([of.sum() for of in asked]))
    mean = float(np.mean(counts)) if total else None
    return {"mean": mean, "low": None, "high": None, "raw": [*counts], "of": total}
