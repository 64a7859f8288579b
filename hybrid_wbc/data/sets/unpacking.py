"""Unpacks an archive that nobody has looked into: all of it, in its folder, or nothing.

Archives come from the net. A member that leaves the folder, is no plain file or folder, or takes a
name that another has, and a bomb, make the whole archive refused.
"""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hybrid_wbc.data.sets.archives import DamagedArchiveError, Member, members_of
from hybrid_wbc.data.sets.download import check_space
from hybrid_wbc.errors import InputError

_CHUNK = 2**20
_SMALL = 64 * 2**20  # bytes that an archive of any size may hold
_LONGEST, _LONGEST_PART = 1000, 255  # characters of a path, bytes of a name: what disks can keep


@dataclass(frozen=True)
class Limits:
    """What an archive may hold.

    Attributes
    ----------
    members : int
        Files and folders.
    size : int
        Bytes of all files together.
    ratio : int
        Bytes for each byte of the archive; the first 64 MiB are not counted.
    """

    members: int = 200_000
    size: int = 16 * 2**30
    ratio: int = 100


def unpack(
    archive: Path,
    folder: Path,
    *,
    limits: Limits | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Unpack a zip, tar or rar archive into a folder that is not there yet.

    What macOS adds to an archive (`__MACOSX`, `._name`, `.DS_Store`) is left out. Files get the
    rights that new files have. A rar is read by libarchive's program `bsdtar`.

    Parameters
    ----------
    archive : Path
        Its suffix is one of `archives.SUFFIXES`.
    folder : Path
        Made, with all that the archive holds, or left alone.
    limits : Limits, optional
    progress : callable, optional
        Called with the bytes that are unpacked.

    Raises
    ------
    DamagedArchiveError
        If the archive cannot be read.
    InputError
        If the folder exists; if the archive is encrypted, hostile, larger than the limits or than
        the disk; if it is a rar and `bsdtar` is not installed.
    """
    if folder.exists():
        raise InputError(f"{folder}: already there; move it away to unpack {archive.name}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{os.getpid()}-{folder.name}")
    try:
        beside.mkdir()
        with members_of(archive) as members:
            _write(members, archive, beside, limits or Limits(), progress)
        beside.rename(folder)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,  # a zip's method of compression
        UnicodeError,  # a zip's names
    ) as error:
        raise DamagedArchiveError(f"{archive}: damaged, or no such archive ({error})") from error
    except OSError as error:
        if error.filename is not None:
            raise
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"{archive}: the disk is full; make room and call again") from error
        raise DamagedArchiveError(f"{archive}: damaged ({error})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(
    members: Iterator[Member],
    archive: Path,
    folder: Path,
    limits: Limits,
    progress: Callable[[int], None] | None,
) -> None:
    most = min(limits.size, max(_SMALL, limits.ratio * archive.stat().st_size))
    names = _Names(archive)
    written = 0
    for count, member in enumerate(members, start=1):
        if count > limits.members:
            raise InputError(f"{archive}: more than {limits.members:,} members; not unpacked")
        if member.refused:
            raise InputError(f"{archive}: member {member.name!r} is {member.refused}; not unpacked")
        parts = _parts(member.name, archive)
        if not parts or _is_of_macos(parts):
            continue
        names.take(parts, member)
        path = folder.joinpath(*parts)
        if member.is_folder:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        check_space(folder, min(member.size, most))
        source = member.open()
        assert source is not None  # only links and devices have none
        with source, path.open("xb") as target:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                # Counted, not believed: an archive can lie about the size of its members.
                if written > most:
                    raise InputError(
                        f"{archive}: holds more than {most:,} bytes, as a bomb would; not unpacked"
                    )
                target.write(chunk)
        if progress:
            progress(written)


class _Names:
    """The names that are taken, as a disk sees them that does not tell upper from lower case."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._taken: dict[str, tuple[str, bool]] = {}

    def take(self, parts: tuple[str, ...], member: Member) -> None:
        """Take a member's name and those of the folders around it, or refuse the archive."""
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            is_folder = depth < len(parts) or member.is_folder
            key = unicodedata.normalize("NFC", name).casefold()
            is_new = key not in self._taken
            before, was_folder = self._taken.setdefault(key, (name, is_folder))
            if before != name:
                wrong = f"{before!r} and {name!r} are one name on many disks"
            elif was_folder != is_folder:
                wrong = f"{name!r} is both a file and a folder"
            elif not is_new and not is_folder:
                wrong = f"{name!r} comes twice"
            else:
                continue
            raise InputError(f"{self._archive}: {wrong}; not unpacked")


def _parts(name: str, archive: Path) -> tuple[str, ...]:
    """Return the folders and the file that a member's name consists of, all below one folder."""
    # A backslash parts names on Windows, and a drive leads out of the folder there.
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise InputError(f"{archive}: member {name!r} lies outside the folder; not unpacked")
    if not name.isprintable():
        raise InputError(f"{archive}: member {name!r} has characters no name has; not unpacked")
    if len(name) > _LONGEST or any(len(os.fsencode(part)) > _LONGEST_PART for part in path.parts):
        raise InputError(f"{archive}: member {name[:50]!r}... has too long a name; not unpacked")
    return path.parts


def _is_of_macos(parts: tuple[str, ...]) -> bool:
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"
