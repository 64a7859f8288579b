"""Cut the cells out of a set's pictures into a new folder data set, all at one scale."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from hybrid_wbc.data.arrays import read_sample
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.framing import find_places
from hybrid_wbc.data.cells.locating import Place
from hybrid_wbc.data.decoding.pictures import frame_of
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import SYNTHETIC_MARKER
from hybrid_wbc.data.sizing import resize
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import check_free, folder_in_place, safe_name, write_table

TABLE = "crops.csv"
COLUMNS = (
    "path", "label", "source", "split", "image", "left", "top", "right", "bottom", "how",
    "touches_frame",
)  # fmt: skip
# So many of the cells fit into the square whole, with room around; a few giants do not set the
# scale of all.
_FITTING = 90


@dataclass(frozen=True)
class Crops:
    """What was cut.

    Attributes
    ----------
    side : int
        Of the square that every crop shows, in pixels of the pictures.
    how : Counter of str
        Crops by `marked`, `found` and `middle`.
    touching : int
        Crops whose cell the frame cuts off.
    """

    side: int
    how: Counter[str]
    touching: int


def write_crops(
    samples: Sequence[Sample],
    out: Path,
    *,
    size: int,
    margin: float = 0.25,
    side: int | None = None,
    synthetic: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Crops:
    """Write one PNG for each sample, and a table of where each comes from.

    Every crop shows a square of the same side about its cell, so that large cells stay large. The
    pictures are taken to be of one magnification. The table is written last; with its columns
    path, label, source and split it is a data set of the layout `csv` that keeps the sources.

    Parameters
    ----------
    samples : sequence of Sample
        Each with one label. A box, read without margin, says where the cell is; in a picture
        without one the cell is found, and where none is found the picture's middle is cut.
    out : Path
        A folder that is new or empty. A set with splits gets a folder for each.
    size : int
        Height and width of the crops, in pixels.
    margin : float
        Room on each side of a large cell, as a share of its longer side.
    side : int, optional
        Of the square, in pixels of the pictures. Without it nine tenths of the cells that are whole
        fit into it with the margin.
    synthetic : bool
        Whether the cells are drawn; the folder then says so.
    progress : callable, optional
        Called with the number of crops written and of all crops.

    Returns
    -------
    Crops

    Raises
    ------
    InputError
        If `out` is a file or holds anything, or no cell is found to take the scale from.
    """
    check_free(out)
    places = _places(samples, progress)
    if side is None:
        whole = [p.longer_side for _, p in places if p.longer_side and not p.touches_frame]
        longer = whole or [p.longer_side for _, p in places if p.longer_side]
        if not longer:
            raise InputError(f"no white cell found in {len(samples)} pictures; give --side PIXELS")
        side = round(float(np.percentile(longer, _FITTING)) * (1 + 2 * margin))
    with folder_in_place(out) as beside:
        rows = _write(samples, places, beside, side, size, progress)
        if synthetic:
            text = "SYNTHETIC: these crops are cut from drawn smears.\n"
            (beside / SYNTHETIC_MARKER).write_text(text)
        write_table(beside / TABLE, COLUMNS, rows)
    return Crops(side, Counter(how for how, _ in places), sum(p.touches_frame for _, p in places))


def _write(
    samples: Sequence[Sample],
    places: Sequence[tuple[str, Place]],
    out: Path,
    side: int,
    size: int,
    progress: Callable[[int, int], None] | None,
) -> list[tuple[object, ...]]:
    """Cut and write every crop, and return the rows of their table."""
    folders = _folders(samples)
    taken: set[str] = set()
    rows: list[tuple[object, ...]] = []
    for number, (sample, (how, place)) in enumerate(zip(samples, places, strict=True), start=1):
        name = _name(sample, folders[sample.label], taken)
        box: Box = place.square(side)
        crop = resize(read_sample(replace(sample, box=box)), size)
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(crop).save(out / name, format="png")
        rows.append(
            (name, sample.label, sample.source, sample.split, sample.id, *box, how,
             "yes" if place.touches_frame else "no")
        )  # fmt: skip
        if progress is not None:
            progress(number, len(samples))
    return rows


def _folders(samples: Sequence[Sample]) -> dict[str, str]:
    """Name each class's folder: a label of somebody else's table leads nowhere else."""
    folders: dict[str, str] = {}
    for label in sorted({sample.label for sample in samples}):
        folders[label] = safe_name(label, {name.lower() for name in folders.values()})
    return folders


def _places(
    samples: Sequence[Sample], progress: Callable[[int, int], None] | None
) -> list[tuple[str, Place]]:
    """Say how each cell was found, and where it is: by its mark, or by search."""
    searched = [sample for sample in samples if sample.box is None]
    found = iter(find_places(searched, progress))
    places: list[tuple[str, Place]] = []
    for sample in samples:
        if sample.box is None:
            place = next(found)
            places.append((place.how, place))
        else:
            places.append(("marked", _marked(sample, sample.box)))
    return places


def _marked(sample: Sample, box: Box) -> Place:
    """Give the place of a cell that an expert has marked by a square."""
    left, top, right, bottom = box
    height, width = frame_of(sample.path)
    touches = left <= 0 or top <= 0 or right >= width or bottom >= height
    centre = ((left + right) // 2, (top + bottom) // 2)
    return Place(centre, (height, width), "found", right - left, touches)


def _name(sample: Sample, folder: str, taken: set[str]) -> str:
    """Return a file's path below the new set that no other crop has."""
    stem = sample.id.rsplit("/", 1)[-1].split("#")[0]
    stem = re.sub(r"[^\w.-]+", "-", Path(stem).stem if sample.path.suffix in stem else stem)
    folder = f"{sample.split}/{folder}" if sample.split else folder
    names = (f"{folder}/{stem}{'' if n == 1 else f'-{n}'}.png" for n in count(1))
    # Some file systems do not tell capitals from small letters.
    name = next(name for name in names if name.lower() not in taken)
    taken.add(name.lower())
    return name
