"""What made a run: program, versions, machine, command and data."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import NotRequired

from typing_extensions import TypedDict

from hybrid_wbc.data.reading.corrections import Corrected

PROGRAM = "hybrid-wbc"
_PACKAGES = (
    PROGRAM, "tensorflow", "keras", "scikit-learn", "numpy", "scipy", "opencv-python-headless",
    "Pillow", "skops",
)  # fmt: skip


class Machine(TypedDict):
    """What the run was made on.

    `cores` are those that the process may run on; `threads` those that TensorFlow uses, on which
    the last bits of every weight rest. Runs of 0.2.0 and before have the machine's cores, and no
    threads.
    """

    system: str
    processor: str
    cores: int | None
    threads: NotRequired[int]


class DataSet(TypedDict):
    """Where a set lies, and how it is laid out."""

    path: str
    layout: str


class Shown(TypedDict):
    """How much of a picture the network was shown about each cell.

    `of_smears` says whether the cells were cut out of smears by their marks, None where that is not
    known; `frames` the heights and widths of the pictures; `filled` the share of what it was shown
    that a cell fills, None where none was found.
    """

    of_smears: bool | None
    frames: list[list[int]]
    filled: float | None


class Data(DataSet):
    """What a run was made from.

    `dataset` is the set's name in the catalogue, or empty; `sources_found` whether the photographs
    had to be found from the pictures; `notes` what must be known to read the scores. Runs across
    sets have that of the `test` side too, and runs on several sets `more` than the first.
    `corrected` names the labels that the user corrected. `seen` has the ids of the cells that are
    not tested, since the network that was lent saw them or others of their source. A run in one
    file, whose pictures are not there, keeps in `shown` how they showed their cells.
    """

    dataset: NotRequired[str]
    synthetic: bool
    sources_found: NotRequired[bool]
    notes: list[str]
    test: NotRequired[DataSet]
    more: NotRequired[list[DataSet]]
    corrected: NotRequired[list[Corrected]]
    shown: NotRequired[Shown]
    seen: NotRequired[list[str]]


def is_private(data: Data) -> bool:
    """Say whether a run's pictures may not be passed on: the terms of LISC forbid it."""
    layouts = (data["layout"], data.get("test", data)["layout"])
    return "lisc" in layouts and not data["synthetic"]


class Provenance(TypedDict):
    """What made a run; the weights are those that its networks started from, where it is a file.

    `commit` and `dirty` are None outside a checkout.
    """

    commit: str | None
    dirty: bool | None
    versions: dict[str, str]
    machine: Machine
    argv: list[str]
    data_sha256: str
    data: Data
    weights_sha256: NotRequired[str]


def provenance(
    checksums: Mapping[str, str],
    data: Data,
    weights_sha256: str | None = None,
    threads: int | None = None,
) -> Provenance:
    """Say what made a run: program, versions, machine, command and data.

    Parameters
    ----------
    checksums : mapping of str to str
        SHA-256 of each sample's file, by sample id.
    data : Data
    weights_sha256 : str, optional
        Of the file of weights that the networks start from, where there is one.
    threads : int, optional
        That TensorFlow uses, where a network is trained.

    Returns
    -------
    Provenance
    """
    commit = _git("rev-parse", "HEAD")
    facts: Provenance = {
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain")) if commit else None,
        "versions": {"python": platform.python_version()} | versions(),
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": cores(),
        },
        "argv": sys.argv,
        "data_sha256": data_hash(checksums),
        "data": data,
    }
    if threads is not None:
        facts["machine"]["threads"] = threads
    if weights_sha256 is not None:
        facts["weights_sha256"] = weights_sha256
    return facts


def data_hash(checksums: Mapping[str, str]) -> str:
    """Give one SHA-256 for all of a set's, by sample id."""
    facts = "\n".join(f"{key} {value}" for key, value in sorted(checksums.items()))
    return hashlib.sha256(facts.encode()).hexdigest()


def cores() -> int | None:
    """Count the cores that this process may run on, which may be fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def versions() -> dict[str, str]:
    """Give the versions of the program and of the libraries that its results rest on."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _git(*arguments: str) -> str | None:
    """Ask git about the program's own checkout; None where there is none."""
    folder = Path(__file__).parents[1]
    if not (folder.parent / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()
