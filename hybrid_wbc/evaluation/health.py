"""The health of an embedding: what is wrong by its measures, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import count_learned
from hybrid_wbc.evaluation.drift import Drift, Labels
from hybrid_wbc.evaluation.embedding_measures import (
    DUPLICATE,
    Duplicate,
    Measured,
    Measures,
    measure,
)

# Below 2 the embedding is nearer to one number a cell than to two.
_LOW_RANK = 2.0
# Two features reach 2 only where they are uncorrelated; this is the middle between one and two.
_LOW_RANK_OF_TWO = 1.5
# At 100 the smallest feature adds a ten-thousandth of the largest to a squared distance.
_UNEQUAL_SCALE = 100.0
# Below 0 the average cell lies nearer to another class than to its own.
_OVERLAPPING = 0.0
_OTHER_IMAGES = "images that differ: compare stain, microscope and sources of the two sides"


class Examination(Measures):
    """What is measured of one repeat, and what is wrong by it: lines of text without figures."""

    warnings: list[str]


class RepeatHealth(Examination):
    """What is measured of one repeat, what is wrong by it, and the repeat's name."""

    name: str


class Warned(TypedDict):
    """One warning, and the repeats that give it."""

    text: str
    repeats: list[str]


class Health(TypedDict):
    """The health of every repeat's embedding, and all warnings, each once."""

    repeats: list[RepeatHealth]
    warnings: list[Warned]


def examine(
    X: npt.NDArray[np.floating[Any]],
    y: Labels,
    split: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    seed: int,
    names: Sequence[str] | None = None,
) -> Examination:
    """Measure one repeat's embedding, and say what is wrong by that.

    Parameters
    ----------
    X, y, split, seed, names
        As for `embedding_measures.measure`.
    classes : sequence of str

    Returns
    -------
    Examination

    Raises
    ------
    InputError
        As for `embedding_measures.measure`.
    """
    measured = measure(X, y, split, seed=seed, names=names)
    return {**measured.report, "warnings": _warnings(measured, classes)}


def _warnings(measured: Measured, classes: Sequence[str]) -> list[str]:
    """Say what is wrong and what to do, without figures, so that repeats can share a line."""
    report, labels, drift, drift_before = measured
    names = [feature["name"] for feature in report["features"]]
    count, learned = len(names), count_learned(names)
    longer = "train longer, lower the learning rate, or check that the embedding layer is linear"
    lines = [
        f"{feature['name']} is constant on the training side: one of {count} features is lost"
        + (f"; {longer}" if number < learned else "")
        for number, feature in enumerate(report["features"])
        if feature["constant"]
    ]
    lines += [
        f"{_both(pair, names)} are duplicates (|r| above {DUPLICATE}): the second adds next to "
        "nothing" + ("; train longer or from another seed" if pair["second"] <= learned else "")
        for pair in report["duplicates"]
    ]
    larger = "train longer, lower the learning rate, or use a larger network"
    low_rank = _LOW_RANK if count > 2 else _LOW_RANK_OF_TWO
    # Classes that are drawn apart as far as they go span one direction fewer than there are.
    if report["effective_rank"] < min(low_rank, len(np.unique(labels)) - 1):
        lines.append(
            f"effective rank below {low_rank:g}: the {count} features say little more than one "
            "number would" + (f"; {larger}" if learned else "")
        )
    # Hand-made features have units, and so scales, of their own.
    unequal = report["scale_ratio"] is not None and report["scale_ratio"] > _UNEQUAL_SCALE
    if unequal and learned == count:
        lines.append(
            f"one feature's deviation is over {_UNEQUAL_SCALE:g} times another's: harmless to "
            "this package's classifiers, which standardise; standardise before using others"
        )
    if report["all"]["silhouette"] is not None and report["all"]["silhouette"] < _OVERLAPPING:
        lines.append(
            "silhouette of all features below 0 on the training side: the classes overlap more "
            "than they stand apart; "
            + (
                "train longer, check the labels, or use a larger network"
                if learned
                else "check the labels, or take a network's features as well"
            )
        )
    if drift is not None and drift.strong:
        lines.append(
            f"strong drift: test cells, most of all of {classes[drift.farthest]}, lie apart from "
            f"training cells of their own class; "
            + (_advice(drift, drift_before) if learned else f"from {_OTHER_IMAGES}")
        )
    return lines


def _both(pair: Duplicate, names: Sequence[str]) -> str:
    first, second = (names[pair[place] - 1] for place in ("first", "second"))
    if pair["second"] <= count_learned(names):
        return f"features {pair['first']} and {pair['second']}"
    return f"{first} and {second}"


def _advice(drift: Drift, drift_before: Drift | None) -> str:
    """Say what the drift likely comes from: validation cells drift by over-fitting alone."""
    over_fitting = (
        "over-fitting (a network fits the cells it is trained on tighter): augment more, or stop "
        "earlier"
    )
    if drift_before is None:
        return f"either from {over_fitting}; or from {_OTHER_IMAGES}"
    if drift_before.overall > drift.overall / 2:
        return f"validation cells do too, so it is most likely {over_fitting}"
    return f"validation cells do so far less, so it is most likely {_OTHER_IMAGES}"
