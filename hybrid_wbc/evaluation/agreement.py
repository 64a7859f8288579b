"""Counts of the same slides by two methods, set side by side as CLSI H20 does.

CLSI H20 compares a differential with a reference count by eye, class by class over slides. Chance
alone makes two counts of one slide differ: within the limits of the reference is a slide whose
share lies in the exact binomial 95 % limits that the reference's share has in as many cells as the
smaller of both counts has (Ruemke's table is these, rounded); compatible is one whose two counts
Fisher's exact test does not tell apart at 5 %. The
regression is Deming's, which lets both methods err (the ratio of their variances is that of the
counted cells), with jackknife intervals (Linnet 1990, doi 10.1002/sim.4780091210); bias and limits
of agreement are Bland and Altman's (1986, doi 10.1016/S0140-6736(86)90837-8).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.differential import binomial_limits

# With fewer slides than this no line is drawn through them.
_FEWEST = 4
_LEVEL = 0.05


class Estimate(TypedDict):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class ClassAgreement(TypedDict):
    """One class over all slides; shares are in percent of the cells of a slide.

    `within` and `compatible` count slides. `bias` is the mean difference, the count less the
    reference, and `lower` and `upper` are the limits of agreement; None with fewer than two slides.
    `slope` and `intercept` are Deming's, None with fewer than four slides or where the reference
    has one share on all.
    """

    label: str
    within: int
    compatible: int
    bias: Estimate | None
    lower: float | None
    upper: float | None
    slope: Estimate | None
    intercept: Estimate | None
    counted: list[float]
    reference: list[float]


class Agreement(TypedDict):
    """How counts agree with a reference.

    `left_out` names the slides that only one of the tables has; `cells` and `reference_cells` are
    counted on each slide.
    """

    slides: list[str]
    left_out: list[str]
    cells: list[int]
    reference_cells: list[int]
    classes: list[ClassAgreement]


def agree(
    slides: Sequence[str],
    labels: Sequence[str],
    counts: np.ndarray,
    reference: np.ndarray,
    *,
    left_out: Sequence[str] = (),
) -> Agreement:
    """Set counts beside a reference.

    Parameters
    ----------
    slides : sequence of str, length n
    labels : sequence of str, length k
    counts, reference : numpy.ndarray of int, shape (n, k)
        Cells of each class on each slide; each slide has at least one in both.
    left_out : sequence of str

    Returns
    -------
    Agreement
    """
    cells, reference_cells = counts.sum(axis=1), reference.sum(axis=1)
    return {
        "slides": list(slides),
        "left_out": list(left_out),
        "cells": cells.tolist(),
        "reference_cells": reference_cells.tolist(),
        "classes": [
            _of_class(label, counts[:, i], cells, reference[:, i], reference_cells)
            for i, label in enumerate(labels)
        ],
    }


def _of_class(
    label: str,
    count: np.ndarray,
    cells: np.ndarray,
    reference: np.ndarray,
    reference_cells: np.ndarray,
) -> ClassAgreement:
    y, x = 100 * count / cells, 100 * reference / reference_cells
    fewer = np.minimum(cells, reference_cells)
    low, high = binomial_limits(x / 100 * fewer, fewer)
    within = (100 * low <= y) & (y <= 100 * high)
    tables = [
        [[a, n - a], [b, m - b]]
        for a, n, b, m in zip(count, cells, reference, reference_cells, strict=True)
    ]
    compatible = [stats.fisher_exact(table).pvalue >= _LEVEL for table in tables]
    bias, lower, upper = _bias(y - x)
    slope, intercept = _line(x, y, float(np.mean(1 / cells) / np.mean(1 / reference_cells)))
    return {
        "label": label,
        "within": int(within.sum()),
        "compatible": int(sum(compatible)),
        "bias": bias,
        "lower": lower,
        "upper": upper,
        "slope": slope,
        "intercept": intercept,
        "counted": y.tolist(),
        "reference": x.tolist(),
    }


def _bias(apart: np.ndarray) -> tuple[Estimate | None, float | None, float | None]:
    if len(apart) < 2:
        return None, None, None
    mean, spread = float(apart.mean()), float(apart.std(ddof=1))
    half = float(stats.t.ppf(1 - _LEVEL / 2, len(apart) - 1)) * spread / np.sqrt(len(apart))
    bias: Estimate = {"value": mean, "low": mean - half, "high": mean + half}
    return bias, mean - 1.96 * spread, mean + 1.96 * spread


def _line(x: np.ndarray, y: np.ndarray, ratio: float) -> tuple[Estimate | None, Estimate | None]:
    """Fit Deming's line, each slide left out in turn for its intervals."""
    if len(x) < _FEWEST or np.ptp(x) == 0:
        return None, None
    whole = deming(x, y, ratio)
    left = np.array([deming(np.delete(x, i), np.delete(y, i), ratio) for i in range(len(x))])
    if not np.isfinite(left).all() or not np.isfinite(whole).all():
        return None, None
    n = len(x)
    pseudo = n * np.array(whole) - (n - 1) * left
    half = stats.t.ppf(1 - _LEVEL / 2, n - 2) * pseudo.std(axis=0, ddof=1) / np.sqrt(n)
    slope, intercept = (
        Estimate(value=float(v), low=float(v - h), high=float(v + h))
        for v, h in zip(whole, half, strict=True)
    )
    return slope, intercept


def deming(x: np.ndarray, y: np.ndarray, ratio: float = 1.0) -> tuple[float, float]:
    """Fit a line through points of which both coordinates err.

    Parameters
    ----------
    x, y : numpy.ndarray of float, shape (n,)
    ratio : float
        The variance of the errors of y, divided by that of x.

    Returns
    -------
    slope, intercept : float
        Not a number where x and y do not vary together.

    Examples
    --------
    >>> import numpy as np
    >>> deming(np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 7.0]))
    (2.0, 1.0)
    """
    (xx, xy), (_, yy) = np.cov(x, y)
    if xy == 0:
        return np.nan, np.nan
    apart = yy - ratio * xx
    slope = float((apart + np.sqrt(apart**2 + 4 * ratio * xy**2)) / (2 * xy))
    return slope, float(y.mean() - slope * x.mean())
