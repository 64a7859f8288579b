"""The run folder: where a run's files lie, written beside their place and moved in."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, is_beside

CONFIG, PROVENANCE, MANIFEST = "config.yaml", "provenance.json", "manifest.csv"
METRICS, PAGE = "metrics.json", "report.html"
_PACKAGES = (
    "hybrid-wbc", "tensorflow", "keras", "scikit-learn", "numpy", "scipy", "opencv-python-headless",
    "Pillow", "skops",
)  # fmt: skip


@dataclass(frozen=True)
class RunFolder:
    """One run's folder: `config.yaml` is written before all else, `report.html` after all else."""

    path: Path

    @classmethod
    def create(cls, parent: Path, name: str, config: str) -> RunFolder:
        """Make the next numbered folder under `parent` and write its resolved config."""
        parent.mkdir(parents=True, exist_ok=True)
        number = 1 + max((n for n, _ in _numbered(parent)), default=-1)
        while True:
            path = parent / f"{number:05d}-{name}"
            try:
                path.mkdir()
                break
            except FileExistsError:  # another run took the number in between
                number += 1
        write_text(path / CONFIG, config)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open an existing run folder.

        Raises
        ------
        InputError
            If there is none.
        """
        if not (path / CONFIG).is_file():
            raise InputError(f"{path}: not a run folder, it holds no {CONFIG}")
        return cls(path)

    @classmethod
    def newest(cls, parent: Path, name: str) -> RunFolder:
        """Open the run of that name with the highest number.

        Raises
        ------
        InputError
            If there is none to go on with.
        """
        runs = cls.named(parent, name)
        if not runs:
            raise InputError(f"--resume: no run named '{name}' lies in {parent}")
        return runs[-1]

    @classmethod
    def named(cls, parent: Path, name: str) -> list[RunFolder]:
        """Open every run of that name, the highest number last."""
        return [
            cls(path)
            for _, path in sorted(_numbered(parent))
            if path.name.partition("-")[2] == name and (path / CONFIG).is_file()
        ]

    @classmethod
    def is_begun(cls, parent: Path, name: str) -> bool:
        """Whether there is a run of that name to go on with."""
        return bool(cls.named(parent, name))

    def sweep(self) -> None:
        """Remove what a killed process was writing beside a file's place."""
        for path in self.path.rglob(".*"):
            if is_beside(path):
                path.unlink(missing_ok=True)

    def discard_unless_begun(self) -> None:
        """Remove a folder in which nothing has been trained: its settings made no run."""
        if not self.repeats():
            shutil.rmtree(self.path)

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended: its page is the last file written."""
        return (self.path / PAGE).is_file()

    def repeat(self, name: str) -> Path:
        """Give the folder of one seed or fold, made where it is missing."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder

    def repeats(self) -> list[Path]:
        """Give the folders of every seed and fold, in order."""
        folders = [path for path in self.path.iterdir() if path.name.startswith("seed-")]
        return sorted(folders, key=_numbers)

    def read_json(self, name: str) -> Any:
        """Read one of the run's JSON files; see `read_json`."""
        return read_json(self.path / name)

    def provenance(self) -> Any:
        """Read what made the run."""
        return self.read_json(PROVENANCE)


def repeat_name(seed: int, fold: int | None) -> str:
    """Name the folder of one seed, or of one fold of it."""
    return f"seed-{seed}" if fold is None else f"seed-{seed}-fold-{fold}"


def seed_of(repeat: Path) -> int:
    """Give the seed of a repeat by its folder."""
    return _numbers(repeat)[0]


def fold_of(repeat: Path) -> int:
    """Give the fold of a repeat by its folder, counted from 0."""
    return _numbers(repeat)[1]


def _numbers(repeat: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", repeat.name)]


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


def provenance(checksums: Mapping[str, str]) -> dict[str, Any]:
    """Say what made a run: program, versions, machine, command and data.

    Parameters
    ----------
    checksums : mapping of str to str
        SHA-256 of each sample's file, by sample id.

    Returns
    -------
    dict
    """
    commit = _git("rev-parse", "HEAD")
    return {
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain")) if commit else None,
        "versions": {"python": platform.python_version()} | _versions(),
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
        },
        "argv": sys.argv,
        "data_sha256": data_hash(checksums),
    }


def data_hash(checksums: Mapping[str, str]) -> str:
    """Give one SHA-256 for all of a set's, by sample id."""
    facts = "\n".join(f"{key} {value}" for key, value in sorted(checksums.items()))
    return hashlib.sha256(facts.encode()).hexdigest()


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _git(*arguments: str) -> str | None:
    """Ask git about the program's own checkout; None where there is none."""
    folder = Path(__file__).parent
    if not (folder.parent / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def _numbered(parent: Path) -> list[tuple[int, Path]]:
    if not parent.is_dir():
        return []
    found = [(re.match(r"(\d+)-", path.name), path) for path in parent.iterdir() if path.is_dir()]
    return [(int(match[1]), path) for match, path in found if match]
