"""Keeping fitted classifiers without running code on loading: skops, an allow-list, a checksum."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import skops.io
from sklearn.pipeline import Pipeline

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, read_archive, renumber, write_archive

# scikit-learn's own types that skops does not trust by itself; nothing else is ever loaded.
TRUSTED = (
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.tree._tree.Tree",
)
_SCHEMA = "schema.json"


def save(classifier: Pipeline, path: Path) -> str:
    """Write a fitted classifier as a skops file.

    Parameters
    ----------
    classifier : Pipeline
    path : Path

    Returns
    -------
    str
        SHA-256 of the file; keep it apart from the file and hand it to `load`.
    """
    content = _without_addresses(skops.io.dumps(classifier))
    with in_place(path) as beside:
        beside.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(path: Path, checksum: str) -> Pipeline:
    """Read a classifier, if it is the file that was written and holds nothing unexpected.

    Parameters
    ----------
    path : Path
    checksum : str
        What `save` returned.

    Returns
    -------
    Pipeline

    Raises
    ------
    InputError
        If the file is missing, was changed, or holds types that are not allowed.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: missing; run the classify stage first") from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise InputError(f"{path}: changed since it was written; run the classify stage again")
    try:
        return skops.io.loads(content, trusted=list(TRUSTED))
    except (skops.io.exceptions.UntrustedTypesFoundException, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not loaded: {' '.join(str(error).split())}") from error


def _without_addresses(content: bytes) -> bytes:
    """Renumber the objects in a skops file, which skops numbers by their place in memory."""
    members = read_archive(content)
    schema = members.pop(_SCHEMA).decode()
    schema, numbers = renumber(schema, r'("__id__": |"file": ")(\d+)')
    renamed = {re.sub(r"^\d+", lambda m: numbers[m[0]], name): d for name, d in members.items()}
    return write_archive(dict(sorted(renamed.items())) | {_SCHEMA: schema.encode()})
