"""The cache: keeps what was worked out from files under their content, within a limit of bytes.

A value is kept under the hash of all that it follows from. What cannot be read or kept is said on
the log and costs the work again, never the answer.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, TypeVar

import cv2
import numpy as np
import PIL
import platformdirs
import scipy
from typing_extensions import TypedDict

from hybrid_wbc.data import entries
from hybrid_wbc.errors import InputError

PLACE_VARIABLE = "HYBRID_WBC_CACHE"
LIMIT_VARIABLE = "HYBRID_WBC_CACHE_GB"

T = TypeVar("T")

_DEFAULT_GB = 20
# Pixels, and what is found in them, may differ under another version of these.
_LIBRARIES = [
    np.__version__,
    scipy.__version__,
    PIL.__version__,
    cv2.__version__,
    metadata.version("scikit-image"),
]
_log = logging.getLogger(__name__)
# Never removed to make room: this process works with them.
_used_here: set[Path] = set()


class Share(TypedDict):
    """How many files, and their bytes."""

    files: int
    bytes: int


class Contents(TypedDict):
    """What the cache holds: its place, its limit and size in bytes, and the share of each kind."""

    place: str
    limit: int
    bytes: int
    kinds: dict[str, Share]


def folder() -> Path:
    """Where entries are kept: HYBRID_WBC_CACHE, or the folder that the system has for caches."""
    named = os.environ.get(PLACE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("hybrid-wbc", appauthor=False)


def limit() -> int:
    """Give the bytes that entries may take together: HYBRID_WBC_CACHE_GB, or 20 GB.

    Raises
    ------
    InputError
        If the variable is no number of gigabytes.
    """
    named = os.environ.get(LIMIT_VARIABLE) or str(_DEFAULT_GB)
    try:
        gigabytes = float(named)
    except ValueError:
        gigabytes = math.nan
    if not 0 <= gigabytes < math.inf:
        raise InputError(
            f"{LIMIT_VARIABLE}: received '{named}'; give a number of gigabytes, such as "
            f"{_DEFAULT_GB}"
        )
    return int(gigabytes * 10**9)


def kept_json(kind: str, facts: object, make: Callable[[], Any]) -> Any:
    """Give what an earlier call with the same facts has made, or make it and keep it.

    Parameters
    ----------
    kind : str
        A word in small letters, by which the entries are counted.
    facts : object
        All that the value follows from, fit for JSON: checksums of the files that are read, the
        settings, and the version of the code. The versions of libraries are added.
    make : callable
        Gives the value, fit for JSON.

    Returns
    -------
    object
        As JSON gives it back, whether it was kept or made.

    Raises
    ------
    InputError
        If the limit is no number.
    """
    content = _kept(
        kind,
        facts,
        lambda: json.dumps(make()).encode(),
        load=lambda file: file.read(),
        save=lambda file, value: file.write(value),
    )
    return json.loads(content)


def kept_array(kind: str, facts: object, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Give the array that an earlier call with the same facts has made, or make it and keep it.

    Parameters
    ----------
    kind, facts
        As for `kept_json`.
    make : callable
        Gives an array of numbers.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    InputError
        If the limit is no number.
    """
    return _kept(kind, facts, make, load=np.load, save=np.save)


def kept_in_pieces(
    kind: str,
    facts: object,
    shape: tuple[int, ...],
    pieces: Callable[[], Iterator[np.ndarray]],
) -> np.ndarray:
    """Give an array of bytes that is read from its file where it is looked at, and not before.

    It is written piece by piece as well, so that it may be larger than the memory. Where it cannot
    be kept it is put together in memory.

    Parameters
    ----------
    kind, facts
        As for `kept_json`.
    shape : tuple of int
        Of the whole array.
    pieces : callable
        Gives its parts along the first axis, each of uint8, one after the other.

    Returns
    -------
    numpy.ndarray of uint8
        Cannot be written to.

    Raises
    ------
    InputError
        If the limit is no number.
    """
    room = limit()
    path = _path(kind, facts)
    found = _found(path, _mapped)
    if found is not None:
        return found

    def save(file: BinaryIO, _: None) -> None:
        described = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, described)
        for piece in pieces():
            file.write(np.ascontiguousarray(piece).data)

    if _keep(path, room, None, save):
        # Another process may have needed the room by now.
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(entries.HEADER)
            return _mapped(file)
    held, filled = np.empty(shape, dtype=np.uint8), 0
    for piece in pieces():
        held[filled : filled + len(piece)] = piece
        filled += len(piece)
    return held


def unnamed_file() -> IO[bytes]:
    """Open a file that is gone with whoever opened it; a temporary folder may lie in memory."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        return TemporaryFile(dir=folder())
    except OSError:
        return TemporaryFile()


def _mapped(file: BinaryIO) -> np.ndarray:
    """Map the array that a file goes on with, in NumPy's own layout."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another layout of arrays")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    if fortran_order or dtype != np.uint8:
        raise ValueError("no array of bytes")
    if 0 in shape:  # no file can be mapped from its end
        return np.empty(shape, dtype=np.uint8)
    mapped = np.memmap(file, dtype=np.uint8, mode="r", offset=file.tell(), shape=shape)
    return np.asarray(mapped)


def survey() -> Contents:
    """Count what the cache holds."""
    place, room = folder(), limit()
    kinds: dict[str, Share] = {}
    for own in sorted(entries.find(place), key=lambda own: own.kind):
        share = kinds.setdefault(own.kind, Share(files=0, bytes=0))
        share["files"] += 1
        share["bytes"] += own.size
    size = sum(share["bytes"] for share in kinds.values())
    return Contents(place=str(place), limit=room, bytes=size, kinds=kinds)


def clear() -> Share:
    """Remove every file that is the cache's own, and no other; say how much that was."""
    freed = Share(files=0, bytes=0)
    for own in entries.find(folder()):
        own.path.unlink(missing_ok=True)
        freed["files"] += 1
        freed["bytes"] += own.size
    return freed


def _kept(
    kind: str,
    facts: object,
    make: Callable[[], T],
    *,
    load: Callable[[BinaryIO], T],
    save: Callable[[BinaryIO, T], object],
) -> T:
    room = limit()
    path = _path(kind, facts)
    found = _found(path, load)
    if found is not None:
        return found
    value = make()
    _keep(path, room, value, save)
    return value


def _path(kind: str, facts: object) -> Path:
    key = hashlib.sha256(json.dumps([_LIBRARIES, facts]).encode()).hexdigest()
    return folder() / entries.name_of(kind, key)


def _found(path: Path, load: Callable[[BinaryIO], T]) -> T | None:
    """Read an entry; None where there is none that can be used."""
    try:
        value = entries.read(path, load)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, EOFError) as error:
        _log.warning("cache: %s was damaged and is made again (%s)", path.name, _why(error))
        return None
    _used_here.add(path)
    return value


def _keep(path: Path, room: int, value: T, save: Callable[[BinaryIO, T], object]) -> bool:
    """Write an entry and make room for it; say whether it could be kept."""
    try:
        entries.sweep(path.parent)
        entries.write(path, value, save)
        _used_here.add(path)
        _make_room(path.parent, room)
    except OSError as error:
        _log.warning(
            "cache: %s cannot be kept in %s (%s); the work goes on without it",
            path.name,
            path.parent,
            _why(error),
        )
        return False
    return True


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _make_room(place: Path, room: int) -> None:
    """Remove outdated entries first and then those used longest ago, until the limit is kept."""
    files = [own for own in entries.find(place) if own.kind != entries.UNFINISHED]
    excess = sum(own.size for own in files) - room
    for own in sorted(files, key=lambda own: (own.kind != entries.OUTDATED, own.last_used)):
        if excess > 0 and own.path not in _used_here:
            own.path.unlink(missing_ok=True)
            excess -= own.size
