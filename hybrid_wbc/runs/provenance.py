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
from typing import Any

_PACKAGES = (
    "hybrid-wbc", "tensorflow", "keras", "scikit-learn", "numpy", "scipy", "opencv-python-headless",
    "Pillow", "skops",
)  # fmt: skip


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
