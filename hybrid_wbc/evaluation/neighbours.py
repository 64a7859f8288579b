"""Predicts attributes of cells from their nearest neighbours, within their class and in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold
from sklearn.neighbors import NearestNeighbors

FOLDS = 5
# The numbers of neighbours that are tried; all of them, which is the mean, are tried too.
NEIGHBOURS = (5, 10, 20, 40, 80)


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


def errors_of(
    cells: HeldOut,
    targets: Sequence[np.ndarray],
    chosen: Sequence[tuple[int, ...]],
    seed: int,
    advance: Callable[[int, int], None],
) -> list[np.ndarray]:
    """Give each cell's squared error by the mean, the class, each subset, and each with the class.

    The cells are cut into five folds that keep a source together. For each fold the number of
    neighbours is chosen inside the others, where a cell is predicted from other sources. Attributes
    that are known of the same cells share the search for neighbours.

    Parameters
    ----------
    cells : HeldOut
    targets : sequence of numpy.ndarray of float, shape (n, c)
        Of each attribute a row a cell; not a number where it is unknown.
    chosen : sequence of tuple of int
        The subsets of features, counted from 0.
    seed : int
        Of the folds.
    advance : callable
        Called with the parts done and of all.

    Returns
    -------
    list of numpy.ndarray of float, shape (n, 2 + 2 * subsets)
        Of each attribute; 0 throughout where it is not known of a cell.
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
