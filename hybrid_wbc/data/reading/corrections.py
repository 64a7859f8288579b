"""Labels that a user has corrected: a table of ids and labels, laid over what a set says."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from typing_extensions import TypedDict

from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError

_COLUMNS = ("id", "label")


class Corrected(TypedDict):
    """One label that was corrected."""

    id: str
    before: str
    after: str


@dataclass(frozen=True)
class Corrections:
    """What a table of corrections says.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the table.
    labels : dict of str to tuple of (str, int)
        By a cell's id its label, and the line that says so.
    """

    path: Path
    sha256: str
    labels: dict[str, tuple[str, int]]


def read_corrections(path: Path) -> Corrections:
    """Read a table of corrections: a CSV file with the columns `id` and `label`; others may follow.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Corrections

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or says nothing or two things of a cell.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text in UTF-8"
        raise InputError(f"{path}: cannot be read as a table of labels: {reason}") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path}: no column '{missing[0]}'; corrected labels need the columns id,label"
        )
    labels: dict[str, tuple[str, int]] = {}
    for row in reader:
        line, cell, label = reader.line_num, row["id"], class_name(row["label"] or "")
        if not cell or not label:
            raise InputError(f"{path}: line {line} has no {'label' if cell else 'id'}")
        if cell in labels:
            raise InputError(
                f"{path}: line {line} names {cell} again, after line {labels[cell][1]}; keep one"
            )
        labels[cell] = (label, line)
    if not labels:
        raise InputError(f"{path}: holds no row below its heading")
    return Corrections(path, hashlib.sha256(content).hexdigest(), labels)


def correct(
    samples: Sequence[Sample], corrections: Corrections
) -> tuple[list[Sample], list[Corrected]]:
    """Give the samples their corrected labels.

    Parameters
    ----------
    samples : sequence of Sample
        Of the whole set.
    corrections : Corrections

    Returns
    -------
    samples : list of Sample
        In their order.
    corrected : list of Corrected
        Those whose label is another one now.

    Raises
    ------
    InputError
        If there is no such cell or class in the set, with the line that names it.
    """
    classes = sorted({label for sample in samples for label in sample.labels})
    known = {sample.id for sample in samples}
    for cell, (label, line) in corrections.labels.items():
        if cell not in known:
            raise InputError(
                f"{corrections.path}: line {line}: no cell '{cell}' in the data; ids are those of "
                "the run's manifest"
            )
        if label not in classes:
            raise InputError(
                f"{corrections.path}: line {line}: received the class '{label}', choose from "
                f"{', '.join(classes)}"
            )
    given, corrected = [], []
    for sample in samples:
        label, _ = corrections.labels.get(sample.id, ("", 0))
        if label and sample.labels != (label,):
            before = " | ".join(sample.labels)
            corrected.append(Corrected(id=sample.id, before=before, after=label))
            sample = replace(sample, labels=(label,))
        given.append(sample)
    return given, corrected
