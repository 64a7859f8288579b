"""Judge every file once: what is kept, what is dropped, and the reason for each drop.

Files that cannot be used go first, then labels that say nothing or too much, then byte-identical
copies. Nothing is deleted and nothing disappears silently.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data import cache
from hybrid_wbc.data.decoding import pictures, stored
from hybrid_wbc.data.decoding.limits import DecodingError, alone_if_large, max_pixels, read_file
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError

# Part of the name of kept inspections: raise it when the same file would be judged otherwise.
_VERSION = 3
_BATCH = 64
_BLOCK = 16 * _BATCH

# Of copies on several sides of a published split the one on the side that is scored stays.
FIRST_TO_STAY = (TEST, VALIDATION, TRAIN, "")


class Kind(StrEnum):
    """Every reason for which a sample is dropped, in the words that are shown and counted."""

    HIDDEN = "hidden file"
    NOT_FOUND = "file not found"
    NOT_AN_IMAGE = "not an image file"
    NOT_REGULAR = "not a regular file"
    EMPTY = "empty file (0 bytes)"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    ZERO_SIZE = "zero-size"
    TOO_LARGE = "too large"
    SEVERAL_PAGES = "several pages"
    DEPTH_UNCLEAR = "depth unclear"
    DEPTH_WRONG = "depth wrong"
    FLOATS = "float values beyond 0..1"
    NEGATIVE = "negative values"
    NO_NUMBERS = "values that are no numbers"
    NO_LABEL = "no label"
    SEVERAL_LABELS = "several labels"
    COPY = "byte-identical copy"
    COPIES_DISAGREE = "byte-identical copies disagree"
    TEST_PHOTOGRAPH = "same photograph as a test picture"
    EARLIER_PHOTOGRAPH = "same photograph as a picture of an earlier training set"
    SCORED_SOURCE = "same source as a test or validation cell"
    CLASS_OF_ONE_SET = "its class is in one of the two sets only"
    CLASS_NOT_OF_ALL = "its class is not in every training set"


# Those of which another file with the same bytes is the reason.
KINDS_OF_COPIES = (Kind.COPY, Kind.COPIES_DISAGREE)


@dataclass(frozen=True)
class Inspection:
    """What one image file, or one row of a stored array, turned out to be.

    Attributes
    ----------
    sha256 : str
        Of the file's bytes, or of the row's; empty where it was not opened.
    width, height : int
        In pixels; 0 where it could not be decoded.
    problem : str
        Why it cannot be used, a `Kind` and after a colon its particulars, or empty.
    constant : bool
        Whether all pixels are of one colour: there is nothing to see.
    """

    sha256: str
    width: int
    height: int
    problem: str
    constant: bool = False


@dataclass(frozen=True)
class Dropped:
    """A sample that cannot be used, why, and the particulars: what it is a copy of, its labels."""

    sample: Sample
    kind: Kind
    particulars: str = ""

    @property
    def reason(self) -> str:
        """The kind and its particulars in one line."""
        if not self.particulars:
            return self.kind.value
        return f"{self.kind}{' of ' if self.kind is Kind.COPY else ': '}{self.particulars}"


@dataclass(frozen=True)
class Cleaned:
    """A set parted into what is kept and what is dropped, both in the order given.

    Attributes
    ----------
    kept : list of Sample
        Each with exactly one label.
    dropped : list of Dropped
    inspections : dict of str to Inspection
        By sample id, for kept and dropped alike.
    """

    kept: list[Sample]
    dropped: list[Dropped]
    inspections: dict[str, Inspection]

    def checksums(self, samples: Sequence[Sample]) -> list[str]:
        """Give the SHA-256 of each sample's file."""
        return [self.inspections[sample.id].sha256 for sample in samples]

    def contents(self, samples: Sequence[Sample]) -> list[str]:
        """Give what tells each sample's picture from any other: its checksum and its size.

        Rows of two stored arrays of another shape can have the same bytes.
        """
        found = (self.inspections[sample.id] for sample in samples)
        return [f"{each.sha256}-{each.width}x{each.height}" for each in found]

    def without(self, going: Sequence[Dropped]) -> Cleaned:
        """Give the same with some of the kept samples among the dropped."""
        gone = {entry.sample.id for entry in going}
        kept = [sample for sample in self.kept if sample.id not in gone]
        return Cleaned(kept, [*self.dropped, *going], self.inspections)


_Place = tuple[Path, str, int]
"""One image: its file, and the array and row where the file holds many."""


def clean(
    samples: Sequence[Sample],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Cleaned:
    """Part the samples that can be learned from and scored from those that cannot.

    Every file is hashed. Each is decoded to its last pixel, unless the cache keeps what was found
    in the same files. A smear with several cells is one file: its cells are no copies of each
    other, and all of them are copies where another smear has its bytes.

    Parameters
    ----------
    samples : sequence of Sample
    progress : callable, optional
        Called with the number of files inspected so far and of all.

    Returns
    -------
    Cleaned

    Raises
    ------
    InputError
        If nothing is left.
    """
    places: dict[_Place, str] = {}
    for sample in samples:
        places.setdefault((sample.path, sample.array, sample.row), sample.id)
    inspected = _inspect_all(places, progress)
    inspections = {s.id: inspected[s.path, s.array, s.row] for s in samples}
    found = {
        sample.id: drop
        for sample in samples
        if (drop := _unusable(sample, inspections[sample.id].problem))
    }
    found |= _copies([sample for sample in samples if sample.id not in found], inspections)
    kept = [sample for sample in samples if sample.id not in found]
    dropped = [found[sample.id] for sample in samples if sample.id in found]
    if not kept:
        kinds = Counter(entry.kind for entry in dropped).most_common(1)
        why = f"; most often: {kinds[0][0]} ({kinds[0][1]})" if kinds else ""
        raise InputError(f"no usable image is left of {len(samples)}{why}")
    return Cleaned(kept, dropped, inspections)


def inspect(samples: Sequence[Sample]) -> Cleaned:
    """Part the samples whose files give pixels from those that do not, whatever else is wrong.

    Parameters
    ----------
    samples : sequence of Sample
        One for each file; only the file's own name can make it hidden.

    Returns
    -------
    Cleaned
        Nothing is dropped for its labels or as a copy, and nothing may be left.
    """
    inspections = {s.id: inspect_file(s.path, s.path.name) for s in samples}
    return Cleaned(
        [s for s in samples if not inspections[s.id].problem],
        [_dropped(s, why) for s in samples if (why := inspections[s.id].problem)],
        inspections,
    )


def _dropped(sample: Sample, problem: str) -> Dropped:
    kind, _, particulars = problem.partition(": ")
    return Dropped(sample, Kind(kind), particulars)


def _unusable(sample: Sample, problem: str) -> Dropped | None:
    """Drop a sample for the problem of its file, or for labels that say nothing or too much."""
    if problem:
        return _dropped(sample, problem)
    if not sample.labels:
        return Dropped(sample, Kind.NO_LABEL)
    if len(sample.labels) > 1:
        return Dropped(sample, Kind.SEVERAL_LABELS, ", ".join(sample.labels))
    return None


def _copies(samples: Iterable[Sample], inspections: dict[str, Inspection]) -> dict[str, Dropped]:
    """Drop each sample that has to go because another has the same bytes; by sample id."""
    alike: dict[str, dict[object, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    listed: Counter[object] = Counter()
    for sample in samples:
        place = (sample.path, sample.array, sample.row)
        listed[place, sample.box] += 1
        # The same cell listed twice, as in a table, is a copy of itself; a neighbour is not.
        copy = (place, listed[place, sample.box])
        alike[inspections[sample.id].sha256][copy].append(sample)
    dropped: dict[str, Dropped] = {}
    for copies in alike.values():
        if len(copies) == 1:
            continue
        labels = [{sample.label for sample in cells} for cells in copies.values()]
        ordered = sorted(copies.values(), key=lambda cells: FIRST_TO_STAY.index(cells[0].split))
        if any(names != labels[0] for names in labels):
            going, kind = ordered, Kind.COPIES_DISAGREE
            particulars = ", ".join(sorted(set.union(*labels)))
        else:
            going, kind, particulars = ordered[1:], Kind.COPY, ordered[0][0].id
        dropped |= {s.id: Dropped(s, kind, particulars) for cells in going for s in cells}
    return dropped


def _inspect_all(
    places: dict[_Place, str], progress: Callable[[int, int], None] | None
) -> dict[_Place, Inspection]:
    """Inspect each place, or take what the cache keeps of exactly these bytes."""
    contents = _hash_all(places)
    facts = [
        (contents[path], array, row, identity, path.suffix)
        for (path, array, row), identity in places.items()
    ]
    results = cache.kept_json(
        "inspections",
        [_VERSION, pictures.VERSION, max_pixels(), facts],
        lambda: [astuple(result) for result in _decode_all(places, progress)],
    )
    return {place: Inspection(*result) for place, result in zip(places, results, strict=True)}


def _hash_all(places: Iterable[_Place]) -> dict[Path, str]:
    """Give the SHA-256 of each file that an inspection may open, and of any other what it is."""
    opened = {
        path: bool(array) or path.suffix.lower() in IMAGE_SUFFIXES for path, array, _ in places
    }
    files = list(opened.items())
    batches = [files[first : first + _BATCH] for first in range(0, len(files), _BATCH)]
    with Parallel(n_jobs=-1, prefer="threads") as parallel:
        hashed = parallel(delayed(_hash_files)(batch) for batch in batches)
    return {path: content for batch in hashed for path, content in batch.items()}


def _hash_files(batch: Sequence[tuple[Path, bool]]) -> dict[Path, str]:
    return {path: _content(path, opened=opened) for path, opened in batch}


def _content(path: Path, *, opened: bool) -> str:
    if not opened:
        return "not opened" if path.exists() else "missing"
    try:
        with alone_if_large(path):
            return hashlib.sha256(read_file(path)).hexdigest()
    # Whatever is not read as a picture is judged anew each time, and quickly.
    except DecodingError as error:
        return str(error)


def _decode_all(
    places: dict[_Place, str], progress: Callable[[int, int], None] | None
) -> list[Inspection]:
    found: dict[_Place, Inspection] = {}
    arrays: dict[tuple[Path, str], list[int]] = defaultdict(list)
    for path, array, row in places:
        if array:
            arrays[path, array].append(row)
    for (path, array), rows in arrays.items():
        try:
            images = stored.read_array(path, array)
        except DecodingError as error:
            unreadable = Inspection("", 0, 0, str(error))
            found |= {(path, array, row): unreadable for row in rows}
        else:
            found |= {(path, array, row): _inspect_row(images[row]) for row in rows}
        if progress:
            progress(len(found), len(places))
    files = [(place, identity) for place, identity in places.items() if not place[1]]
    with Parallel(n_jobs=-1, prefer="threads") as parallel:
        for start in range(0, len(files), _BLOCK):
            block = files[start : start + _BLOCK]
            batches = [block[first : first + _BATCH] for first in range(0, len(block), _BATCH)]
            for batch in parallel(delayed(_inspect_files)(batch) for batch in batches):
                found.update(batch)
            if progress:
                progress(len(found), len(places))
    return [found[place] for place in places]


def _inspect_row(image: np.ndarray) -> Inspection:
    sha256 = hashlib.sha256(image.tobytes()).hexdigest()
    return _inspect(sha256, lambda: stored.decode_row(image))


def _inspect_files(batch: Sequence[tuple[_Place, str]]) -> dict[_Place, Inspection]:
    return {place: inspect_file(place[0], identity) for place, identity in batch}


def inspect_file(path: Path, identity: str) -> Inspection:
    """Hash one file and decode it to its last pixel.

    Parameters
    ----------
    path : Path
    identity : str
        The file's name within its set: a hidden part of it counts, one above the set does not.

    Returns
    -------
    Inspection
        With a problem where the file is no image that can be used.
    """
    parts = PurePosixPath(identity).parts
    if any(part.startswith(".") and part != ".." for part in parts):
        return Inspection("", 0, 0, Kind.HIDDEN)
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        return Inspection("", 0, 0, Kind.NOT_AN_IMAGE if path.exists() else Kind.NOT_FOUND)
    with alone_if_large(path):
        try:
            content = read_file(path)
        except DecodingError as error:
            return Inspection("", 0, 0, str(error))
        return _inspect(hashlib.sha256(content).hexdigest(), lambda: pictures.decode(content))


def _inspect(sha256: str, decode: Callable[[], np.ndarray]) -> Inspection:
    try:
        picture = decode()
    except DecodingError as error:
        return Inspection(sha256, 0, 0, str(error))
    height, width = picture.shape[:2]
    return Inspection(sha256, width, height, "", bool((picture == picture[0, 0]).all()))
