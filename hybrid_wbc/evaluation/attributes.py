"""How much the features tell of an attribute of the cells, alone and beyond the class.

The measure is the share of the attribute's variation that nearest neighbours explain, on cells
that they were not fitted on: 1 less the squared error over that of the overall mean. For a number
this is R squared. A category is taken as one column of 0 and 1 for each value, and then it is the
Brier skill score (Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2; Murphy 1973, doi
10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2). 1 is all, 0 nothing, and below 0 is worse than the
mean.

With the class the neighbours are sought among the cells of the same class. As many neighbours as
there are give the class alone: a class that says all leaves nothing to gain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.neighbours import HeldOut, errors_of
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import Score
from hybrid_wbc.evaluation.shapley import subsets

# Of more features than this, each alone and all together: the subsets double with each.
MOST_FEATURES = 8

Kind = Literal["categories", "number"]


class Told(TypedDict):
    """What some features, counted from 1, tell of an attribute.

    Shares of its variation: by the features `alone`, by them `with_class`, and of the latter what
    is `beyond_class`, the class alone taken away.
    """

    features: list[int]
    alone: Score
    with_class: Score
    beyond_class: Score


class Attribute(TypedDict):
    """What the class and every subset of the features tell of one attribute.

    `values` counts the tested cells of each category and is empty for a number; `left_out` counts
    those of categories with too few. `p_holm` is of what all features tell beyond the class: that
    it is nothing, corrected after Holm for the number of attributes.
    """

    name: str
    kind: Kind
    values: dict[str, int]
    left_out: dict[str, int]
    cells: int
    sources: int
    effective_sources: float
    class_alone: Score
    subsets: list[Told]
    p_holm: float


class Unused(TypedDict):
    """A column of the table that says nothing, and why."""

    name: str
    reason: str


class AttributesTold(TypedDict):
    """What the features of a run tell of the attributes in a table.

    Of its `rows` there are `tested` of cells on a test side, `elsewhere` of cells that the run
    only trained on or left out, and `unmatched` of which it knows no cell, the first of them
    `named`. `without_row` test cells stand in no row.
    """

    table: str
    synthetic: bool
    repeats: list[str]
    features: list[str]
    rows: int
    tested: int
    elsewhere: int
    unmatched: int
    named: list[str]
    without_row: int
    unused: list[Unused]
    attributes: list[Attribute]


@dataclass(frozen=True)
class Column:
    """One attribute of the tested cells.

    Parameters
    ----------
    name : str
    kind : {"categories", "number"}
    values, left_out : dict of str to int
        As in `Attribute`.
    targets : sequence of numpy.ndarray of float, shape (n, c)
        For each repeat a row a cell: its number, or a 1 for its category and 0 for the others; not
        a number where it is unknown.
    """

    name: str
    kind: Kind
    values: dict[str, int]
    left_out: dict[str, int]
    targets: Sequence[np.ndarray]


def asked(width: int) -> list[tuple[int, ...]]:
    """List the subsets of so many features that are asked, counted from 0.

    Examples
    --------
    >>> asked(2)
    [(0,), (1,), (0, 1)]
    >>> len(asked(5)), len(asked(9))
    (31, 10)
    """
    if width <= MOST_FEATURES:
        return subsets(width)
    return [*((feature,) for feature in range(width)), tuple(range(width))]


def explain(
    tested: Sequence[HeldOut],
    columns: Sequence[Column],
    *,
    groups: Sequence[int],
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Attribute]:
    """Say what the class and every subset of the features tell of each attribute.

    The tested cells are cut into five folds that keep a source together. For each fold the number
    of neighbours is chosen inside the others, where a cell is predicted from other sources.

    Parameters
    ----------
    tested : sequence of HeldOut
        One per repeat.
    columns : sequence of Column
        Their attributes; the known cells of each come from two sources or more in every repeat.
    groups : sequence of int
        The seed of each repeat, as for `Resampling`.
    seed : int
        Seeds the folds and the resampling.
    progress : callable, optional
        Called with the parts done and of all.

    Returns
    -------
    list of Attribute
    """
    chosen = asked(tested[0].X.shape[1])
    errors: list[list[np.ndarray]] = [[] for _ in columns]
    for number, cells in enumerate(tested):

        def advance(done: int, total: int, number: int = number) -> None:
            if progress is not None:
                progress(number * total + done, len(tested) * total)

        found = errors_of(cells, [c.targets[number] for c in columns], chosen, seed, advance)
        for kept, one in zip(errors, found, strict=True):
            kept.append(one)
    resampling = Resampling([cells.sources for cells in tested], groups=groups, seed=seed)
    summed_up = [
        _summed_up(column, of_column, tested, chosen, resampling)
        for column, of_column in zip(columns, errors, strict=True)
    ]
    gains = [attribute["subsets"][-1]["beyond_class"] for attribute in summed_up]
    corrected = multipletests([_p_value(gain) for gain in gains], method="holm")[1]
    for attribute, p in zip(summed_up, corrected, strict=True):
        attribute["p_holm"] = float(p)
    return summed_up


def _p_value(score: Score) -> float:
    """Give the two-sided p of no gain from its 95 % interval, taken for that of a normal value.

    With few sources the interval is wider than that, and p rather too large.
    """
    deviation = (score["high"] - score["low"]) / 2 / stats.norm.ppf(0.975)
    return float(2 * stats.norm.sf(abs(score["mean"]) / deviation)) if deviation else 1.0


def _summed_up(
    column: Column,
    errors: Sequence[np.ndarray],
    tested: Sequence[HeldOut],
    chosen: Sequence[tuple[int, ...]],
    resampling: Resampling,
) -> Attribute:
    """Turn the squared errors of one attribute into shares with their intervals."""
    known = [~np.isnan(target[:, 0]) for target in column.targets]
    sources = np.concatenate(
        [cells.sources[mask] for cells, mask in zip(tested, known, strict=True)]
    )
    n_sources = effective_sources(sources)
    values = np.stack([_shares(part.sum(axis=0)) for part in errors])
    spread = np.stack([_shares(total.astype(float)) for total in resampling.totals(errors)])

    def score(place: int, less: int | None = None) -> Score:
        of, drawn = values[:, place], spread[:, :, place]
        if less is not None:
            of, drawn = of - values[:, less], drawn - spread[:, :, less]
        return cast(Score, resampling.score(of, drawn, n_sources, lowest=None))

    return {
        "name": column.name,
        "kind": column.kind,
        "values": column.values,
        "left_out": column.left_out,
        "cells": sum(int(mask.sum()) for mask in known),
        "sources": len(np.unique(sources)),
        "effective_sources": n_sources,
        "class_alone": score(0),
        "subsets": [
            {
                "features": [1 + feature for feature in subset],
                "alone": score(place),
                "with_class": score(place + len(chosen)),
                "beyond_class": score(place + len(chosen), less=0),
            }
            for place, subset in enumerate(chosen, start=1)
        ],
        "p_holm": 1.0,
    }


def _shares(totals: np.ndarray) -> np.ndarray:
    """Give 1 less each squared error over the first, which is that of the mean."""
    of_mean = totals[..., :1]
    return np.where(of_mean > 0, 1 - totals[..., 1:] / np.where(of_mean > 0, of_mean, 1), np.nan)
