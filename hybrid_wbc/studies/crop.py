"""The cells of a set cut out: reads and cleans it, finds its photographs, and writes the crops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells.cropping import Crops, write_crops
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.reading import readers
from hybrid_wbc.progress import Reporter


@dataclass(frozen=True)
class Cropped:
    """What was cut out of a set.

    Parameters
    ----------
    crops : Crops
    dropped : list of Dropped
        What was not cut out, and why.
    synthetic : bool
        Whether the cells are drawn.
    """

    crops: Crops
    dropped: list[cleaning.Dropped]
    synthetic: bool


def crop(
    path: Path,
    out: Path,
    reporter: Reporter,
    *,
    layout: str = "auto",
    size: int,
    margin: float,
    side: int | None = None,
) -> Cropped:
    """Cut each cell of a set out into a new one, which names the photograph of each.

    Parameters
    ----------
    path : Path
        A folder or file that `readers.read` knows.
    out : Path
        A folder that is new or empty.
    reporter : Reporter
    layout : str
        A key of `readers.LAYOUTS`, or `auto`.
    size, margin, side
        As `cropping.write_crops` takes them.

    Returns
    -------
    Cropped

    Raises
    ------
    InputError
        If there is no set at the path, no image in it can be used, `out` holds anything, or no cell
        is found to take the scale from.
    """
    reading = readers.read(path, layout, margin=0.0)
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    with reporter.job("finding photographs") as advance:
        kept = naming.name_sources(cleaned, progress=advance)
    with reporter.job("cutting cells out") as advance:
        crops = write_crops(
            kept,
            out,
            size=size,
            margin=margin,
            side=side,
            synthetic=reading.synthetic,
            progress=advance,
        )
    return Cropped(crops, cleaned.dropped, reading.synthetic)
