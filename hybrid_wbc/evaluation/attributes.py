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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from scipy import stats
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import NearestNeighbors
from statsmodels.stats.multitest import multipletests
from typing_extensions import TypedDict

from hybrid_wbc.evaluation.shapley import subsets
from hybrid_wbc.evaluation.statistics import Resampling, Score, effective_sources

FOLDS = 5
# The numbers of neighbours that are tried; all of them, which is the mean, are tried too.
NEIGHBOURS = (5, 10, 20, 40, 80)
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


@dataclass(frozen=True)
class HeldOut:
    """The test cells of one repeat that the table knows.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, d)
        Their features, standardised on the training side.
    labels, sources : numpy.ndarray of str, shape (n,)
    """

    X: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    def taken(self, cells: np.ndarray) -> HeldOut:
        """Take some cells, by a mask or by their positions."""
        return HeldOut(self.X[cells], self.labels[cells], self.sources[cells])


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

        found = _errors(cells, [c.targets[number] for c in columns], chosen, seed, advance)
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


def _errors(
    cells: HeldOut,
    targets: Sequence[np.ndarray],
    chosen: Sequence[tuple[int, ...]],
    seed: int,
    advance: Callable[[int, int], None],
) -> list[np.ndarray]:
    """Give each cell's squared error by the mean, the class, each subset, and each with the class.

    It is 0 throughout where the attribute is not known. Attributes that are known of the same
    cells share the search for neighbours.
    """
    errors = [np.zeros((len(cells.X), 2 + 2 * len(chosen))) for _ in targets]
    alike: dict[bytes, list[int]] = {}
    for place, target in enumerate(targets):
        alike.setdefault((~np.isnan(target[:, 0])).tobytes(), []).append(place)
    total, done = len(alike) * FOLDS, 0
    for mask, places in alike.items():
        known = np.flatnonzero(np.frombuffer(mask, dtype=bool))
        part = cells.taken(known)
        own = [targets[place][known] for place in places]
        folds = GroupKFold(
            min(FOLDS, len(np.unique(part.sources))), shuffle=True, random_state=seed
        )
        for trained, held in folds.split(part.X, groups=part.sources):
            for place, target, found in zip(
                places, own, _of_fold(part, own, trained, held, chosen), strict=True
            ):
                wrong = (found - target[held]) ** 2
                errors[place][known[held]] = wrong.sum(axis=2).T
            done += 1
            advance(done, total)
    return errors


def _of_fold(
    cells: HeldOut,
    targets: Sequence[np.ndarray],
    trained: np.ndarray,
    held: np.ndarray,
    chosen: Sequence[tuple[int, ...]],
) -> Iterator[np.ndarray]:
    """Predict each attribute of the cells held back: shape (columns of errors, held cells, c)."""
    near, far = cells.taken(trained), cells.taken(held)
    everyone = np.zeros(len(near.X), dtype=int), np.zeros(len(far.X), dtype=int)
    numbers = np.unique(cells.labels, return_inverse=True)[1]
    ways = []
    for own, other in (everyone, (numbers[trained], numbers[held])):
        searches = [
            (
                _neighbours(near, near, own, own, subset, apart=True),
                _neighbours(near, far, own, other, subset, apart=False),
            )
            for subset in chosen
        ]
        ways.append((own, other, searches))
    for target in targets:
        y = target[trained]
        means, predicted = [], []
        for own, other, searches in ways:
            inside, outside = _means(y, own, own, near.sources), _means(y, own, other)
            means.append(outside)
            predicted += [_predicted(y, *search, inside, outside) for search in searches]
        yield np.stack([*means, *predicted])


def _neighbours(
    near: HeldOut,
    asking: HeldOut,
    near_class: np.ndarray,
    asking_class: np.ndarray,
    subset: tuple[int, ...],
    *,
    apart: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Find each cell's nearest ones of its class, nearest first, and count them.

    Where both are the same cells, they lie `apart` by their source: what is short of the most
    neighbours is filled with cells that do not count.
    """
    most, columns = NEIGHBOURS[-1], np.array(subset)
    found = np.zeros((len(asking.X), most), dtype=np.intp)
    counts = np.zeros(len(asking.X), dtype=int)
    for label in np.unique(asking_class):
        own, rows = np.flatnonzero(near_class == label), np.flatnonzero(asking_class == label)
        if not len(own):
            continue
        of_own = near.sources[own]
        # So many more may be of the cell's own source.
        more = int(np.unique(of_own, return_counts=True)[1].max()) if apart else 0
        # Many small searches: threads that wait for each other would take most of the time.
        search = NearestNeighbors(n_neighbors=min(most + more, len(own)), algorithm="kd_tree")
        search.fit(near.X[np.ix_(own, columns)])
        places = search.kneighbors(asking.X[np.ix_(rows, columns)], return_distance=False)
        if apart:
            same = of_own[places] == asking.sources[rows][:, None]
            places = np.take_along_axis(places, np.argsort(same, axis=1, kind="stable"), axis=1)
            counts[rows] = np.minimum((~same).sum(axis=1), most)
        else:
            counts[rows] = places.shape[1]
        width = min(most, places.shape[1])
        found[rows, :width] = own[places[:, :width]]
    return found, counts


def _means(
    y: np.ndarray,
    near_class: np.ndarray,
    asking_class: np.ndarray,
    sources: np.ndarray | None = None,
) -> np.ndarray:
    """Give each cell the mean of its class, or of all where there is none.

    With `sources`, those asking are the near cells themselves, and their own source is left out.
    """
    width = 1 + max(near_class.max(), asking_class.max())
    sums, counts = _totals(y, near_class, width)
    sums, counts = sums[asking_class], counts[asking_class]
    if sources is not None:
        names, of = np.unique(sources, return_inverse=True)
        of = of * width + near_class
        own, number = _totals(y, of, len(names) * width)
        sums, counts = sums - own[of], counts - number[of]
    known = counts > 0
    return np.where(known[:, None], sums / np.where(known, counts, 1)[:, None], y.mean(axis=0))


def _totals(y: np.ndarray, groups: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum the rows of each group, and count them."""
    sums = np.zeros((width, y.shape[1]))
    np.add.at(sums, groups, y)
    return sums, np.bincount(groups, minlength=width)


def _predicted(
    y: np.ndarray,
    inside: tuple[np.ndarray, np.ndarray],
    outside: tuple[np.ndarray, np.ndarray],
    mean_inside: np.ndarray,
    mean_outside: np.ndarray,
) -> np.ndarray:
    """Predict with as many neighbours as serve best inside the training part."""
    tried = [*_averages(y, *inside, mean_inside), mean_inside]
    best = int(np.argmin([((each - y) ** 2).sum() for each in tried]))
    if best == len(NEIGHBOURS):
        return mean_outside
    return _averages(y, *outside, mean_outside, NEIGHBOURS[best : best + 1])[0]


def _averages(
    y: np.ndarray,
    places: np.ndarray,
    counts: np.ndarray,
    mean: np.ndarray,
    tried: Sequence[int] = NEIGHBOURS,
) -> list[np.ndarray]:
    """Average the nearest cells for each number of neighbours; the mean where there is none."""
    counted = np.arange(tried[-1]) < counts[:, None]
    sums = np.cumsum(y[places[:, : tried[-1]]] * counted[:, :, None], axis=1)
    some = counts > 0
    return [
        np.where(
            some[:, None], sums[:, k - 1] / np.where(some, np.minimum(counts, k), 1)[:, None], mean
        )
        for k in tried
    ]
