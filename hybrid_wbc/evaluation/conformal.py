"""Prediction sets that hold the true class as often as asked for, class by class.

A class is in a cell's set where its p value is above 1 - level: the share of held-out cells of that
class to which the classifier gave the class no more probability (split conformal prediction, by
class: Vovk 2012, arXiv 1209.2673). Cells of one photograph or slide say much the same, so each
source of a class counts once, its cells in equal parts: the promise is then for a cell of a source
that nobody has seen (hierarchical conformal prediction; Lee, Barber and Willett 2023, arXiv
2306.06342). Where each cell is its own source both are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from typing_extensions import TypedDict

_HALVINGS = 20


class Coverage(TypedDict):
    """How often sets held the true class, on held-out cells that they were not made from.

    `per_class` has None for a class without a held-out cell. `size` is the mean number of classes
    in a set.
    """

    level: float
    covered: float
    size: float
    cells: int
    sources: int
    per_class: dict[str, float | None]


class TooFew(TypedDict):
    """A class with fewer held-out sources than a level takes: it is in every set."""

    label: str
    sources: int
    needed: int


@dataclass(frozen=True)
class PredictionSets:
    """What held-out cells tell of each class: their scores, and what each counts.

    A score is 1 less the probability that the classifier gave the cell's true class.

    Parameters
    ----------
    scores : list of numpy.ndarray of float, length k
        Of the held-out cells of each class, in rising order.
    weights : list of numpy.ndarray of float, length k
        Of the same cells; those of one source come to 1.
    """

    scores: list[np.ndarray]
    weights: list[np.ndarray]

    @classmethod
    def of(
        cls, y: np.ndarray, probabilities: np.ndarray, sources: Sequence[str] | np.ndarray
    ) -> PredictionSets:
        """Learn from held-out cells, which took no part in the training.

        Parameters
        ----------
        y : numpy.ndarray of int, shape (n,)
            Position of each cell's class.
        probabilities : numpy.ndarray of float, shape (n, k)
        sources : sequence of str, length n
            The photograph, slide or patient of each cell.

        Returns
        -------
        PredictionSets
        """
        names = np.asarray(sources)
        scores, weights = [], []
        for label in range(probabilities.shape[1]):
            of_class = y == label
            score = 1 - probabilities[of_class, label].astype(float)
            _, source, cells = np.unique(names[of_class], return_inverse=True, return_counts=True)
            order = np.argsort(score, kind="stable")
            scores.append(score[order])
            weights.append((1 / cells[source])[order])
        return cls(scores, weights)

    def p_values(self, probabilities: np.ndarray) -> np.ndarray:
        """Give the p value of each class for each cell.

        Parameters
        ----------
        probabilities : numpy.ndarray of float, shape (n, k)

        Returns
        -------
        numpy.ndarray of float, shape (n, k)
        """
        p = np.empty(probabilities.shape)
        for label, (scores, weights) in enumerate(zip(self.scores, self.weights, strict=True)):
            # What the cells from each position on count together.
            beyond = np.append(np.cumsum(weights[::-1])[::-1], 0.0)
            first = np.searchsorted(scores, 1 - probabilities[:, label].astype(float))
            p[:, label] = (beyond[first] + 1) / (beyond[0] + 1)
        return p

    def sets(self, probabilities: np.ndarray, level: float) -> np.ndarray:
        """Say which classes are in each cell's set.

        Parameters
        ----------
        probabilities : numpy.ndarray of float, shape (n, k)
        level : float
            Between 0 and 1: how often the set of a cell shall hold its class.

        Returns
        -------
        numpy.ndarray of bool, shape (n, k)
            A set can be empty: the cell is unlike the held-out cells of every class.

        Examples
        --------
        >>> import numpy as np
        >>> held_out = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9]])
        >>> y, slides = np.array([0, 0, 0, 1, 1]), ["a", "b", "c", "d", "e"]
        >>> known = PredictionSets.of(y, held_out, slides)
        >>> known.sets(np.array([[0.85, 0.15], [0.5, 0.5]]), 0.6)
        array([[ True, False],
               [False, False]])
        """
        return self.p_values(probabilities) > _missed(level)

    def too_few(self, level: float, classes: Sequence[str]) -> list[TooFew]:
        """Name the classes with fewer held-out sources than the level takes.

        Parameters
        ----------
        level : float
        classes : sequence of str, length k

        Returns
        -------
        list of TooFew
        """
        needed = math.ceil(round(1 / _missed(level) - 1, 9))
        counts = [round(float(weights.sum())) for weights in self.weights]
        return [
            {"label": label, "sources": count, "needed": needed}
            for label, count in zip(classes, counts, strict=True)
            if count < needed
        ]


def coverage(
    y: np.ndarray,
    probabilities: np.ndarray,
    sources: Sequence[str] | np.ndarray,
    *,
    level: float,
    classes: Sequence[str],
    seed: int,
) -> Coverage | None:
    """Measure how often sets hold the true class of cells that they were not made from.

    The sources are parted in halves, twenty times; the sets of either half's cells are made from
    the other half.

    Parameters
    ----------
    y, probabilities, sources
        As for `PredictionSets.of`.
    level : float
    classes : sequence of str, length k
    seed : int

    Returns
    -------
    Coverage or None
        None where there are fewer than two sources.
    """
    names, source = np.unique(np.asarray(sources), return_inverse=True)
    if len(names) < 2:
        return None
    generator = np.random.default_rng(seed)
    covered, size = np.zeros(len(y)), np.zeros(len(y))
    for _ in range(_HALVINGS):
        in_first = (generator.permutation(len(names)) < len(names) / 2)[source]
        for asked in (in_first, ~in_first):
            known = PredictionSets.of(y[~asked], probabilities[~asked], np.asarray(sources)[~asked])
            sets = known.sets(probabilities[asked], level)
            covered[asked] += sets[np.arange(len(sets)), y[asked]]
            size[asked] += sets.sum(axis=1)
    covered /= _HALVINGS
    return {
        "level": level,
        "covered": float(covered.mean()),
        "size": float(size.mean() / _HALVINGS),
        "cells": len(y),
        "sources": len(names),
        "per_class": {
            label: float(covered[y == i].mean()) if (y == i).any() else None
            for i, label in enumerate(classes)
        },
    }


def _missed(level: float) -> float:
    """Give 1 - level without the rounding that would make 9 cells too few for a level of 0.9."""
    return round(1 - level, 12)
