"""Fetches one file over HTTP: whole and as its publisher made it, or not at all.

A download that breaks off, or is killed, leaves `NAME.part` behind and goes on from there.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from hybrid_wbc.data.sets.addresses import RemoteFile
from hybrid_wbc.data.sets.connecting import BrokenOffError, ask, check_answer, why
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place

STALL_SECONDS = 30.0
LARGEST = 8 * 2**30  # bytes of a file whose size is not known beforehand
RESERVE = 64 * 2**20  # bytes that are left free on the disk

_CHUNK = 2**16
_SLOWEST = 1024  # bytes in STALL_SECONDS; less is a server that only keeps the line open
_TRIES = 3
_PAUSE = 2.0  # seconds before the next try

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes of the file, as far as its size is known."""


def download(
    remote: RemoteFile,
    folder: Path,
    *,
    progress: Progress | None = None,
    stall: float = STALL_SECONDS,
) -> Path:
    """Fetch a file into a folder, or check the one that is there.

    Parameters
    ----------
    remote : RemoteFile
    folder : Path
        Made where it is missing.
    progress : callable, optional
        Called with the bytes that are there and the bytes of the file.
    stall : float
        Seconds without data, or with next to none, after which the connection is given up.

    Returns
    -------
    Path
        The file, of the size and checksum that `remote` and the server name.

    Raises
    ------
    InputError
        If the server cannot be reached, refuses, or redirects to anything but HTTP; if the file is
        not the expected one, breaks off again and again, or does not fit on the disk.
    """
    path = folder / remote.name
    if path.exists():
        verify(path, remote)
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{remote.name}.part"
    furthest, tries = _size(part), 1
    while True:
        try:
            _receive(remote, part, progress, stall)
            break
        except BrokenOffError as error:
            if _size(part) > furthest:
                furthest, tries = _size(part), 1
            elif tries == _TRIES:
                raise InputError(
                    f"{remote.url}: {error}; call again to go on, {furthest:,} bytes are kept"
                ) from error
            else:
                tries += 1
            time.sleep(_PAUSE)
    try:
        verify(part, remote)
    except InputError:
        _forget(part)
        raise
    part.replace(path)
    _forget(part)
    return path


def size_of(remote: RemoteFile, *, stall: float = STALL_SECONDS) -> int | None:
    """Return how many bytes a file has, as is known or as its server says; None where it does not.

    Raises
    ------
    InputError
        If the server cannot be reached or does not hand the file out.
    """
    if remote.size is not None:
        return remote.size
    try:
        with ask(remote.url, {}, stall) as response:
            check_answer(remote.url, response)
            return response.length
    except BrokenOffError as error:
        raise InputError(f"{remote.url}: {error}; call again later") from error


def verify(path: Path, remote: RemoteFile) -> None:
    """Check a file's size and checksum, as far as they are known, or raise an InputError."""
    size = _size(path)
    if remote.size is not None and size != remote.size:
        raise InputError(
            f"{path.name}: {size:,} bytes; {remote.size:,} are expected from {remote.url}"
        )
    if remote.checksum:
        kind, _, expected = remote.checksum.partition(":")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != expected:
            raise InputError(
                f"{path.name}: {kind} {found}; {expected} is expected from {remote.url}; "
                "delete the file where it is still there and fetch it again"
            )


def check_space(folder: Path, needed: int) -> None:
    """Check that a number of bytes fits on a folder's disk, or raise an InputError."""
    free = shutil.disk_usage(folder).free
    if needed + RESERVE > free:
        raise InputError(
            f"{folder}: {needed / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free; "
            "make room or choose another folder with --out"
        )


def _receive(remote: RemoteFile, part: Path, progress: Progress | None, stall: float) -> None:
    """Receive what is missing of a file, all of it where the rest cannot be had alone."""
    done, mark = _size(part), _mark(part, remote.url)
    if remote.size is not None and done == remote.size:
        return
    # Without either, the bytes there and those to come may be of two different files.
    if not mark and not remote.checksum:
        done = 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    if done and mark:
        headers["If-Range"] = mark
    with ask(remote.url, headers, stall) as response:
        if response.status == 416:
            if response.headers.get("Content-Range") == f"bytes */{done}":
                return
            _forget(part)
            raise BrokenOffError("the server has less than came before")
        check_answer(remote.url, response)
        if response.status == 206:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
                _forget(part)
                raise BrokenOffError("the server sent another part than was asked for")
        else:
            done = 0
        total = None if response.length is None else done + response.length
        if total is not None and remote.size is not None and total != remote.size:
            raise InputError(
                f"{remote.url}: the server says {total:,} bytes, {remote.size:,} are expected; "
                "its publisher has changed it, or this is not the file"
            )
        total = remote.size if total is None else total
        if total is not None and total > max(LARGEST, remote.size or 0):
            raise InputError(f"{remote.url}: {total:,} bytes; at most {LARGEST:,} are fetched")
        check_space(part.parent, (total or done) - done)
        _keep_mark(part, remote.url, response)
        with part.open("r+b" if done else "wb") as file:
            file.seek(done)
            file.truncate()
            _copy(remote, response, file, done, total, progress, stall)


def _copy(
    remote: RemoteFile,
    response: http.client.HTTPResponse,
    file: BinaryIO,
    done: int,
    total: int | None,
    progress: Progress | None,
    stall: float,
) -> None:
    since, at_least = time.monotonic(), done + _SLOWEST
    while True:
        try:
            chunk = response.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise BrokenOffError(f"broke off after {done:,} bytes ({why(error)})") from error
        if not chunk:
            break
        try:
            file.write(chunk)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise InputError(f"{file.name}: the disk is full; make room and call again") from error
        done += len(chunk)
        if total is None and done > LARGEST:
            raise InputError(f"{remote.url}: more than the {LARGEST:,} bytes that are fetched")
        if progress:
            progress(done, total or done)
        now = time.monotonic()
        if done >= at_least:
            since, at_least = now, done + _SLOWEST
        elif now - since > stall and done != total:
            raise BrokenOffError(f"all but stood still after {done:,} bytes")
    if total is not None and done < total:
        raise BrokenOffError(f"broke off after {done:,} of {total:,} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _mark_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.mark")


def _mark(part: Path, url: str) -> str:
    """Return what the server called the version that the first bytes are of, or nothing."""
    path = _mark_path(part)
    address, _, mark = path.read_text("utf-8").partition("\n") if path.exists() else ("", "", "")
    return mark if address == url else ""


def _keep_mark(part: Path, url: str, response: http.client.HTTPResponse) -> None:
    mark = response.headers.get("ETag", "")
    if not mark or mark.startswith("W/"):  # a weak one may stand for different bytes
        mark = response.headers.get("Last-Modified", "")
    with in_place(_mark_path(part)) as beside:
        beside.write_text(f"{url}\n{mark}", "utf-8")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark_path(part).unlink(missing_ok=True)
