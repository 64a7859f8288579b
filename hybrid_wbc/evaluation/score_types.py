"""What a score over the repeats is: the types of every figure, with and without an interval."""

from __future__ import annotations

from typing import NotRequired, cast

from typing_extensions import TypedDict


class Interval(TypedDict):
    """A figure and its 95 % interval."""

    mean: float
    low: float
    high: float


class Score(Interval):
    """A figure over the repeats, with its value in each: None where a repeat has none."""

    raw: list[float | None]


class PossibleScore(TypedDict):
    """A figure that may not exist, as the precision of a class that nothing was taken for.

    A network's training loss has a mean and no interval.
    """

    mean: float | None
    low: float | None
    high: float | None
    raw: list[float | None]


AnyScore = Score | PossibleScore


class Misclassified(PossibleScore):
    """Images classed wrong in a repeat, without an interval, and `of` how many, on average."""

    of: float


class ClassScores(TypedDict):
    """What one classifier reaches on one class; `support` counts its cells over all repeats."""

    precision: PossibleScore
    recall: PossibleScore
    f1: PossibleScore
    support: int
    misclassified: NotRequired[Misclassified]


class OverallScores(TypedDict):
    """What one classifier reaches on the cells of all classes."""

    accuracy: Score
    balanced_accuracy: Score
    macro_precision: Score
    macro_recall: Score
    macro_f1: Score
    kappa: Score


class Areas(TypedDict):
    """The areas under the ROC and the precision-recall curve, one class against the rest."""

    roc_auc: PossibleScore
    average_precision: PossibleScore


class ProbabilityScores(Areas):
    """How good a classifier's probabilities are; the areas are means over the classes.

    The log loss is that of the class that the cell is of, in natural units. The Brier score is half
    the squared distance between the probabilities and the truth, from 0 to 1. Less is better for
    both.
    """

    log_loss: PossibleScore
    brier_score: PossibleScore
    per_class: dict[str, Areas]


class ClassifierScores(OverallScores):
    """What one classifier reaches, overall and by class.

    `confusion` has the counts summed over the repeats, a row for each true class; `probability` is
    there where the classifier gives any.
    """

    per_class: dict[str, ClassScores]
    confusion: list[list[int]]
    element_wise_accuracy: NotRequired[PossibleScore]
    probability: NotRequired[ProbabilityScores]
    misclassified: NotRequired[Misclassified]


def interval_of(score: PossibleScore) -> Interval:
    """Give the mean and interval of a figure that exists."""
    return cast(Interval, {"mean": score["mean"], "low": score["low"], "high": score["high"]})
