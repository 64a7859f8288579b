"""Look at pictures that are to be classified: which can be read, and what each shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data import cleaning
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.data.cells.telling import Kind, tell
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.studies.framing import Framing

Wanted = Literal["cells", "smears", "auto"]


@dataclass(frozen=True)
class Picture:
    """A picture that can be read.

    Parameters
    ----------
    path : Path
    frame : tuple of int
        Height and width.
    kind : {"cell", "smear"}
    guessed : bool
        Whether what lies in it decided its kind.
    cells : tuple of (Box, bool)
        Of a smear: each cell's bounds, and whether the frame cuts it off.
    """

    path: Path
    frame: tuple[int, int]
    kind: Kind
    guessed: bool
    cells: tuple[tuple[Box, bool], ...] = ()


def find_files(images: Sequence[Path]) -> list[Path]:
    """List the image files among and below some paths.

    Raises
    ------
    InputError
        If one is not there, or a folder holds no image.
    """
    found: list[Path] = []
    for path in images:
        if path.is_dir():
            inside = sorted(
                p
                for p in path.rglob("*")
                if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")
            )
            if not inside:
                raise InputError(
                    f"{path}: no image in this folder ({', '.join(sorted(IMAGE_SUFFIXES))})"
                )
            found.extend(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path}: not found; give image files or folders")
    return list(dict.fromkeys(found))


def look(
    files: Sequence[Path], framing: Framing, wanted: Wanted, reporter: Reporter
) -> tuple[list[Picture], list[str]]:
    """Look at each file once; no picture is kept.

    Parameters
    ----------
    files : sequence of Path
    framing : Framing
        Of the model's training cells: a picture as large as those that it was trained on is taken
        for what they were.
    wanted : {"cells", "smears", "auto"}
    reporter : Reporter

    Returns
    -------
    seen : list of Picture
    skipped : list of str
        The files that cannot be read, each with the reason.
    """
    seen: list[Picture] = []
    skipped: list[str] = []
    with reporter.job("looking at pictures") as advance:
        # OpenCV and SciPy release Python's lock for most of the work.
        tasks = (delayed(_look)(path, framing, wanted) for path in files)
        looked_at = Parallel(n_jobs=-1, prefer="threads", return_as="generator")(tasks)
        for number, one in enumerate(looked_at, start=1):
            (skipped if isinstance(one, str) else seen).append(one)  # type: ignore[arg-type]
            advance(number, len(files))
    return seen, skipped


def count_smears(seen: Sequence[Picture]) -> int:
    """Count the pictures that were taken for smears."""
    return sum(picture.kind == "smear" for picture in seen)


def typical_cells(seen: Sequence[Picture]) -> dict[tuple[int, int], float]:
    """Measure a usual white cell in the smears of each size, which share a magnification.

    Parameters
    ----------
    seen : sequence of Picture

    Returns
    -------
    dict of tuple of int to float
        By height and width: the median longer side, in pixels, of the cells that are whole, or of
        all where none is.
    """
    sides: dict[tuple[int, int], list[tuple[float, bool]]] = defaultdict(list)
    for picture in seen:
        for (left, top, right, bottom), cut_off in picture.cells:
            sides[picture.frame].append((max(right - left, bottom - top), cut_off))
    return {
        frame: float(np.median([s for s, cut in of if not cut] or [s for s, _ in of]))
        for frame, of in sides.items()
    }


def _look(path: Path, framing: Framing, wanted: Wanted) -> Picture | str:
    inspected = cleaning.inspect_file(path, path.name)
    if inspected.problem:
        return f"{path}: {inspected.problem}"
    frame = (inspected.height, inspected.width)
    kind = _known(frame, framing, wanted)
    if kind == "cell":
        return Picture(path, frame, "cell", guessed=False)
    found = find_cells(pictures.decode(path))
    guessed = kind is None
    if guessed and tell(found, frame) == "cell":
        return Picture(path, frame, "cell", guessed)
    cells = tuple((cell.box, cell.touches_frame) for cell in found)
    return Picture(path, frame, "smear", guessed, cells)


def _known(frame: tuple[int, int], framing: Framing, wanted: Wanted) -> Kind | None:
    """Say what a picture shows where that need not be guessed."""
    if wanted != "auto":
        return "cell" if wanted == "cells" else "smear"
    if frame in framing.frames:
        return "smear" if framing.of_smears else "cell"
    return None
