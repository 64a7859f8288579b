"""What each image file turns out to be when it is hashed and decoded to its last pixel, once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data import cache
from hybrid_wbc.data.decoding import pictures, stored
from hybrid_wbc.data.decoding.limits import DecodingError, alone_if_large, max_pixels, read_file
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES

# Part of the name of kept inspections: raise it when the same file would be judged otherwise.
_VERSION = 3
_BATCH = 64
_BLOCK = 16 * _BATCH

Place = tuple[Path, str, int]
"""One image: its file, and the array and row where the file holds many."""


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


def inspect_all(
    places: dict[Place, str], progress: Callable[[int, int], None] | None
) -> dict[Place, Inspection]:
    """Inspect each place, or take what the cache keeps of exactly these bytes.

    Parameters
    ----------
    places : dict of Place to str
        The name of each within its set, as for `inspect_file`.
    progress : callable or None
        Called with the number of places inspected so far and of all.

    Returns
    -------
    dict of Place to Inspection
    """
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


def _hash_all(places: Iterable[Place]) -> dict[Path, str]:
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
    places: dict[Place, str], progress: Callable[[int, int], None] | None
) -> list[Inspection]:
    found: dict[Place, Inspection] = {}
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


def _inspect_files(batch: Sequence[tuple[Place, str]]) -> dict[Place, Inspection]:
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
