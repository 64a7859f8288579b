"""The pairs of pictures that a reader of an audit should see, and how well each pair matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist

from hybrid_wbc.data.arrays import read_sample
from hybrid_wbc.data.photographs.copies import (
    Level,
    Picture,
    disagree,
    groups_of,
    on_several_sides,
    strictest,
)
from hybrid_wbc.data.photographs.landmarks import Landmarks, Match, landmarks, match

# Of the files of one source; the pairs of all of them would grow with the square.
_MOST_FILES = 200
_CANDIDATES = 300


PairKind = Literal["sides", "conflict", "unlike"]
"""Why a pair is shown: published sides share it, its classes differ, or its colours differ most."""


@dataclass(frozen=True)
class Pair:
    """Two pictures that are said to show the same.

    Attributes
    ----------
    kind : PairKind
    level : Level
        What they have in common.
    first, second : Picture
    distance : float
        Hellinger's between their colours, 0 to 1.
    match : Match
        Of the two laid on each other; with likeness NOTHING, other copies link them.
    """

    kind: PairKind
    level: Level
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
        Most pairs of each kind.
    progress : callable, optional
        Called with the groups compared so far and of all.

    Returns
    -------
    list of Pair
        Kind by kind. Of the files of a group that lie on several sides or disagree, the pair is the
        byte-identical one, or else the one of nearest colours that is seen to match; of those least
        alike, the pairs whose colours differ most come first.
    """
    row_of = {picture.id: number for number, picture in enumerate(pictures)}

    def apart(group: Sequence[Picture]) -> np.ndarray:
        rows = colours[[row_of[picture.id] for picture in group]]
        return cdist(rows, rows) / np.sqrt(2)

    chosen: list[tuple[PairKind, Level, list[_Candidate]]] = []
    conditions: dict[PairKind, Callable[[Iterable[Picture]], bool]] = {
        "sides": on_several_sides,
        "conflict": disagree,
    }
    for kind, condition in conditions.items():
        for level, group in strictest(pictures, condition)[:most]:
            chosen.append((kind, level, _nearest(group, condition, apart)))
    copies = [_farthest(group[:_MOST_FILES], apart) for group in groups_of(pictures, "photograph")]
    copies.sort(key=lambda pair: (-pair[2], pair[0].id))
    chosen += [("unlike", "photograph", [pair]) for pair in copies[:most] if pair[2] >= 0]
    seen: dict[str, Landmarks] = {}
    pairs = []
    for kind, level, candidates in chosen:
        looked_at = (Pair(kind, level, *pair, _match(*pair[:2], seen)) for pair in candidates)
        pairs.append(_first_that_matches(looked_at))
        if progress is not None:
            progress(len(pairs), len(chosen))
    return pairs


def read_picture(picture: Picture) -> np.ndarray:
    """Decode a whole picture: uint8 RGB of shape (height, width, 3)."""
    return read_sample(replace(picture.samples[0], box=None))


_Candidate = tuple[Picture, Picture, float]
"""Two pictures, and how far apart their colours are."""


def _nearest(
    group: Sequence[Picture],
    condition: Callable[[Iterable[Picture]], bool],
    apart: Callable[[Sequence[Picture]], np.ndarray],
) -> list[_Candidate]:
    """Return the pairs that a condition holds for: byte-identical, then of nearest colours."""
    alike: dict[object, list[Picture]] = defaultdict(list)
    for picture in group:
        alike[picture.split, picture.labels, picture.photograph].append(picture)
    parts = [part[:_MOST_FILES] for part in alike.values()]
    few = [picture for part in parts for picture in part]
    numbers = np.repeat(range(len(parts)), [len(part) for part in parts])
    holds = np.array([[condition((one[0], other[0])) for other in parts] for one in parts])
    rows, columns = np.nonzero(np.triu(holds[numbers[:, None], numbers]))
    distances = apart(few)[rows, columns]
    order = np.lexsort((distances, ~_same_bytes(few)[rows, columns]))[:_CANDIDATES]
    return [(few[rows[i]], few[columns[i]], float(distances[i])) for i in order.tolist()]


def _farthest(
    group: Sequence[Picture], apart: Callable[[Sequence[Picture]], np.ndarray]
) -> _Candidate:
    """Return the two files whose colours differ most; -1 apart where all have the same bytes."""
    distances = np.where(_same_bytes(group), -1.0, apart(group))
    first, second = divmod(int(distances.argmax()), len(group))
    return group[first], group[second], float(distances[first, second])


def _same_bytes(group: Sequence[Picture]) -> np.ndarray:
    checksums = np.array([picture.checksum for picture in group])
    return checksums[:, None] == checksums


def _match(first: Picture, second: Picture, seen: dict[str, Landmarks]) -> Match:
    for picture in (first, second):
        if picture.id not in seen:
            seen[picture.id] = landmarks(read_picture(picture))
    return match(seen[first.id], seen[second.id])


def _first_that_matches(pairs: Iterable[Pair]) -> Pair:
    """Return the first pair that is seen to match or is byte-identical, else the very first."""
    first = None
    for pair in pairs:
        first = first or pair
        if pair.match.likeness or pair.first.checksum == pair.second.checksum:
            return pair
    assert first is not None
    return first
