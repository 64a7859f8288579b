"""The cache: keeps what was worked out from files under their content, within a limit of bytes.

A value is kept under the hash of all that it follows from. What cannot be read or kept is said on
the log and costs the work again, never the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, TypeVar

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.data import entries, store

T = TypeVar("T")


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


def kept_rows(
    kind: str,
    facts: object,
    keys: Sequence[str],
    make: Callable[[list[int]], Sequence[Any]],
) -> list[Any]:
    """Give a value for each key: those that earlier calls have made, and the others made and kept.

    All values of the same facts lie in one table, which grows: who asks of a part of what was asked
    of before, or of more, has only the new ones made. Where two processes keep theirs at the same
    moment, those of one may be lost, and are made again when they are asked for.

    Parameters
    ----------
    kind : str
        As for `kept_json`.
    facts : object
        What every value follows from beside its own key, as for `kept_json`.
    keys : sequence of n str
        All else that each value follows from.
    make : callable
        Takes positions among the keys, each key once, and gives a value for each, fit for JSON.

    Returns
    -------
    list, length n
        Values as JSON gives them back, whether they were kept or made.

    Raises
    ------
    InputError
        If the limit is no number.
    """
    room = store.limit()
    path = store.path_of(kind, facts)
    table = store.found(path, _table) or {}
    new: dict[str, int] = {}
    for position, key in enumerate(keys):
        if key not in table:
            new.setdefault(key, position)
    if new:
        made = json.loads(json.dumps(list(make(list(new.values())))))
        # Making takes long: another process may have kept some by now.
        table |= store.found(path, _table) or {}
        table |= zip(new, made, strict=True)
        store.keep(path, room, table, lambda file, value: file.write(json.dumps(value).encode()))
    return [table[key] for key in keys]


def _table(file: BinaryIO) -> dict[str, Any]:
    table = json.load(file)
    if not isinstance(table, dict):
        raise ValueError("no table")
    return table


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
    room = store.limit()
    path = store.path_of(kind, facts)
    found = store.found(path, _mapped)
    if found is not None:
        return found

    def save(file: BinaryIO, _: None) -> None:
        described = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, described)
        for piece in pieces():
            file.write(np.ascontiguousarray(piece).data)

    if store.keep(path, room, None, save):
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
        store.folder().mkdir(parents=True, exist_ok=True)
        return TemporaryFile(dir=store.folder())
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
    place, room = store.folder(), store.limit()
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
    for own in entries.find(store.folder()):
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
    room = store.limit()
    path = store.path_of(kind, facts)
    found = store.found(path, load)
    if found is not None:
        return found
    value = make()
    store.keep(path, room, value, save)
    return value
