"""One labelled cell, as every reader gives it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION

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
    """One cell to be classified, still a file.

    AttributesTold
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

    @property
    def label(self) -> str:
        """The only label; a ValueError where there is none or more than one."""
        (label,) = self.labels
        return label


def readable(name: str) -> str:
    r"""Give a file's name as text that can be written and shown everywhere.

    Bytes that are no UTF-8 (names from an old Windows or Mac) and control characters, a carriage
    return among them, are written as escapes; every other name stays as it is.

    Parameters
    ----------
    name : str
        As Python decodes the names of files.

    Returns
    -------
    str

    Examples
    --------
    >>> print(readable("neut/Icon\r"))
    neut/Icon\r
    """
    if name.isprintable():
        return name
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def image_of(sample_id: str) -> str:
    """Give the image that a cell was cut from: the sample's id less the number of the cell."""
    return re.sub(r"#\d+$", "", sample_id)


Found = tuple[list[Sample], list[str]]
"""The samples of a set, and notes on what was left out."""
