"""Keeping fitted classifiers without running code on loading: skops, an allow-list, a checksum."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import skops.io
from sklearn.base import BaseEstimator

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, read_archive, renumber, write_archive

# scikit-learn's and our own types that skops does not trust by itself; nothing else is loaded.
TRUSTED = (
    "hybrid_wbc.classical.heads.NamedHead",
    "hybrid_wbc.classical.heads.SoftmaxHead",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.model_selection._split.PredefinedSplit",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
)
_SCHEMA = "schema.json"


def save(classifier: BaseEstimator, path: Path) -> str:
    """Write a fitted classifier as a skops file.

    Parameters
    ----------
    classifier : BaseEstimator
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


def load(path: Path, checksum: str) -> Any:
    """Read a classifier, if it is the file that was written and holds nothing unexpected.

    Parameters
    ----------
    path : Path
    checksum : str
        What `save` returned.

    Returns
    -------
    BaseEstimator

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
    content_of = json.loads(members.pop(_SCHEMA))
    _forget_queries(content_of)
    schema, numbers = renumber(json.dumps(content_of, indent=2), r'("__id__": |"file": ")(\d+)')
    renamed = {re.sub(r"^\d+", lambda m: numbers[m[0]], name): d for name, d in members.items()}
    return write_archive(dict(sorted(renamed.items())) | {_SCHEMA: schema.encode()})


def _forget_queries(node: Any) -> None:
    """Set to zero how often a KDTree was asked: it counts that among its own state."""
    if isinstance(node, list):
        for part in node:
            _forget_queries(part)
    elif isinstance(node, dict):
        if node.get("__class__") == "KDTree":
            # Trims, leaves, splits and calls, after the data and the shape of the tree. Equal
            # counts may be one object or several; here they become one.
            for count in node["content"]["content"][7:11]:
                count |= {"content": "0", "__id__": 0}
        for part in node.values():
            _forget_queries(part)
