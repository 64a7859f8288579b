"""Look at pictures that are to be classified: which can be read, and what each shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data import reasons
from hybrid_wbc.data.arrays import workers
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.data.cells.locating import Place, place_of
from hybrid_wbc.data.cells.telling import Kind, tell
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.inspecting import inspect_file
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import absolute
from hybrid_wbc.progress import Reporter
from hybrid_wbc.studies.framing import Framing

Wanted = Literal["cells", "smears", "auto"]


@dataclass(frozen=True)
class Picture:
    """A picture that can be read, or that is held in memory.

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
    place : Place or None
        Of a picture of one cell: where that lies, if it has been looked for.
    content : str
        SHA-256 of the file's bytes; empty where it is held in memory.
    held : numpy.ndarray of uint8, shape (height, width, 3), or None
        The decoded picture, where it is held in memory: the path is then a name.
    """

    path: Path
    frame: tuple[int, int]
    kind: Kind
    guessed: bool
    cells: tuple[tuple[Box, bool], ...] = ()
    place: Place | None = None
    content: str = ""
    held: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def cell_count(self) -> int:
        """How many cells are asked about: those found in a smear, or the one that it is of."""
        return len(self.cells) if self.kind == "smear" else 1


def find_files(images: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """List the image files among and below some paths, each once.

    Hidden files and folders below a folder are passed by.

    Returns
    -------
    files : list of Path
    left_out : list of Path
        What lies in the folders besides, and is no image by its name.

    Raises
    ------
    InputError
        If one is not there, or a folder holds no image.
    """
    found: list[Path] = []
    left_out: list[Path] = []
    for path in images:
        if path.is_dir():
            inside: list[Path] = []
            for p in sorted(path.rglob("*")):
                if any(part.startswith(".") for part in p.relative_to(path).parts):
                    continue
                if p.suffix.lower() in IMAGE_SUFFIXES:
                    inside.append(p)
                elif not p.is_dir():
                    left_out.append(p)
            if not inside:
                raise InputError(
                    f"{path}: no image in this folder ({', '.join(sorted(IMAGE_SUFFIXES))})"
                )
            found.extend(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path}: not found; give image files or folders")
    return _each_once(found), _each_once(left_out)


def _each_once(paths: Sequence[Path]) -> list[Path]:
    """Leave out what was named before, however it was spelled."""
    # Links are not followed: each is a file that was asked about.
    first: dict[Path, Path] = {}
    for path in paths:
        first.setdefault(absolute(path), path)
    return list(first.values())


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
        parallel = Parallel(workers(len(files)), prefer="threads", return_as="generator")
        for number, one in enumerate(parallel(tasks), start=1):
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
    inspected = inspect_file(path, path.name)
    if inspected.problem == reasons.Kind.NOT_AN_IMAGE:
        known = ", ".join(sorted(IMAGE_SUFFIXES))
        return f"{path}: {inspected.problem} by its name; save it as one of {known}"
    if inspected.problem:
        return f"{path}: {inspected.problem}"
    frame = (inspected.height, inspected.width)
    seen = _seen(path, frame, lambda: pictures.decode(path), framing, wanted)
    return replace(seen, content=inspected.sha256)


def look_at(name: Path, image: np.ndarray, framing: Framing, wanted: Wanted) -> Picture:
    """Look at a picture that is decoded already, and keep it in memory.

    Parameters
    ----------
    name : Path
        What it is called; two pictures that are asked about together need two names.
    image : numpy.ndarray of uint8, shape (height, width, 3)
        RGB.
    framing, wanted
        As for `look`.

    Returns
    -------
    Picture
    """
    height, width = image.shape[:2]
    return replace(_seen(name, (height, width), lambda: image, framing, wanted), held=image)


def _seen(
    path: Path,
    frame: tuple[int, int],
    decode: Callable[[], np.ndarray],
    framing: Framing,
    wanted: Wanted,
) -> Picture:
    """Say what a picture shows; one that is known to show a single cell is not decoded."""
    kind = _known(frame, framing, wanted)
    if kind == "cell":
        return Picture(path, frame, "cell", guessed=False)
    found = find_cells(decode())
    guessed = kind is None
    if guessed and tell(found, frame) == "cell":
        return Picture(path, frame, "cell", guessed, place=place_of(found, frame))
    cells = tuple((cell.box, cell.touches_frame) for cell in found)
    return Picture(path, frame, "smear", guessed, cells)


def _known(frame: tuple[int, int], framing: Framing, wanted: Wanted) -> Kind | None:
    """Say what a picture shows where that need not be guessed."""
    if wanted != "auto":
        return "cell" if wanted == "cells" else "smear"
    if frame in framing.frames:
        return "smear" if framing.of_smears else "cell"
    return None
