"""One entry of the cache on disk: told by its name, written whole, checked when it is read."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from joblib import Parallel, delayed

OUTDATED, UNFINISHED = "outdated", "unfinished"

T = TypeVar("T")

# Part of every entry's name: raise it when entries are written otherwise.
_FORMAT = 2
# A checksum in letters, filled up so that an array that follows lies at a round offset.
HEADER = 128
# Bytes that are hashed at once, by one core.
_BLOCK = 2**22
_ENTRY = re.compile(r"([a-z]+)-(\d+)-[0-9a-f]{32}\.entry")
# Entries of 0.1.0, and what it wrote beside them until they were whole.
_FIRST_ENTRY = re.compile(r"(images|inspections|sources|places)-[0-9a-f]{24}\.(npy|json)")
_BESIDE = re.compile(r"\.([0-9a-f]{16}|\d+)-(.+)")


@dataclass(frozen=True)
class OwnFile:
    """A file of the cache's own.

    Attributes
    ----------
    path : Path
    kind : str
        The word that its entries are named by; `OUTDATED` where another version of this program
        wrote it, `UNFINISHED` where it is being written, or its writer was killed.
    size : int
        In bytes.
    last_used : float
        Seconds since the epoch.
    """

    path: Path
    kind: str
    size: int
    last_used: float


def name_of(kind: str, key: str) -> str:
    """Give an entry's file name, by its kind and the SHA-256 of what its value follows from."""
    return f"{kind}-{_FORMAT}-{key[:32]}.entry"


def read(path: Path, load: Callable[[BinaryIO], T]) -> T:
    """Read an entry.

    Parameters
    ----------
    path : Path
    load : callable
        Reads the value from the file, to its end.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If there is none.
    OSError, ValueError, EOFError
        If it is damaged.
    """
    if path.exists() and not path.is_file():  # opening a pipe would wait for ever
        raise ValueError("no regular file")
    with path.open("rb") as file:
        if file.read(HEADER) != _header(file, path.name):
            raise ValueError("its checksum is another")
        file.seek(HEADER)
        value = load(file)
    with suppress(OSError):  # another's, or on a medium that is only read
        os.utime(path)
    return value


def write(path: Path, value: T, save: Callable[[BinaryIO, T], object]) -> None:
    """Write an entry beside its place and move it in.

    Parameters
    ----------
    path : Path
    value : object
    save : callable
        Writes the value to the file.

    Raises
    ------
    OSError
        If there is no room, or no right to write there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}-{path.name}")
    try:
        with beside.open("x+b") as file:
            _lock(file)
            file.seek(HEADER)
            save(file, value)
            header = _header(file, path.name)
            file.seek(0)
            file.write(header)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def find(folder: Path) -> Iterator[OwnFile]:
    """Find the files that are the cache's own, by their names."""
    try:
        listed = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for each in listed:
        beside = _BESIDE.fullmatch(each.name)
        kind = _kind_of(beside[2] if beside else each.name)
        if kind is None or not each.is_file(follow_symlinks=False):
            continue
        with suppress(FileNotFoundError):  # another process was faster
            status = each.stat(follow_symlinks=False)
            kind = UNFINISHED if beside else kind
            yield OwnFile(Path(each.path), kind, status.st_size, status.st_mtime)


def sweep(folder: Path) -> None:
    """Remove what killed processes have left half written."""
    for own in find(folder):
        # In its first moment a file is not yet locked by who writes it.
        if own.kind == UNFINISHED and time.time() - own.last_used > 1:
            with suppress(OSError), own.path.open("rb") as left:
                if _lock(left):
                    own.path.unlink()


def _header(file: BinaryIO, name: str) -> bytes:
    """Work out what an entry begins with: a checksum of its name and of all that follows."""

    def digest(block: bytes) -> bytes:
        return hashlib.sha256(block).digest()

    file.seek(HEADER)
    blocks = iter(lambda: file.read(_BLOCK), b"")
    # Hashing releases Python's lock.
    tasks = (delayed(digest)(block) for block in blocks)
    digests = Parallel(n_jobs=-1, require="sharedmem")(tasks)
    whole = hashlib.sha256(b"".join([name.encode(), *digests])).hexdigest()
    return f"hybrid-wbc cache {whole}".encode().ljust(HEADER - 1) + b"\n"


def _kind_of(name: str) -> str | None:
    """Tell an entry's kind by its name; None for what is no entry."""
    found = _ENTRY.fullmatch(name)
    if found:
        return found[1] if int(found[2]) == _FORMAT else OUTDATED
    return OUTDATED if _FIRST_ENTRY.fullmatch(name) else None


def _lock(file: BinaryIO) -> bool:
    """Say whether nobody else is writing a file, and hold it until it is closed."""
    try:
        import fcntl
    except ImportError:  # Windows removes no file that is open
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
