"""Reads zip, tar and rar archives in one way: member by member, nothing of them trusted."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from hybrid_wbc.errors import InputError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".rar")

_OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".tgz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_CHUNK = 2**20
_TAIL = 64 * 2**20  # bytes that are read behind a tar's last member
_RAR_PROGRAM = "bsdtar"


class DamagedArchiveError(InputError):
    """An archive that did not come whole, or is none: fetching it anew may help."""


@dataclass(frozen=True)
class Member:
    """A file or folder in an archive.

    Attributes
    ----------
    name : str
        As the archive has it: it may be anything.
    size : int
        Bytes, as the archive claims.
    is_folder : bool
    refused : str
        What it is that is never unpacked, such as `a link`; empty for a plain file or folder.
    open : callable
        Opens a plain file's content; None for what has none.
    """

    name: str
    size: int
    is_folder: bool
    refused: str
    open: Callable[[], IO[bytes] | None]


def is_archive(name: str) -> bool:
    """Whether a file's name is that of an archive that can be read."""
    return name.lower().endswith(SUFFIXES)


@contextmanager
def members_of(archive: Path) -> Iterator[Iterator[Member]]:
    """Open an archive and give its members, each to be read before the next.

    Raises
    ------
    DamagedArchiveError
        If `bsdtar` cannot read a rar. Others that are damaged raise what their libraries raise.
    InputError
        If `bsdtar` is needed and not installed.
    """
    name = archive.name.lower()
    if name.endswith(".zip"):
        with zipfile.ZipFile(archive) as packed:
            yield _zip_members(packed)
    elif name.endswith(".rar"):
        with _as_tar(archive) as stream, tarfile.open(fileobj=stream, mode="r|") as packed_tar:
            yield _tar_members(packed_tar)
    else:
        opener = next((_OPENERS[end] for end in _OPENERS if name.endswith(end)), Path.open)
        with (
            opener(archive, "rb") as stream,
            tarfile.open(fileobj=cast("IO[bytes]", _Frugal(stream)), mode="r:") as packed_tar,
        ):
            yield _tar_members(packed_tar)
            # The check sum of what was compressed comes last, behind what a tar ends with.
            for _ in range(_TAIL // _CHUNK):
                if not stream.read(_CHUNK):
                    break


class _Frugal:
    """A stream that gives no more at once than a header needs: a bomb in one would fill memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int) -> bytes:
        if size > _CHUNK:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._stream.read(size)


def _zip_members(packed: zipfile.ZipFile) -> Iterator[Member]:
    for info in packed.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        refused = ""
        if kind == stat.S_IFLNK:
            refused = "a link"
        elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            refused = "no plain file"
        elif info.flag_bits & 1:
            refused = "encrypted"
        opened = partial(packed.open, info)
        is_folder = info.filename.endswith("/")  # `is_dir` fails on an empty name
        yield Member(info.filename, info.file_size, is_folder, refused, opened)


def _tar_members(packed: tarfile.TarFile) -> Iterator[Member]:
    for info in packed:
        refused = ""
        if info.issym() or info.islnk():
            refused = "a link"
        elif not (info.isreg() or info.isdir()):
            refused = "no plain file"
        opened = partial(packed.extractfile, info)
        yield Member(info.name, info.size, info.isdir(), refused, opened)


@contextmanager
def _as_tar(archive: Path) -> Iterator[IO[bytes]]:
    """Read a rar archive as the tar archive that bsdtar makes of it, checked as any other is."""
    program = shutil.which(_RAR_PROGRAM)
    if program is None:
        raise InputError(
            f"{archive}: unpacking a .rar needs the program {_RAR_PROGRAM}; install it (Debian and "
            "Ubuntu: apt install libarchive-tools; Fedora: dnf install bsdtar; macOS has it) "
            "and call again, what is downloaded is kept"
        )
    command = [program, "--format=pax", "-cf", "-", f"@{archive.resolve()}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout
            while process.stdout.read(_CHUNK):  # what tar has behind its last member
                pass
        except tarfile.TarError:
            process.stdout.close()
            if not process.wait():
                raise
        except BaseException:
            process.kill()
            raise
        if process.wait():
            said.seek(0)
            lines = said.read().decode(errors="replace").splitlines() or ["it gave no reason"]
            raise DamagedArchiveError(f"{archive}: {_RAR_PROGRAM} cannot read it ({lines[0]})")
