"""The differential count, with limits of the counting and limits that hold the errors as well.

The exact binomial limits (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404), of which Ruemke's
table is the rounded form, say how far a share can be off because only so many cells were counted.
They take every cell to be named right.

The wider limits take the classifier's errors in. A class of share t is counted with probability
p(t) = t * s + (1 - t) * f, where s is how often its cells are named right and f how often a cell of
another class is named so (Rogan and Gladen 1978, doi 10.1093/oxfordjournals.aje.a112510). Both come
from held-out cells: their sources are drawn with random weights (the Bayesian bootstrap, Rubin
1981, doi 10.1214/aos/1176345338), half a cell being added to each pair of a true and a said
class. f rests on the other classes' shares, which are estimated for each draw from the
slide's counts (by expectation-maximisation), drawn anew as well. The limits are those shares at
which a count as low, or as high, as that found has a probability of 2.5 % on average over all draws
(as for one test of uncertain sensitivity: Lang and Reiczigel 2014, doi
10.1016/j.prevetmed.2013.09.015), half of the count's own probability counted (mid-P). Of a
classifier that makes no error they are the mid-P binomial limits, which are narrower than Clopper
and Pearson's. They hold as far as the slide's cells are mistaken as held-out ones are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from typing_extensions import TypedDict

# As a laboratory reports them; other classes follow in the order of their names.
ORDER = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")
# Not white cells: what a laboratory counts beside a hundred of them.
BESIDE = ("erythroblast", "platelet")
FEW, ENOUGH = 100, 200
# Held-out sources of each class of white cells, below which nothing is said of the errors: on
# slides drawn from a run with one or two a class, such limits held the true share in 81 % only.
FEWEST_SOURCES = 10

_TAIL = 0.025
_DRAWS = 400
# Cells added to each pair of a true and a said class, as Jeffreys adds to a rare count.
_PRIOR = 0.5
_STEPS = 60
# To 6e-8: limits are shown to a tenth of a percent.
_HALVINGS = 24


class Line(TypedDict):
    """One class of a differential; shares are of all cells that are counted, from 0 to 1.

    `low` and `high` are exact binomial limits, 95 %; `low_with_errors` and `high_with_errors` hold
    the classifier's errors too, and are None without held-out cells.
    """

    label: str
    count: int
    share: float
    low: float
    high: float
    low_with_errors: float | None
    high_with_errors: float | None


class Differential(TypedDict):
    """The cells of one slide, or of one smear.

    `cells` are those that the shares are of. `beside` counts what is no white cell, `unknown` the
    cells that are unlike anything seen, and `cut_off` those that the frame cuts off: none of these
    is among `cells`. `word` says what so few cells tell; it is empty from 200 cells on.
    """

    name: str
    smears: int
    cells: int
    lines: list[Line]
    beside: dict[str, int]
    unknown: int
    cut_off: int
    word: str


@dataclass(frozen=True)
class Errors:
    """How a classifier mistakes held-out cells, by draws of its confusion.

    Parameters
    ----------
    classes : list of str, length k
        Those that are counted.
    confusions : numpy.ndarray of float, shape (draws, k, k)
        The share of the cells of each true class, in rows, that is called each class.
    """

    classes: list[str]
    confusions: np.ndarray

    @classmethod
    def of(
        cls,
        true: np.ndarray,
        said: np.ndarray,
        sources: np.ndarray,
        *,
        labels: Sequence[str],
        seed: int,
    ) -> Errors:
        """Learn from held-out cells; those that are no white cells, or called none, are left out.

        Parameters
        ----------
        true, said : numpy.ndarray of str, shape (n,)
        sources : numpy.ndarray of str, shape (n,)
            The photograph, slide or patient of each cell.
        labels : sequence of str
            All classes that the classifier knows.
        seed : int

        Returns
        -------
        Errors
        """
        classes = in_order(label for label in labels if label not in BESIDE)
        counted = np.isin(said, classes) & np.isin(true, classes)
        k = len(classes)
        number = {label: i for i, label in enumerate(classes)}
        pairs = zip(true[counted].tolist(), said[counted].tolist(), strict=True)
        place = np.array([number[t] * k + number[s] for t, s in pairs], dtype=int)
        names, source = np.unique(sources[counted], return_inverse=True)
        generator = np.random.default_rng(seed)
        totals = generator.gamma(_PRIOR, size=(_DRAWS, k * k))
        for draw in range(_DRAWS):
            weights = generator.exponential(size=len(names))
            totals[draw] += np.bincount(place, weights[source], minlength=k * k)
        totals = totals.reshape(_DRAWS, k, k)
        return cls(classes, totals / totals.sum(axis=2, keepdims=True))

    def limits(self, counts: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Give the limits of each class's true share.

        Parameters
        ----------
        counts : numpy.ndarray of int, shape (k,)
            Cells called each of `classes`; at least one.
        seed : int

        Returns
        -------
        low, high : numpy.ndarray of float, shape (k,)
        """
        generator = np.random.default_rng(seed)
        k = len(self.classes)
        drawn = generator.dirichlet(counts + 1 / k, size=len(self.confusions))
        shares = _unmixed(drawn, self.confusions)
        right = np.einsum("dkk->dk", self.confusions)
        called = np.einsum("dt,dtk->dk", shares, self.confusions)
        wrong = np.clip((called - shares * right) / np.clip(1 - shares, 1e-9, None), 0.0, 1.0)
        cells = int(counts.sum())
        # Of nothing, or of every cell, one of the limits is known.
        low, high = np.zeros(k), np.ones(k)
        some, others = counts > 0, counts < cells
        low[some] = _solve(counts[some], cells, right[:, some], wrong[:, some], upper=False)
        high[others] = _solve(counts[others], cells, right[:, others], wrong[:, others], upper=True)
        return np.minimum(low, high), high


def differential(
    name: str,
    said: Sequence[str],
    *,
    labels: Sequence[str],
    smears: int = 1,
    unknown: int = 0,
    cut_off: int = 0,
    errors: Errors | None = None,
    seed: int = 0,
) -> Differential:
    """Count the cells of one slide.

    Parameters
    ----------
    name : str
    said : sequence of str
        The class that each cell was called; without those unlike anything seen or cut off.
    labels : sequence of str
        All classes that the classifier knows.
    smears, unknown, cut_off : int
        Fields of the slide, and cells that are not counted.
    errors : Errors, optional
        How the classifier mistakes held-out cells.
    seed : int

    Returns
    -------
    Differential

    Examples
    --------
    >>> counted = differential("slide 7", ["neutrophil"] * 60 + ["lymphocyte"] * 40,
    ...                        labels=["lymphocyte", "neutrophil"])
    >>> [(line["label"], line["count"], round(line["high"], 3)) for line in counted["lines"]]
    [('neutrophil', 60, 0.697), ('lymphocyte', 40, 0.503)]
    """
    found = Counter(said)
    classes = in_order(label for label in labels if label not in BESIDE)
    counts = np.array([found[label] for label in classes])
    cells = int(counts.sum())
    low, high = binomial_limits(counts, cells)
    wide = None
    if errors is not None and cells:
        wide = errors.limits(counts, seed=seed)
    return {
        "name": name,
        "smears": smears,
        "cells": cells,
        "lines": [
            {
                "label": label,
                "count": int(counts[i]),
                "share": float(counts[i] / cells) if cells else 0.0,
                "low": float(low[i]),
                "high": float(high[i]),
                "low_with_errors": None if wide is None else float(wide[0][i]),
                "high_with_errors": None if wide is None else float(wide[1][i]),
            }
            for i, label in enumerate(classes)
        ],
        "beside": {label: found[label] for label in BESIDE if label in labels},
        "unknown": unknown,
        "cut_off": cut_off,
        "word": _word(cells),
    }


def binomial_limits(counts: np.ndarray, cells: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the exact 95 % limits of shares, after Clopper and Pearson.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (k,)
        Or of float, where it is the share of another count that is asked about.
    cells : int or numpy.ndarray of int, shape (k,)
        How many were counted in all.

    Returns
    -------
    low, high : numpy.ndarray of float, shape (k,)
        0 and 1 where nothing was counted.

    Examples
    --------
    >>> low, high = binomial_limits(np.array([5]), 100)
    >>> print(f"{low[0]:.3f} to {high[0]:.3f}")
    0.016 to 0.113
    """
    n = np.asarray(counts, dtype=float)
    with np.errstate(invalid="ignore"):
        low = np.where(n > 0, special.betaincinv(n, cells - n + 1, _TAIL), 0.0)
        high = np.where(n < cells, special.betaincinv(n + 1, cells - n, 1 - _TAIL), 1.0)
    return low, high


def in_order(labels: Iterable[str]) -> list[str]:
    """Put classes in the laboratory's order, those it has no place for last, by name."""
    known = set(labels)
    return [label for label in ORDER if label in known] + sorted(known - set(ORDER))


def _word(cells: int) -> str:
    if cells < FEW:
        return f"fewer than {FEW} are too few for a differential"
    if cells < ENOUGH:
        return f"fewer than {ENOUGH}: wide limits; a reference count takes {ENOUGH} a reader"
    return ""


def _unmixed(called: np.ndarray, confusions: np.ndarray) -> np.ndarray:
    """Estimate true shares, of shape (draws, k), from those of the classes that were called."""
    shares = np.full(called.shape, 1 / called.shape[1])
    for _ in range(_STEPS):
        expected = np.einsum("dt,dtk->dk", shares, confusions)
        shares *= np.einsum("dtk,dk->dt", confusions, called / np.clip(expected, 1e-12, None))
    return shares / shares.sum(axis=1, keepdims=True)


def _solve(
    counts: np.ndarray, cells: int, right: np.ndarray, wrong: np.ndarray, *, upper: bool
) -> np.ndarray:
    """Find the share at which a count as low as this, or as high, is as seldom as the tail."""
    below = counts - 1
    bottom, top = np.zeros(len(counts)), np.ones(len(counts))
    for _ in range(_HALVINGS):
        share = (bottom + top) / 2
        called = np.clip(share * right + (1 - share) * wrong, 0.0, 1.0)
        fewer = np.where(below < 0, 0.0, special.bdtr(np.maximum(below, 0), cells, called))
        as_few = special.bdtr(counts, cells, called)
        # Half of the count's own probability, whichever side is asked for.
        low_tail = ((fewer + as_few) / 2).mean(axis=0)
        beyond = low_tail < _TAIL if upper else low_tail < 1 - _TAIL
        top = np.where(beyond, share, top)
        bottom = np.where(beyond, bottom, share)
    solved = (bottom + top) / 2
    # At the ends the equation has no solution within.
    if upper:
        return np.where(solved > 1 - 1e-6, 1.0, solved)
    return np.where(solved < 1e-6, 0.0, solved)
