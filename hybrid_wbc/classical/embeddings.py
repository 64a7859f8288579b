"""The seam between the two halves: a few numbers a cell, kept as one .npz."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from hybrid_wbc.classical.subspace import Subspace
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place


@dataclass(frozen=True)
class Embeddings:
    """What the classifiers take of every cell of one repeat, and what its network says.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
        The embedding's units, before any scaling, and then the hand-made features; of shape (n, 0)
        where there are neither.
    y : numpy.ndarray of int64, shape (n,)
        Position of each cell's class in `classes`.
    ids, sources, split : numpy.ndarray of str, shape (n,)
        Each sample's id, its photograph, smear or patient, and "train", "validation" or "test".
    classes : numpy.ndarray of str, shape (k,)
    probabilities : numpy.ndarray of float32, shape (n, k)
        The network's own softmax, so that it can be scored beside the classifiers; of shape (n, 0)
        where no network was trained.
    hand_made : numpy.ndarray of str, shape (m,)
        Names of the last m columns of X, which were measured of the cell's masks.
    missing : numpy.ndarray of bool, shape (n, m)
        Which of their numbers could not be measured: the training side's median stands in X.
    outside : numpy.ndarray of float32, shape (n,) or (0,)
        How much of what the embedding is made of lies outside the training cells' `Subspace`; NaN
        of training cells in a bundle, empty where there is no subspace.
    centre : numpy.ndarray of float32, shape (f,) or (0,)
        Of the subspace.
    axes : numpy.ndarray of float16, shape (c, f) or (0, 0)
        Of the same.
    finding : numpy.ndarray of int, shape ()
        How the cells of the pictures were found: `data.cells.finding.VERSION`; 0 where it is not
        known.
    """

    X: np.ndarray
    y: np.ndarray
    ids: np.ndarray
    sources: np.ndarray
    split: np.ndarray
    classes: np.ndarray
    probabilities: np.ndarray
    hand_made: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=str))
    missing: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype=bool))
    outside: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    centre: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    axes: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float16))
    finding: np.ndarray = field(default_factory=lambda: np.zeros((), dtype=int))

    @property
    def learned(self) -> int:
        """How many features are the network's, which stand first."""
        return self.X.shape[1] - len(self.hand_made)

    @property
    def names(self) -> list[str]:
        """The name of each feature: the network's are numbered, the hand-made ones have words."""
        return [*numbered(self.learned), *self.hand_made.tolist()]

    @property
    def measured(self) -> np.ndarray:
        """The hand-made features, shape (n, m), NaN where nothing could be measured."""
        numbers = self.X[:, self.learned :]
        return np.where(self.missing, np.nan, numbers) if len(self.hand_made) else numbers

    @property
    def has_features(self) -> bool:
        """Whether there is anything that the classifiers could take."""
        return self.X.shape[1] > 0

    @property
    def has_softmax(self) -> bool:
        """Whether a network was trained, which says classes of its own."""
        return self.probabilities.shape[1] > 0

    @property
    def is_at_chance(self) -> bool:
        """Whether the network classes its own training images no better than by one class."""
        if not self.has_softmax:
            return False
        chosen = self.split == TRAIN
        right = np.mean(self.probabilities[chosen].argmax(axis=1) == self.y[chosen])
        return bool(right <= np.bincount(self.y[chosen]).max() / chosen.sum())

    @property
    def subspace(self) -> Subspace | None:
        """In which the features of the training cells lie, where that is known."""
        return Subspace(self.centre, self.axes) if len(self.axes) else None

    @property
    def source_of(self) -> dict[str, str]:
        """The source of each cell, by the cell's id."""
        return dict(zip(self.ids.tolist(), self.sources.tolist(), strict=True))

    def side(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Give X and y of one side."""
        chosen = self.split == name
        return self.X[chosen], self.y[chosen]

    def save(self, path: Path) -> None:
        """Write one .npz, beside its place and moved in."""
        with in_place(path) as beside, beside.open("wb") as file:
            np.savez(
                file, allow_pickle=False, **{f.name: getattr(self, f.name) for f in fields(self)}
            )

    @classmethod
    def load(cls, path: Path) -> Embeddings:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, is no such .npz, or its arrays do not belong together.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                # Earlier versions kept less.
                kept = {f.name: stored[f.name] for f in fields(cls) if f.name in stored}
            loaded = cls(**kept)
        except FileNotFoundError as error:
            raise InputError(f"{path}: missing; run the extract stage first") from error
        except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not a file of embeddings: {error}") from error
        columns = (loaded.y, loaded.ids, loaded.sources, loaded.split, loaded.probabilities)
        if any(len(column) != len(loaded.X) for column in columns):
            raise InputError(f"{path}: its arrays differ in length")
        hand_made = len(loaded.hand_made)
        if hand_made and loaded.missing.shape != (len(loaded.X), hand_made):
            raise InputError(f"{path}: its arrays differ in length")
        measured = len(loaded.X) if len(loaded.axes) else 0
        if len(loaded.outside) != measured or loaded.axes.shape[1:] != loaded.centre.shape:
            raise InputError(f"{path}: its arrays differ in length")
        return loaded


def numbered(count: int) -> list[str]:
    """Name the features of a network, which have no names of their own.

    Examples
    --------
    >>> numbered(2)
    ['feature 1', 'feature 2']
    """
    return [f"feature {number}" for number in range(1, count + 1)]


def count_learned(names: Sequence[str]) -> int:
    """Count the features of a network among names as `Embeddings.names` gives them.

    Examples
    --------
    >>> count_learned(["feature 1", "feature 2", "nucleus area"])
    2
    """
    return sum(name == own for name, own in zip(names, numbered(len(names)), strict=True))


def tick(name: str) -> str:
    """Shorten a feature's name for the ticks of an axis that says "feature" itself.

    Examples
    --------
    >>> tick("feature 4"), tick("nucleus area")
    ('4', 'nucleus area')
    """
    return name.removeprefix("feature ")


def column(name: str) -> str:
    """Turn a feature's name into the heading of a table's column.

    Examples
    --------
    >>> column("feature 4"), column("nucleus area")
    ('feature_4', 'nucleus_area')
    """
    return name.replace(" ", "_")


def complete(measured: np.ndarray, known: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Let the median of the known cells stand in for what could not be measured.

    Parameters
    ----------
    measured : numpy.ndarray of float, shape (n, m)
        NaN where there is no number.
    known : numpy.ndarray of float, shape (t, m)
        Of the training side.
    names : sequence of m str
        For the error.

    Returns
    -------
    numpy.ndarray of float32, shape (n, m)

    Raises
    ------
    InputError
        If a feature is known of no cell of the training side.
    """
    unknown = np.isnan(known).all(axis=0)
    if unknown.any():
        lost = [name for name, lacks in zip(names, unknown, strict=True) if lacks]
        raise InputError(
            f"classifiers.features: {', '.join(lost)} could be measured in none of the "
            f"{len(known)} training pictures; give stained cells in colour, or set features: cnn"
        )
    return np.where(np.isnan(measured), np.nanmedian(known, axis=0), measured).astype(np.float32)
