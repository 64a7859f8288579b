"""What a run said of each cell of other sets: the table that `stress --on` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_table, write_table
from hybrid_wbc.runs.tables import PredictionTable

_OF_SET = ("set", "repeat")
_OF_CELL = ("id", "sha256", "source", "label")


@dataclass(frozen=True)
class OtherSetAnswers:
    """What one repeat said of one other set.

    Parameters
    ----------
    name : str
        The set's.
    repeat : str
    sha256, sources : numpy.ndarray of str, shape (n,)
        Of each cell's file, and the source that it was found to be of.
    table : PredictionTable
        Of the same n cells, each of them tested.
    """

    name: str
    repeat: str
    sha256: np.ndarray
    sources: np.ndarray
    table: PredictionTable


def write_answers(path: Path, answers: Sequence[OtherSetAnswers]) -> None:
    """Write what was said, a row a set, repeat and cell; the headings alone where nothing was.

    Parameters
    ----------
    path : Path
    answers : sequence of OtherSetAnswers
        With the same classifiers.
    """
    said = list(answers[0].table.said) if answers else []
    rows = [
        (each.name, each.repeat, *row)
        for each in answers
        for row in zip(
            each.table.ids,
            each.sha256,
            each.sources,
            each.table.labels,
            *(each.table.said[key] for key in said),
            strict=True,
        )
    ]
    write_table(path, (*_OF_SET, *_OF_CELL, *said), rows)


def read_answers(path: Path) -> list[OtherSetAnswers]:
    """Read what was said, a set and repeat after the other.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of OtherSetAnswers

    Raises
    ------
    InputError
        If the file is missing or lacks a column.
    """
    found = []
    try:
        for (name, repeat), group in groupby(
            read_table(path), lambda row: (row["set"], row["repeat"])
        ):
            rows = list(group)
            ids, sha256, sources, labels = (np.array([row[c] for row in rows]) for c in _OF_CELL)
            said = {
                key: np.array([row[key] for row in rows]) for key in CLASSIFIERS if key in rows[0]
            }
            table = PredictionTable(ids, labels, np.full(len(ids), TEST), said)
            found.append(OtherSetAnswers(name, repeat, sha256, sources, table))
    except KeyError as error:
        raise InputError(f"{path}: no column {error}; run `hybrid-wbc stress` again") from error
    return found
