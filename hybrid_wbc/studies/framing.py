"""Cut the cells that are found in a smear out as the training cells of a run were framed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import FITTED
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.boxes import Box, square_box
from hybrid_wbc.data.cells import finding
from hybrid_wbc.data.cells.framing import find_places, square_of
from hybrid_wbc.data.cells.locating import Place
from hybrid_wbc.data.decoding.pictures import frame_of
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.provenance import Data, Shown
from hybrid_wbc.runs.tables import ManifestRow

# Training pictures that are looked at for how much of them a cell fills.
_LOOKED_AT = 24
# Layouts whose cells an expert marked in smears, and those that can hold either.
_OF_SMEARS = {"lisc", "bccd", "voc", "yolo", "coco"}
_OF_EITHER = {"bcisc", "csv"}


@dataclass(frozen=True)
class Framing:
    """How much of a picture a network was shown about each cell.

    Parameters
    ----------
    pixels : Pixels
    of_smears : bool
        Whether its cells were cut out of smears by their marks.
    pictures : list of Path
        Some of its training pictures, those that are still there.
    guessed : bool
        Whether it is taken for one of single cells since its data cannot be asked.
    shown : Shown, optional
        What was found of its training pictures where it was made, where they are not here.
    """

    pixels: Pixels
    of_smears: bool = False
    pictures: Sequence[Path] = ()
    guessed: bool = False
    shown: Shown | None = None

    @classmethod
    def of_run(cls, config: Config, data: Data, manifest: Sequence[ManifestRow]) -> Framing:
        """Say how a run's cells were framed."""
        kept = [Path(row["path"]) for row in manifest if not row["dropped"]]
        spread = np.linspace(0, len(kept) - 1, min(_LOOKED_AT, len(kept))).round().astype(int)
        pictures = [kept[i] for i in spread.tolist() if kept[i].is_file()]
        if data["layout"] == "npz":  # one file of many pictures
            pictures = []
        shown = data.get("shown")
        of_smears = shown["of_smears"] if shown else _is_of_smears(data)
        pixels = Pixels.of(config.data)
        return cls(pixels, bool(of_smears), pictures, guessed=of_smears is None, shown=shown)

    def to_keep(self) -> Shown:
        """Give what must be known of the training pictures where they are not."""
        return {
            "of_smears": None if self.guessed else self.of_smears,
            "frames": sorted(list(frame) for frame in self.frames),
            "filled": self._filled,
        }

    @cached_property
    def frames(self) -> set[tuple[int, int]]:
        """Heights and widths of its training pictures."""
        if self.shown is not None:
            return {(height, width) for height, width in self.shown["frames"]}
        return {frame_of(path) for path in self.pictures}

    @cached_property
    def _filled(self) -> float | None:
        """Share of what the network saw that a training cell fills; None where none is found."""
        if self.shown is not None:
            return self.shown["filled"]
        samples = [Sample(str(path), path, ()) for path in self.pictures]
        shares = [
            place.longer_side / (self.pixels.middle * min(place.frame))
            for place in find_places(samples)
            if place.how == "found"
        ]
        return float(np.median(shares)) if shares else None

    @property
    def _at_one_scale(self) -> bool:
        """Whether its cells were all shown at one scale, so that large cells were larger."""
        return not self.of_smears and self.pixels.crop != FITTED

    def square(self, box: Box, frame: tuple[int, int], typical: float) -> Box:
        """Give the square that is cut out about a found cell.

        Parameters
        ----------
        box : Box
            The cell's bounds.
        frame : tuple of int
            Height and width of its smear.
        typical : float
            The longer side of a usual white cell in smears of this magnification, in pixels.

        Returns
        -------
        Box
        """
        if self.of_smears:
            return square_box(box, self.pixels.margin)
        left, top, right, bottom = box
        longer = max(right - left, bottom - top)
        centre = (left + right) // 2, (top + bottom) // 2
        place = Place(centre, frame, "found", longer, touches_frame=False)
        if not self._at_one_scale or self._filled is None:
            return square_of(place, 1.0, self.pixels.margin)
        return place.square(typical / self._filled)

    def warning(self) -> str:
        """Say what must be known of cells cut out of smears; nothing where it learned of such."""
        if self.of_smears:
            return ""
        known = (
            "the model's data cannot be read: it is taken for one trained on pictures of single "
            "cells, though it may have learned of cells in smears"
            if self.guessed
            else "the model was trained on pictures of single cells, not on cells found in smears"
        )
        if not self._at_one_scale:
            return f"{known}: its scores say nothing of how well cells are found"
        if self._filled is None:
            return (
                f"{known}, and these are no longer there to take the framing from: found cells are "
                f"cut out with {self.pixels.margin:.0%} of their longer side on each side"
            )
        return (
            f"{known}: found cells are cut out so that a usual one fills {self._filled:.0%} of the "
            "square, as it did there"
        )


def _is_of_smears(data: Data) -> bool | None:
    """Say whether a run's cells were cut out of smears; None where its data would have to say."""
    if data["layout"] not in _OF_EITHER:
        return data["layout"] in _OF_SMEARS
    try:
        read = readers.read(Path(data["path"]), data["layout"])
    except (InputError, OSError):
        return None
    return any(sample.box is not None for sample in read.samples)


def found_otherwise(config: Config, embedded: Embeddings) -> list[str]:
    """Say where a run's cells were found as another version of the program finds them.

    Parameters
    ----------
    config : Config
        The run's.
    embedded : Embeddings
        What it keeps of them.

    Returns
    -------
    list of str
        Of one line, or none.
    """
    if not config.finds_cells or embedded.finding == finding.VERSION:
        return []
    return [
        "the run's cells were found by another version of the program, which cuts some of them out "
        "otherwise than new ones: `hybrid-wbc extract RUN` and `classify RUN` bring it up to date, "
        "where its data are there"
    ]
