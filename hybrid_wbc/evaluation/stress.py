"""What a finished run is worth under stress: the types of its five axes, and their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NotRequired

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.certainty import Certainty, measure_certainty
from hybrid_wbc.evaluation.few_cells import FewCells
from hybrid_wbc.evaluation.novelty import Unknown
from hybrid_wbc.evaluation.probabilities import Probabilities, likeliest_of
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import ClassifierScores, PossibleScore
from hybrid_wbc.evaluation.statistics import Predictions, summarise

# Of accuracy: where so much is lost, damage is said to tell.
TELLING_LOSS = 0.05


class Tested(TypedDict):
    """What each classifier reaches on one set, over the classes that the run has too.

    `left_out` are the set's other classes, `cells` and `sources` the different ones that were asked
    about, `elsewhere` the share of answers that name a class of the run that the set has not, by
    classifier; they count as wrong. `among_shared` is what those with probabilities reach where
    they choose among `classes` alone; it is empty where these are all of the run's, and earlier
    versions left it out. `certainty` is that of those with probabilities.
    """

    name: str
    synthetic: bool
    classes: list[str]
    left_out: list[str]
    cells: int
    sources: int
    effective_sources: float
    notes: list[str]
    classifiers: dict[str, ClassifierScores]
    elsewhere: dict[str, float]
    among_shared: NotRequired[dict[str, ClassifierScores]]
    certainty: dict[str, Certainty]


class DamageScore(TypedDict):
    """The accuracy on damaged cells, and how much lower it is than on the same cells undamaged."""

    accuracy: PossibleScore
    lost: PossibleScore


class DamageStep(TypedDict):
    """One step of one damage, by classifier."""

    amount: float
    classifiers: dict[str, DamageScore]


class DamageKind(TypedDict):
    """One damage: its steps, and the first at which five points are lost, by classifier.

    None where no step takes so much.
    """

    title: str
    unit: str
    steps: list[DamageStep]
    telling: dict[str, float | None]


class Damaged(TypedDict):
    """What damage takes: `cells` test cells of each repeat, undamaged and by kind of damage."""

    cells: list[int]
    undamaged: dict[str, PossibleScore]
    kinds: dict[str, DamageKind]


class Stress(TypedDict):
    """A run under stress, along five axes.

    `home` is the run's own test side; certainty lies within it and within each set of `shift`.
    `few_cells` and `unknown` are empty for a network without an embedding layer, and `damage` is
    None where the pictures are gone.
    """

    synthetic: bool
    protocol: str
    quick: bool
    seed: int
    repeats: list[str]
    home: Tested
    shift: list[Tested]
    few_cells: list[FewCells]
    unknown: list[Unknown]
    damage: Damaged | None
    notes: list[str]


@dataclass(frozen=True)
class SetFacts:
    """What is told of a set beside its figures; each as `Tested` has it."""

    name: str
    synthetic: bool
    cells: int
    left_out: Sequence[str] = ()
    notes: Sequence[str] = ()


def score_set(
    facts: SetFacts,
    said: Mapping[str, Sequence[Predictions]],
    given: Mapping[str, Sequence[Probabilities]],
    classes: Sequence[str],
    *,
    seed: int,
    groups: Sequence[int],
) -> Tested:
    """Score what was said of one set.

    Parameters
    ----------
    facts : SetFacts
    said : mapping of str to sequence of Predictions
        By classifier, one a repeat.
    given : mapping of str to sequence of Probabilities
        The same for the classifiers that give any.
    classes : sequence of str
        All of the run's.
    seed : int
    groups : sequence of int
        As for `resampling.Resampling`.

    Returns
    -------
    Tested
    """
    first = next(iter(said.values()))
    labels = np.unique(np.concatenate([repeat.true for repeat in first]))
    sources = np.concatenate([repeat.sources for repeat in first])
    answers = {key: np.concatenate([r.predicted for r in of]) for key, of in said.items()}
    return {
        "name": facts.name,
        "synthetic": facts.synthetic,
        "classes": labels.tolist(),
        "left_out": list(facts.left_out),
        "cells": facts.cells,
        "sources": len(np.unique(sources)),
        "effective_sources": effective_sources(sources),
        "notes": list(facts.notes),
        "classifiers": {
            key: summarise(repeats, classes, seed=seed, groups=groups)
            for key, repeats in said.items()
        },
        "elsewhere": {
            key: float(1 - np.isin(predicted, labels).mean()) for key, predicted in answers.items()
        },
        "among_shared": {
            key: summarise(_among(labels, repeats, classes), classes, seed=seed, groups=groups)
            for key, repeats in given.items()
            if len(labels) < len(classes)
        },
        "certainty": {
            key: measure_certainty(repeats, seed=seed, groups=groups)
            for key, repeats in given.items()
        },
    }


def _among(
    labels: np.ndarray, repeats: Sequence[Probabilities], classes: Sequence[str]
) -> list[Predictions]:
    """Give what is said where only these labels, some of the classes, can be named.

    What gives none of them any probability keeps its answer, which is wrong.
    """
    names = np.array(classes)
    chosen = np.isin(names, labels)
    return [
        Predictions(names[each.y], names[likeliest_of(each.probabilities, chosen)], each.sources)
        for each in repeats
    ]


Right = Mapping[str, np.ndarray]
"""By classifier, whether each cell was classed right: bool, shape (n,)."""


def score_damage(
    undamaged: Sequence[Right],
    steps: Mapping[float, Sequence[Right]],
    sources: Sequence[np.ndarray],
    *,
    seed: int,
    groups: Sequence[int],
) -> tuple[dict[str, PossibleScore], list[DamageStep], dict[str, float | None]]:
    """Score the steps of one damage against the same cells undamaged.

    Parameters
    ----------
    undamaged : sequence of Right
        One a repeat.
    steps : mapping of float to sequence of Right
        By amount, from slight to strong, one a repeat.
    sources : sequence of numpy.ndarray of str
        Of each repeat's cells.
    seed : int
    groups : sequence of int
        As for `resampling.Resampling`.

    Returns
    -------
    accuracy : dict of str to PossibleScore
        By classifier, undamaged.
    scored : list of DamageStep
    telling : dict of str to float or None
        By classifier, the first step at which `TELLING_LOSS` is lost.
    """
    resampling = Resampling(sources, seed=seed, groups=groups)
    accuracy: dict[str, PossibleScore] = {}
    scored: list[DamageStep] = [{"amount": amount, "classifiers": {}} for amount in steps]
    telling: dict[str, float | None] = {}
    for key in undamaged[0]:
        whole = [right[key].astype(float)[:, None] for right in undamaged]
        damaged = [
            np.column_stack([of_step[repeat][key] for of_step in steps.values()]).astype(float)
            for repeat in range(len(undamaged))
        ]
        apart = [before - after for before, after in zip(whole, damaged, strict=True)]
        (accuracy[key],) = resampling.column_scores(whole)
        reached = resampling.column_scores(damaged)
        lost = resampling.column_scores(apart, lowest=None)
        for step, now, less in zip(scored, reached, lost, strict=True):
            step["classifiers"][key] = {"accuracy": now, "lost": less}
        telling[key] = next(
            (
                step["amount"]
                for step, less in zip(scored, lost, strict=True)
                # Of 20 cells one is five points, but for rounding.
                if less["mean"] is not None and less["mean"] >= TELLING_LOSS - 1e-9
            ),
            None,
        )
    return accuracy, scored, telling
