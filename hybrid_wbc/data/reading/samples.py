"""One labelled cell, as every reader gives it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError

MAX_CELLS = "HYBRID_WBC_MAX_CELLS"
# More than any public set has; reading them takes half a minute.
_DEFAULT_MAX_CELLS = 250_000

# What sets call their sides, in small letters.
SIDE_OF = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
    "testing": TEST,
    "testa": TEST,
    "testb": TEST,
}


@dataclass(frozen=True)
class Sample:
    """One cell to be classified, still a file, or in a picture that is held in memory.

    Attributes
    ----------
    id : str
        Unique in its set: the path below the set's folder with forward slashes, `#2` added for the
        second cell of a smear; for a stored array its name and row, `train_images[17]`.
    path : Path
    labels : tuple of str
        Canonical class names. Empty where the label is missing, several where it is doubled.
    source : str
        The photograph, smear or patient that the cell comes from; empty where the set does not say.
    split : str
        `train`, `validation`, `test`, or empty where the set comes in one piece.
    box : Box or None
        Where the cell lies in its image; None when the whole image is the cell.
    array : str
        Name of the array inside an .npz file, or empty.
    row : int
        Row of that array, or -1.
    cell : str
        The same for files that are versions of one picture, as a cut-out beside its original;
        empty where the set has none.
    origin : str
        Name of its set among several that are trained on together, or empty.
    held : numpy.ndarray of uint8, shape (height, width, 3), or None
        The decoded picture where it is held in memory: the path is then a name, and no file is
        opened.
    """

    id: str
    path: Path
    labels: tuple[str, ...]
    source: str = ""
    split: str = ""
    box: Box | None = None
    array: str = ""
    row: int = -1
    cell: str = ""
    origin: str = ""
    held: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """The only label; a ValueError where there is none or more than one."""
        (label,) = self.labels
        return label


def check_count(place: Path, count: int) -> None:
    """Refuse a set or table of more cells than HYBRID_WBC_MAX_CELLS, or 250,000.

    Parameters
    ----------
    place : Path
        The table or folder, for the error's sake.
    count : int

    Raises
    ------
    InputError
        If there are more, or the variable is not a whole number from 1.
    """
    named = os.environ.get(MAX_CELLS) or str(_DEFAULT_MAX_CELLS)
    if not (named.isascii() and named.isdigit()) or len(named) > 15 or int(named) < 1:
        raise InputError(f"{MAX_CELLS}: received '{named[:40]}'; give a whole number from 1")
    if count > int(named):
        raise InputError(f"{place}: more than {int(named):,} cells are not read (set {MAX_CELLS})")


def image_of(sample_id: str) -> str:
    """Give the image that a cell was cut from: the sample's id less the number of the cell."""
    return re.sub(r"#\d+$", "", sample_id)


Found = tuple[list[Sample], list[str]]
"""The samples of a set, and notes on what was left out."""
