"""Writing files whole or not at all, and archives that are the same bytes."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import itertools
import json
import os
import re
import shutil
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from hybrid_wbc.errors import InputError

# What is packed here grows by less than this.
_MOST_GROWTH = 20
_SEAL = re.compile(rb"sha256:([0-9a-f]{64})")
_SEAL_LENGTH = len("sha256:") + 64


def absolute(path: Path) -> Path:
    """Give a path from the root; unlike `Path.resolve` it follows no links.

    Examples
    --------
    >>> absolute(Path("/slides/7/../8")).as_posix()
    '/slides/8'
    """
    return Path(os.path.normpath(path.absolute()))


@contextmanager
def in_place(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, and move it in when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        # A write to an open file names no file, and what was written to is none that was asked for.
        if error.filename in (None, str(beside)) and error.errno is not None:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def folder_in_place(out: Path) -> Iterator[Path]:
    """Give a folder to fill beside `out`, and move it in when the block ends without error.

    An empty `out` is filled, not replaced: it may be where the user stands, or a mounted disk. What
    processes that were killed have left of the same folder is removed.

    Parameters
    ----------
    out : Path
        Not there, or empty; see `check_free`.

    Raises
    ------
    FileExistsError
        If another process has made the folder meanwhile.
    """
    out = out.resolve()
    exists = out.is_dir()
    workplace = out if exists else out.parent
    workplace.mkdir(parents=True, exist_ok=True)
    for left in _leftovers(out):
        shutil.rmtree(left, ignore_errors=True)
    beside = workplace / f".{out.name}.{os.getpid()}.part"
    beside.mkdir()
    try:
        yield beside
        if exists:
            for part in sorted(beside.iterdir()):
                part.rename(out / part.name)
        elif out.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
        else:
            beside.rename(out)
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, os.strerror(error.errno), str(out)) from error
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_free(out: Path) -> None:
    """Refuse a place that holds anything but what a killed process has left there.

    Raises
    ------
    InputError
        If it is a file, or a folder with anything in it.
    """
    if not out.exists():
        return
    left = set(_leftovers(out.resolve())) if out.is_dir() else set()
    if out.is_file() or any(path not in left for path in out.resolve().iterdir()):
        raise InputError(f"{out}: already there and not empty; name a new or empty folder")


def _leftovers(out: Path) -> list[Path]:
    """Return what processes that no longer run were filling for a folder."""
    pattern = re.compile(rf"\.{re.escape(out.name)}\.(\d+)\.part")
    found = []
    for place in (out, out.parent):
        if place.is_dir():
            for path in place.iterdir():
                match = pattern.fullmatch(path.name)
                if match and not _runs(int(match[1])):
                    found.append(path)
    return found


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def safe_name(text: str, taken: Collection[str] = ()) -> str:
    """Make a name for a file or folder of text that came with data: it never leaves its folder.

    Parameters
    ----------
    text : str
        Such as a label in somebody else's table.
    taken : collection of str
        Names in small letters that it must differ from.

    Returns
    -------
    str
        Letters, digits, spaces, dots, hyphens and underscores, at most 100 of them.

    Examples
    --------
    >>> safe_name("../../x"), safe_name("/"), safe_name("immature granulocyte")
    ('x', 'unnamed', 'immature granulocyte')
    """
    plain = re.sub(r"[^\w .-]+", "-", text).strip(" .-")[:100].rstrip(" .-") or "unnamed"
    # Some file systems do not tell capitals from small letters.
    names = (plain if n == 1 else f"{plain}-{n}" for n in itertools.count(1))
    return next(name for name in names if name.lower() not in taken)


def is_beside(path: Path) -> bool:
    """Whether a path is one that `in_place` gives to write to."""
    return re.match(r"\.\d+-", path.name) is not None


def read_archive(
    content: bytes | BinaryIO, wanted: Collection[str] | None = None
) -> dict[str, bytes]:
    """Read members of a zip archive, by name.

    Parameters
    ----------
    content : bytes or binary file
        Of a file nothing but the list of members is read before it is held against `wanted`.
    wanted : collection of str, optional
        The members to expect; without it every member is read.

    Raises
    ------
    ValueError
        If there are others than those, or they would grow far beyond what they are packed into.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    size = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if len(set(names)) < len(names) or (wanted is not None and set(names) != set(wanted)):
            raise ValueError(f"holds {', '.join(names[:9])}")
        if sum(member.file_size for member in members) > _MOST_GROWTH * max(size, 2**20):
            raise ValueError("would grow far beyond its size")
        return {name: archive.read(name) for name in names}


def write_archive(
    members: Mapping[str, bytes],
    packed: Collection[str] = (),
    deflated: Collection[str] = (),
) -> bytes:
    """Make a zip archive without the hour of its making: equal content gives equal bytes.

    Parameters
    ----------
    members : mapping of str to bytes
    packed : collection of str
        The members that are made as small as they can be, by LZMA.
    deflated : collection of str
        The members that are made smaller so that they are soon read: of weights, which hardly grow
        smaller, LZMA takes eight times as long.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            how = zipfile.ZIP_DEFLATED if name in deflated else zipfile.ZIP_STORED
            how = zipfile.ZIP_LZMA if name in packed else how
            # Dated 1980 unless told otherwise.
            archive.writestr(zipfile.ZipInfo(name), member, how, compresslevel=9)
    return content.getvalue()


def seal(archive: bytes) -> bytes:
    """Put the checksum of a zip archive where it has its comment.

    Any program that reads zip archives reads it then. The checksum tells damage, not a forger.

    Parameters
    ----------
    archive : bytes
        Without a comment.

    Returns
    -------
    bytes
    """
    # An archive ends with the length of its comment, in two bytes, and the comment.
    covered = archive[:-2] + _SEAL_LENGTH.to_bytes(2, "little")
    return covered + b"sha256:" + hashlib.sha256(covered).hexdigest().encode()


def seal_holds(content: bytes) -> bool | None:
    """Hold a file against the checksum that `seal` gave it; None where it has none.

    Examples
    --------
    >>> sealed = seal(write_archive({"a.txt": b"whole"}))
    >>> seal_holds(sealed), seal_holds(sealed.replace(b"whole", b"other")), seal_holds(b"PK")
    (True, False, None)
    """
    found = _SEAL.fullmatch(content[-_SEAL_LENGTH:])
    if found is None:
        return None
    return hashlib.sha256(content[:-_SEAL_LENGTH]).hexdigest().encode() == found[1]


def renumber(text: str, pattern: str) -> tuple[str, dict[str, str]]:
    """Replace numbers that stand for places in memory by 0, 1, 2, … in order of appearance.

    Parameters
    ----------
    text : str
    pattern : str
        Regular expression whose second group is the number and whose first is what precedes it.

    Returns
    -------
    text : str
    numbers : dict of str to str
        The new number of each old one.
    """
    numbers: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        return match[1] + numbers.setdefault(match[2], str(len(numbers)))

    return re.sub(pattern, replace, text), numbers


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; what no UTF-8 can hold, as an escape."""
    with in_place(path) as beside:
        # A folder's name may have such bytes, from an old Windows or Mac.
        beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    InputError
        If it is missing or broken.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: missing; the run has not come so far, finish it with --resume"
        ) from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file whole or not at all; floats keep every digit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_table(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as one mapping a row.

    Raises
    ------
    InputError
        If the file is missing.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError as error:
        raise InputError(f"{path}: missing; run the stage that writes it first") from error
