"""The pairs of pictures that a reader of an audit should see, and how well each pair matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.distance import cdist

from hybrid_wbc.data.arrays import read_sample
from hybrid_wbc.data.auditing import Picture, disagree, groups_of, on_several_sides, strictest
from hybrid_wbc.data.landmarks import Match, landmarks, match

# Of the files of one source; the pairs of all of them would grow with the square.
_MOST_FILES = 200


@dataclass(frozen=True)
class Pair:
    """Two pictures that are said to show the same.

    Attributes
    ----------
    kind : str
        Why they are shown: `sides` (published sides share them), `conflict` (their classes differ)
        or `unlike` (of all copies of one photograph their colours differ most).
    level : str
        What they have in common: one of `auditing.LEVELS`.
    first, second : Picture
    distance : float
        Hellinger's between their colours, 0 to 1.
    match : Match
        Of the two laid on each other; with likeness NOTHING, other copies link them.
    """

    kind: str
    level: str
    first: Picture
    second: Picture
    distance: float
    match: Match


def worst_pairs(
    pictures: Sequence[Picture],
    colours: np.ndarray,
    *,
    most: int = 12,
    progress: Callable[[int, int], None] | None = None,
) -> list[Pair]:
    """Choose one pair of each photograph on several sides, with conflicting labels, or least alike.

    Parameters
    ----------
    pictures : sequence of Picture, length n
    colours : numpy.ndarray of float32, shape (n, 512)
        Histogram of each, from `colours.colour_histograms`.
    most : int
        Pairs of each kind.
    progress : callable, optional
        Called with the pairs compared so far and of all.

    Returns
    -------
    list of Pair
        Kind by kind. Of the files of a group that lie on several sides or disagree, the pair is the
        one whose colours are nearest; those least alike come with the farthest pair first.
    """
    row_of = {picture.id: number for number, picture in enumerate(pictures)}

    def apart(group: Sequence[Picture]) -> np.ndarray:
        rows = colours[[row_of[picture.id] for picture in group]]
        return cdist(rows, rows) / np.sqrt(2)

    chosen: list[tuple[str, str, Picture, Picture, float]] = []
    for level, group in strictest(pictures, on_several_sides)[:most]:
        chosen.append(("sides", level, *_nearest(group, lambda picture: picture.split, apart)))
    for level, group in strictest(pictures, disagree)[:most]:
        chosen.append(("conflict", level, *_nearest(group, lambda picture: picture.labels, apart)))
    copies = [_farthest(group[:_MOST_FILES], apart) for group in groups_of(pictures, "photograph")]
    copies = [pair for pair in copies if pair[0].checksum != pair[1].checksum]
    copies.sort(key=lambda pair: (-pair[2], pair[0].id))
    chosen += [("unlike", "photograph", *pair) for pair in copies[:most]]
    pairs = []
    for kind, level, first, second, distance in chosen:
        found = match(landmarks(read_picture(first)), landmarks(read_picture(second)))
        pairs.append(Pair(kind, level, first, second, distance, found))
        if progress is not None:
            progress(len(pairs), len(chosen))
    return pairs


def read_picture(picture: Picture) -> np.ndarray:
    """Decode a whole picture: uint8 RGB of shape (height, width, 3)."""
    return read_sample(replace(picture.samples[0], box=None))


def _nearest(
    group: Sequence[Picture],
    key: Callable[[Picture], object],
    apart: Callable[[Sequence[Picture]], np.ndarray],
) -> tuple[Picture, Picture, float]:
    """Return the two pictures of nearest colours among those with different, non-empty keys."""
    alike: dict[object, list[Picture]] = defaultdict(list)
    for picture in group:
        if key(picture):
            alike[key(picture)].append(picture)
    few = [picture for part in alike.values() for picture in part[:_MOST_FILES]]
    numbers = np.repeat(range(len(alike)), [len(p[:_MOST_FILES]) for p in alike.values()])
    distances = apart(few)
    distances[numbers[:, None] == numbers] = np.inf
    return _pair(few, distances, int(distances.argmin()))


def _farthest(
    group: Sequence[Picture], apart: Callable[[Sequence[Picture]], np.ndarray]
) -> tuple[Picture, Picture, float]:
    """Return the two pictures of a group whose colours differ most."""
    distances = apart(group)
    return _pair(group, distances, int(distances.argmax()))


def _pair(
    group: Sequence[Picture], distances: np.ndarray, place: int
) -> tuple[Picture, Picture, float]:
    first, second = sorted(divmod(place, len(group)))
    return group[first], group[second], float(distances[first, second])
