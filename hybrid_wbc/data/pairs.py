"""The pairs of pictures that a reader of an audit should see, and how well each pair matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.distance import cdist

from hybrid_wbc.data.arrays import read_sample
from hybrid_wbc.data.auditing import Picture, disagree, groups_of, on_several_sides, strictest
from hybrid_wbc.data.landmarks import Landmarks, Match, landmarks, match

# Of the files of one source; the pairs of all of them would grow with the square.
_MOST_FILES = 200
_CANDIDATES = 30


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
        Most pairs of each kind.
    progress : callable, optional
        Called with the groups compared so far and of all.

    Returns
    -------
    list of Pair
        Kind by kind. Of the files of a group that lie on several sides or disagree, the pair is the
        one that matches best among the thirty of nearest colours; of those least alike, the pairs
        whose colours differ most come first.
    """
    row_of = {picture.id: number for number, picture in enumerate(pictures)}

    def apart(group: Sequence[Picture]) -> np.ndarray:
        rows = colours[[row_of[picture.id] for picture in group]]
        return cdist(rows, rows) / np.sqrt(2)

    chosen: list[tuple[str, str, list[_Candidate]]] = []
    for kind, condition in (("sides", on_several_sides), ("conflict", disagree)):
        for level, group in strictest(pictures, condition)[:most]:
            chosen.append((kind, level, _nearest(group, condition, apart)))
    copies = [_farthest(group[:_MOST_FILES], apart) for group in groups_of(pictures, "photograph")]
    copies.sort(key=lambda pair: (-pair[0], pair[1].id))
    chosen += [("unlike", "photograph", [pair]) for pair in copies[:most] if pair[0] >= 0]
    seen: dict[str, Landmarks] = {}
    pairs = []
    for kind, level, candidates in chosen:
        found = [
            Pair(kind, level, first, second, distance, _match(first, second, seen))
            for distance, first, second in candidates
        ]
        pairs.append(max(found, key=_evidence))
        if progress is not None:
            progress(len(pairs), len(chosen))
    return pairs


def read_picture(picture: Picture) -> np.ndarray:
    """Decode a whole picture: uint8 RGB of shape (height, width, 3)."""
    return read_sample(replace(picture.samples[0], box=None))


_Candidate = tuple[float, Picture, Picture]
"""How far apart the colours of two pictures are, and the two."""


def _nearest(
    group: Sequence[Picture],
    condition: Callable[[Iterable[Picture]], bool],
    apart: Callable[[Sequence[Picture]], np.ndarray],
) -> list[_Candidate]:
    """Return the pairs of nearest colours that a condition holds for."""
    alike: dict[object, list[Picture]] = defaultdict(list)
    for picture in group:
        alike[picture.split, picture.labels].append(picture)
    parts = [part[:_MOST_FILES] for part in alike.values()]
    few = [picture for part in parts for picture in part]
    numbers = np.repeat(range(len(parts)), [len(part) for part in parts])
    holds = np.array([[condition((one[0], other[0])) for other in parts] for one in parts])
    distances = apart(few)
    rows, columns = np.nonzero(np.triu(holds[numbers[:, None], numbers]))
    order = np.argsort(distances[rows, columns], kind="stable")[:_CANDIDATES]
    return [
        (float(distances[row, column]), few[row], few[column])
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    ]


def _farthest(
    group: Sequence[Picture], apart: Callable[[Sequence[Picture]], np.ndarray]
) -> _Candidate:
    """Return the two files whose colours differ most; -1 apart where all have the same bytes."""
    bytes_of = np.array([picture.checksum for picture in group])
    distances = np.where(bytes_of[:, None] == bytes_of, -1.0, apart(group))
    first, second = divmod(int(distances.argmax()), len(group))
    return float(distances[first, second]), group[first], group[second]


def _match(first: Picture, second: Picture, seen: dict[str, Landmarks]) -> Match:
    for picture in (first, second):
        if picture.id not in seen:
            seen[picture.id] = landmarks(read_picture(picture))
    return match(seen[first.id], seen[second.id])


def _evidence(pair: Pair) -> tuple[bool, int, int]:
    """Order pairs by how plainly they show the same."""
    return (pair.first.checksum == pair.second.checksum, pair.match.likeness, pair.match.in_common)
