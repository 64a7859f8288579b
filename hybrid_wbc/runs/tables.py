"""The tables of a run as CSV: files, predictions, out-of-fold predictions, history, ablation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import ablation
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.files import read_table, write_table


class ManifestRow(TypedDict):
    """What became of one file or cell: `dropped` has the reason, and is empty where it was kept.

    `split` is the side that the set itself puts it on, or empty.
    """

    id: str
    path: str
    sha256: str
    label: str
    source: str
    split: str
    dropped: str


_MANIFEST = tuple(ManifestRow.__annotations__)
_PREDICTIONS = ("id", "label", "split")
_PROBABILITY = "probability "


class SeenFiles:
    """The files that a run was made of, by the SHA-256 of their bytes.

    A run in one file keeps the first digits of each alone; that many are held against another's.

    Parameters
    ----------
    rows : sequence of ManifestRow

    Examples
    --------
    >>> row = {"id": "1", "path": "", "sha256": "c0ffee", "label": "", "source": "", "split": "",
    ...        "dropped": ""}
    >>> "c0ffee15" in SeenFiles([row]), "c0ffef15" in SeenFiles([row])
    (True, False)
    """

    def __init__(self, rows: Sequence[ManifestRow]) -> None:
        self._digits = min((len(row["sha256"]) for row in rows), default=0)
        self._known = {row["sha256"][: self._digits] for row in rows}

    def __contains__(self, sha256: str) -> bool:
        """Whether a file was among them."""
        return sha256[: self._digits] in self._known


def read_manifest(path: Path) -> list[ManifestRow]:
    """Read what became of each file.

    Raises
    ------
    InputError
        If it is missing or lacks a column.
    """
    return cast(list[ManifestRow], _read(path, _MANIFEST))


def write_manifest(path: Path, rows: Iterable[ManifestRow]) -> None:
    """Write what became of each file."""
    write_table(path, _MANIFEST, (list(row.values()) for row in rows))


@dataclass(frozen=True)
class PredictionTable:
    """What every classifier said of every cell of a repeat.

    Parameters
    ----------
    ids, labels, split : numpy.ndarray of str, shape (n,)
        Each cell's id, its true class, and "train", "validation" or "test".
    said : dict of str to numpy.ndarray of str, shape (n,)
        The class that each classifier gave, by a key of `CLASSIFIERS` and in their order.
    """

    ids: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    said: dict[str, np.ndarray]

    def of_sides(self, sides: Collection[str]) -> PredictionTable:
        """Leave out the cells of other sides."""
        return self.taken(np.isin(self.split, list(sides)))

    def taken(self, cells: np.ndarray) -> PredictionTable:
        """Take some cells, by a mask or by their positions."""
        return PredictionTable(
            self.ids[cells],
            self.labels[cells],
            self.split[cells],
            {key: classes[cells] for key, classes in self.said.items()},
        )

    def predictions(self, key: str, source_of: Mapping[str, str]) -> Predictions:
        """Give what one classifier said, as the evaluation takes it.

        Parameters
        ----------
        key : str
            The classifier's.
        source_of : mapping of str to str
            The source of each cell, by the cell's id.
        """
        return Predictions(
            true=self.labels,
            predicted=self.said[key],
            sources=np.array([source_of[cell] for cell in self.ids.tolist()]),
        )


def joined(tables: Sequence[PredictionTable]) -> PredictionTable:
    """Put tables below each other, with the classifiers that all of them have."""
    return PredictionTable(
        np.concatenate([table.ids for table in tables]),
        np.concatenate([table.labels for table in tables]),
        np.concatenate([table.split for table in tables]),
        {
            key: np.concatenate([table.said[key] for table in tables])
            for key in tables[0].said
            if all(key in table.said for table in tables)
        },
    )


def read_predictions(path: Path) -> PredictionTable:
    """Read what the classifiers said.

    Raises
    ------
    InputError
        If it is missing or lacks a column.
    """
    rows = _read(path, _PREDICTIONS)
    ids, labels, split = (np.array([row[name] for row in rows]) for name in _PREDICTIONS)
    said = {key: np.array([row[key] for row in rows]) for key in CLASSIFIERS if key in rows[0]}
    return PredictionTable(ids, labels, split, said)


def write_predictions(path: Path, table: PredictionTable) -> None:
    """Write what the classifiers said."""
    columns = (table.ids, table.labels, table.split, *table.said.values())
    write_table(path, (*_PREDICTIONS, *table.said), zip(*columns, strict=True))


@dataclass(frozen=True)
class ProbabilityTable:
    """The class probabilities of the test cells of a repeat.

    Parameters
    ----------
    ids : numpy.ndarray of str, shape (n,)
    classes : sequence of str, length k
    given : dict of str to numpy.ndarray of float32, shape (n, k)
        By a key of `CLASSIFIERS`, in their order. KNN, SVM and forest are calibrated on folds of
        the training side that keep a source together; the network's are its softmax.
    """

    ids: np.ndarray
    classes: Sequence[str]
    given: dict[str, np.ndarray]


def read_probabilities(path: Path) -> ProbabilityTable:
    """Read the class probabilities of a repeat's test cells.

    Raises
    ------
    InputError
        If the file lacks a column, or holds what is no number.
    """
    rows = _read(path, ("id", "classifier"))
    columns = [name for name in rows[0] if name.startswith(_PROBABILITY)]
    of: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        of.setdefault(row["classifier"], []).append(row)
    ids = [[row["id"] for row in part] for part in of.values()]
    if any(each != ids[0] for each in ids):
        raise InputError(f"{path}: its classifiers are not of the same cells; classify again")
    try:
        given = {
            key: np.array([[row[name] for name in columns] for row in of[key]], np.float32)
            for key in CLASSIFIERS
            if key in of
        }
    except ValueError as error:
        raise InputError(f"{path}: {error}; run the classify stage again") from error
    classes = [name.removeprefix(_PROBABILITY) for name in columns]
    return ProbabilityTable(np.array(ids[0]), classes, given)


def write_probabilities(path: Path, table: ProbabilityTable) -> None:
    """Write the class probabilities of a repeat's test cells: a row a classifier and cell."""
    columns = ("id", "classifier", *(f"{_PROBABILITY}{name}" for name in table.classes))
    rows = [
        (cell, key, *row)
        for key, given in table.given.items()
        for cell, row in zip(table.ids.tolist(), given.astype(np.float32), strict=True)
    ]
    write_table(path, columns, rows)


def write_out_of_fold(path: Path, folds: Mapping[tuple[int, int], PredictionTable]) -> None:
    """Write what was said of each cell by the network that never saw its source.

    Parameters
    ----------
    path : Path
    folds : mapping of (int, int) to PredictionTable
        The tested cells of each fold, by its seed and number.
    """
    said = joined(list(folds.values())).said
    rows = [
        (seed, fold, *row)
        for (seed, fold), table in folds.items()
        for row in zip(table.ids, table.labels, *(table.said[key] for key in said), strict=True)
    ]
    write_table(path, ("seed", "fold", "id", "label", *said), rows)


def read_history(path: Path) -> dict[str, list[float]]:
    """Read the figures of each epoch of a training, by their name.

    Raises
    ------
    InputError
        If the file is missing, or holds what is no number.
    """
    rows = _read(path, ("epoch",))
    try:
        return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}
    except ValueError as error:
        raise InputError(f"{path}: {error}; train the network again") from error


def write_history(path: Path, history: Mapping[str, Sequence[float]]) -> None:
    """Write the figures of each epoch of a training, by their name."""
    rows = zip(*history.values(), strict=True)
    numbered = [(epoch, *figures) for epoch, figures in enumerate(rows, start=1)]
    write_table(path, ("epoch", *history), numbered)


def write_refits(path: Path, summary: ablation.Ablation) -> None:
    """Write every refit of the ablation."""
    recalls = (f"recall {name}" for name in summary["classes"])
    columns = ("classifier", "features", "repeat", "accuracy", *recalls)
    write_table(path, columns, ablation.rows(summary))


def _read(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a table that has these columns and a row at least."""
    rows = read_table(path)
    if not rows:
        raise InputError(f"{path}: holds no row; run the stage that writes it again")
    missing = [name for name in columns if name not in rows[0]]
    if missing:
        raise InputError(f"{path}: no column '{missing[0]}'; run the stage that writes it again")
    for number, row in enumerate(rows, start=2):
        # What csv gives a row that is longer or shorter than the first.
        if None in row or None in row.values():
            raise InputError(
                f"{path}: row {number} is not as long as the first; "
                "run the stage that writes it again"
            )
    return rows
