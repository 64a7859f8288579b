"""The seam between the two halves: a few numbers a cell, kept as one .npz."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place


@dataclass(frozen=True)
class Embeddings:
    """What one network says of every cell of one repeat.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
        The embedding's units, before any scaling; of shape (n, 0) where the network has no such
        layer.
    y : numpy.ndarray of int64, shape (n,)
        Position of each cell's class in `classes`.
    ids, sources, split : numpy.ndarray of str, shape (n,)
        Each sample's id, its photograph, smear or patient, and "train", "validation" or "test".
    classes : numpy.ndarray of str, shape (k,)
    probabilities : numpy.ndarray of float32, shape (n, k)
        The network's own softmax, so that it can be scored beside the classifiers.
    """

    X: np.ndarray
    y: np.ndarray
    ids: np.ndarray
    sources: np.ndarray
    split: np.ndarray
    classes: np.ndarray
    probabilities: np.ndarray

    @property
    def has_features(self) -> bool:
        """Whether there is anything that the classifiers could take."""
        return self.X.shape[1] > 0

    @property
    def is_at_chance(self) -> bool:
        """Whether the network classes its own training images no better than by one class."""
        chosen = self.split == TRAIN
        right = np.mean(self.probabilities[chosen].argmax(axis=1) == self.y[chosen])
        return bool(right <= np.bincount(self.y[chosen]).max() / chosen.sum())

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
                loaded = cls(**{field.name: stored[field.name] for field in fields(cls)})
        except FileNotFoundError as error:
            raise InputError(f"{path}: missing; run the extract stage first") from error
        except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not a file of embeddings: {error}") from error
        columns = (loaded.y, loaded.ids, loaded.sources, loaded.split, loaded.probabilities)
        if any(len(column) != len(loaded.X) for column in columns):
            raise InputError(f"{path}: its arrays differ in length")
        return loaded
