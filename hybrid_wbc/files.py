"""Writing files whole or not at all, and archives that are the same bytes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hybrid_wbc.errors import InputError


@contextmanager
def in_place(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, and move it in when the block ends without error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        # A write to an open file names no file, and a full disk is told by its place.
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    finally:
        beside.unlink(missing_ok=True)


def is_beside(path: Path) -> bool:
    """Whether a path is one that `in_place` gives to write to."""
    return re.match(r"\.\d+-", path.name) is not None


def read_archive(content: bytes) -> dict[str, bytes]:
    """Read every member of a zip archive, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_archive(members: Mapping[str, bytes]) -> bytes:
    """Make a zip archive without the hour of its making: equal content gives equal bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), member)  # dated 1980 unless told otherwise
    return content.getvalue()


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
    """Write a text file whole or not at all."""
    with in_place(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


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
        raise InputError(f"{path}: missing; the run has not come so far") from error
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
