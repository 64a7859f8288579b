"""Refuses places that a command cannot write to, before its work begins."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from pathlib import Path

from hybrid_wbc.errors import InputError

# What stands for stdout, where a command can print what it would write.
STDOUT = Path("-")


def check(
    files: Mapping[str, Path | None], folders: Mapping[str, Path | None] | None = None
) -> None:
    """Refuse places of one name, of the wrong kind, or where nothing can be made.

    Parameters
    ----------
    files, folders : mapping of str to Path or None
        By the option or argument that names it: where a file is written, or a folder filled. What
        is None was not asked for.

    Raises
    ------
    InputError
        Naming the option and the place.

    Examples
    --------
    >>> check({"--json": Path(".")})
    Traceback (most recent call last):
    hybrid_wbc.errors.InputError: --json: . is a folder; name a file in it
    """
    of_files = {option: place for option, place in files.items() if place is not None}
    of_folders = {o: place for o, place in (folders or {}).items() if place is not None}
    for (one, place), (other, second) in itertools.combinations(
        [*of_files.items(), *of_folders.items()], 2
    ):
        if place.resolve() == second.resolve():
            raise InputError(f"{one} and {other}: both are {place}; name two places")
    for option, place in of_files.items():
        if place == STDOUT:
            continue
        if place.is_dir():
            raise InputError(f"{option}: {place} is a folder; name a file in it")
        _check_parent(option, place, place.absolute().parent)
    for option, place in of_folders.items():
        if place.exists() and not place.is_dir():
            raise InputError(f"{option}: {place} is a file; name a folder")
        _check_parent(option, place, place.absolute())


def _check_parent(option: str, place: Path, folder: Path) -> None:
    """Refuse a place below a file, or in a folder that may not be written to."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        raise InputError(f"{option}: {place} lies below {nearest}, a file; name another place")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{option}: {place}: {nearest} may not be written to; name another place")
