"""Owns what tells whether a file of a run was changed: the checksum of each, written after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_json, write_json

CHECKSUMS = "checksums.json"


@dataclass(frozen=True)
class Checksums:
    """The SHA-256 of every file of a run but its log, by the file's place in it.

    A file counts from when it is listed. It is taken off the list before it is written anew, so
    that one which a killed process has half replaced does not count. A run that an earlier version
    has begun has no list, and its files are taken as they are.

    Parameters
    ----------
    root : Path
        The run's folder.
    """

    root: Path

    @property
    def path(self) -> Path:
        """Where the list lies."""
        return self.root / CHECKSUMS

    def begin(self) -> None:
        """Write an empty list: from now on every file has to be on it."""
        write_json(self.path, {})

    @contextmanager
    def written(self, *files: Path) -> Iterator[None]:
        """Take files off the list while they are written, and put them on it when they are."""
        if not self.path.exists():
            yield
            return
        names = [self._name(file) for file in files]
        listed = self._listed()
        if any(listed.pop(name, "") for name in names):
            write_json(self.path, listed)
        yield
        listed = self._listed() | {
            name: checksum_of(file) for name, file in zip(names, files, strict=True)
        }
        write_json(self.path, dict(sorted(listed.items())))

    def counts(self, file: Path) -> bool:
        """Whether a file is there, and whole."""
        return file.exists() and (not self.path.exists() or self._name(file) in self._listed())

    def checked(self, file: Path) -> Path:
        """Give a file that is as it was written; one that is missing is left to its reader.

        Raises
        ------
        InputError
            If it was changed since it was written, or is not on the list.
        """
        if not file.exists() or not self.path.exists():
            return file
        known = self._listed().get(self._name(file))
        if known is None:
            raise InputError(
                f"{file}: not listed in {CHECKSUMS}, so it was not written to its end or comes "
                "from elsewhere; run the stage that writes it again"
            )
        if known != checksum_of(file):
            raise InputError(
                f"{file}: changed since it was written; run the stage that writes it again, or "
                "start a new run"
            )
        return file

    def check_all(self) -> None:
        """Check every file on the list.

        Raises
        ------
        InputError
            If one is missing or was changed since it was written.
        """
        for name in self._listed() if self.path.exists() else ():
            file = self.root / name
            if not file.is_file():
                raise InputError(
                    f"{file}: missing; run the stage that writes it again, or start a new run"
                )
            self.checked(file)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.root).as_posix()

    def _listed(self) -> dict[str, str]:
        listed = read_json(self.path)
        if not isinstance(listed, dict) or not all(isinstance(v, str) for v in listed.values()):
            raise InputError(f"{self.path}: damaged: {json.dumps(listed)[:60]}; start a new run")
        return dict(listed)


def checksum_of(file: Path) -> str:
    """Give the SHA-256 of a file's bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
