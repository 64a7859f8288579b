"""Which images show the same photograph: an index of landmarks proposes pairs, a look decides.

Names of files are not asked: in public sets they say nothing of the photograph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from hybrid_wbc.data.photographs.landmarks import Landmarks, Likeness, compare, landmarks
from hybrid_wbc.data.photographs.seen import Seen

# Each half of a descriptor is named after the nearest of 256 examples: 65,536 words.
_EXAMPLES = 256
_SEED = 0
_CANDIDATES = 10
_BLOCK = 256
# Of numbers that say how alike two pictures are, held at once.
_COMPARED = 2**24


class Sources(NamedTuple):
    """What images have in common; every name is the first id, in sorted order, of its group.

    Attributes
    ----------
    photographs : numpy.ndarray of str, shape (n,)
        The same for copies of one photograph, however turned, mirrored, sheared or shifted.
    cells : numpy.ndarray of str, shape (n,)
        The same also for several photographs of the same cells. A photograph is never divided: to
        split by these keeps the same cells off two sides.
    """

    photographs: np.ndarray
    cells: np.ndarray


def find_sources(
    ids: Sequence[str],
    checksums: Sequence[str],
    read: Callable[[int], np.ndarray],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Sources:
    """Group images that show the same photograph, and photographs that show the same cells.

    Byte-identical files are one. Every other image is compared with the ten that share the most
    landmarks with it, found through an index of quantised descriptors (Sivic and Zisserman 2003,
    doi 10.1109/ICCV.2003.1238663), the best first and only while they are not yet together: the
    number of comparisons grows with the number of images, not with its square. One picture of each
    photograph is then compared with those of the others in the same way, as copies of its own
    photograph may have filled its ten places. The result does not depend on the order of images.

    Pictures under some 60 pixels have too few landmarks: of those, identical files alone are found.

    Parameters
    ----------
    ids : sequence of str, length n
        No two the same.
    checksums : sequence of str, length n
        Of each file's bytes. Cells of one smear have the same, and one photograph.
    read : callable
        Position to the file's whole picture, uint8 RGB of shape (height, width, 3); called from
        several threads, once for each different checksum.
    progress : callable, optional
        Called with the steps done and of all, two for every different image.

    Returns
    -------
    Sources
    """
    # Sorted by content, so that nothing hangs on the order or the names that the images came with.
    different, first, content = np.unique(
        np.asarray(checksums, dtype=str), return_index=True, return_inverse=True
    )
    total = 2 * len(different)

    def advance(done: int) -> None:
        if progress is not None:
            progress(done, total)

    # Threads of linear algebra inside the threads here would make small products 30 times slower.
    with threadpool_limits(limits=1, user_api="blas"):
        seen = _see(read, first.tolist(), advance)
        photographs, cells = _group(seen, advance)
    advance(total)
    numbers = content.tolist()
    return Sources(_named(photographs, numbers, ids), _named(cells, numbers, ids))


def _named(groups: DisjointSet, numbers: Sequence[int], ids: Sequence[str]) -> np.ndarray:
    members = [groups[number] for number in numbers]
    names: dict[int, str] = {}
    for member, name in zip(members, ids, strict=True):
        names[member] = min(name, names.get(member, name))
    return np.array([names[member] for member in members], dtype=str)


def _see(
    read: Callable[[int], np.ndarray], positions: Sequence[int], advance: Callable[[int], None]
) -> Seen:
    seen = Seen()
    # Decoding and OpenCV release Python's lock, so threads suffice.
    parallel = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    for found in parallel(delayed(_landmarks)(read, position) for position in positions):
        seen.add(found)
        advance(len(seen))
    seen.finish()
    return seen


def _group(seen: Seen, advance: Callable[[int], None]) -> tuple[DisjointSet, DisjointSet]:
    """Return which pictures show the same photograph, and which show the same cells."""
    everything = list(range(len(seen)))
    photographs, cells = DisjointSet(everything), DisjointSet(everything)
    compared: set[tuple[int, int]] = set()
    with Parallel(n_jobs=-1, prefer="threads") as parallel:

        def look(proposed: set[tuple[int, int]]) -> None:
            pairs = sorted(proposed - compared)
            compared.update(pairs)
            found = parallel(delayed(compare)(seen[i], seen[j]) for i, j in pairs)
            for pair, likeness in zip(pairs, found, strict=True):
                if likeness >= Likeness.CELLS:
                    cells.merge(*pair)
                if likeness == Likeness.PHOTOGRAPH:
                    photographs.merge(*pair)

        for turn, pairs in enumerate(_proposed(seen, everything), start=1):
            look({pair for pair in pairs if not photographs.connected(*pair)})
            advance(len(seen) + turn * len(seen) // _CANDIDATES)
        # The picture with the least black stands for its photograph.
        whole = [
            max(sorted(copies), key=lambda number: int(seen[number].shown.sum()))
            for copies in photographs.subsets()
        ]
        for pairs in _proposed(seen, sorted(whole)):
            look({pair for pair in pairs if not cells.connected(*pair)})
    return photographs, cells


def _proposed(seen: Seen, pool: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Yield each picture of the pool with its best candidate, then with the next best, ..."""
    if len(pool) > 1:
        for others in _candidates(seen, pool).T.tolist():
            yield [
                (min(number, pool[other]), max(number, pool[other]))
                for number, other in zip(pool, others, strict=True)
            ]


def _landmarks(read: Callable[[int], np.ndarray], position: int) -> Landmarks:
    return landmarks(read(position))


def _candidates(seen: Seen, pool: Sequence[int]) -> np.ndarray:
    """Return for each picture the others that share the most rare words with it, the best first."""
    pictures = len(pool)
    words = _words(seen, pool)
    counts = np.bincount(words.indices, minlength=words.shape[1])
    words.data = np.log1p(pictures / counts[words.indices])
    lengths = np.sqrt(np.asarray((words * words).sum(axis=1)).ravel())
    words.data /= np.repeat(lengths, np.diff(words.indptr))
    best = np.empty((pictures, min(_CANDIDATES, pictures - 1)), dtype=np.int64)
    transposed = words.T.tocsr()
    block = max(1, min(_BLOCK, _COMPARED // pictures))
    for start in range(0, pictures, block):
        alike = (words[start : start + block] @ transposed).toarray()
        rows = np.arange(len(alike))
        alike[rows, start + rows] = -1
        # Rounded, so that ties do not hang on the order in which a machine adds.
        unlike = -alike.round(9)
        nearest = np.argpartition(unlike, best.shape[1] - 1, axis=1)[:, : best.shape[1]]
        order = np.argsort(np.take_along_axis(unlike, nearest, axis=1), axis=1, kind="stable")
        best[start : start + block] = np.take_along_axis(nearest, order, axis=1)
    return best


def _words(seen: Seen, pool: Sequence[int]) -> csr_array:
    """Return which words each picture of the pool holds, (pictures, words) with ones."""
    counts = seen.counts()[pool]
    ends = np.cumsum(counts)
    generator = np.random.default_rng(_SEED)
    drawn = np.sort(generator.permutation(int(ends[-1]))[:_EXAMPLES])
    owners = np.searchsorted(ends, drawn, side="right")
    rows_of = drawn - (ends - counts)[owners]
    examples = np.array(
        [
            seen[pool[owner]].descriptors[row]
            for owner, row in zip(owners.tolist(), rows_of.tolist(), strict=True)
        ],
        dtype=np.float32,
    ).reshape(len(drawn), seen[pool[0]].descriptors.shape[1])
    places = []
    for start in range(0, len(pool), _BLOCK):
        described = [seen[number].descriptors for number in pool[start : start + _BLOCK]]
        rows = np.repeat(np.arange(start, start + len(described)), [len(d) for d in described])
        places.append(
            np.unique(rows * _EXAMPLES**2 + _word_of(np.concatenate(described), examples))
        )
    held = np.concatenate(places)
    place = np.divmod(held, _EXAMPLES**2)
    return csr_array((np.ones(len(held)), place), shape=(len(pool), _EXAMPLES**2))


def _word_of(described: np.ndarray, examples: np.ndarray) -> np.ndarray:
    half = described.shape[1] // 2
    word = _nearest(described[:, :half], examples[:, :half]) * _EXAMPLES
    return word + _nearest(described[:, half:], examples[:, half:])


def _nearest(described: np.ndarray, examples: np.ndarray) -> np.ndarray:
    nearest = np.empty(len(described), dtype=np.int64)
    offset = (examples * examples).sum(axis=1) / 2
    for start in range(0, len(described), 65536):
        block = described[start : start + 65536].astype(np.float32)
        nearest[start : start + len(block)] = (block @ examples.T - offset).argmax(axis=1)
    return nearest
