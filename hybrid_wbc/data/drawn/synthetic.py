"""Drawn blood smears as LISC's own folders and files: the embedded default data set, SYNTHETIC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hybrid_wbc.data.drawn.cell_types import TYPES
from hybrid_wbc.data.drawn.drawing import VERSION, draw_smear
from hybrid_wbc.data.sets.catalog import SYNTHETIC_MARKER
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import check_free, folder_in_place


def write_smears(
    out: Path,
    *,
    per_class: int = 40,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write drawn smears of all five types as LISC's folders and files, beside a marker file.

    Nothing appears before all is drawn, and never without the marker. A complete set with the same
    marker is kept as it is. A smear depends on `seed`, its type and its number alone, so a small
    set is the beginning of a larger one.

    Parameters
    ----------
    out : Path
        The folder to make, or an empty one to fill; its parents are made as well.
    per_class : int
        Smears of each type, at least 1.
    seed : int
        Not negative. The same seed gives the same bytes.
    progress : callable, optional
        Called after each smear with the number drawn and the number to draw.

    Returns
    -------
    int
        How many smears `out` holds.

    Raises
    ------
    InputError
        If `per_class` or `seed` is too small, or `out` is a file or holds anything else.
    """
    if per_class < 1:
        raise InputError(f"per_class: received {per_class}; it must be at least 1")
    if seed < 0:
        raise InputError(f"seed: received {seed}; it must not be negative")
    out = out.resolve()
    marker = (
        "SYNTHETIC: a program drew these pictures. They are not photographs, they show no patient's"
        "\ncells, and a result on them says nothing about real blood.\n\n"
        f"per_class: {per_class}\nseed: {seed}\nversion of the drawing: {VERSION}\n"
    ).encode()
    smears = [(kind, number) for kind in TYPES for number in range(1, per_class + 1)]
    if _is_whole(out, smears, marker):
        return len(smears)
    try:
        check_free(out)
    except InputError:
        raise InputError(
            f"{out}: already there and not the whole drawn set of per_class {per_class}, seed"
            f" {seed}; name a new or empty folder"
        ) from None
    try:
        with folder_in_place(out) as partial:
            (partial / SYNTHETIC_MARKER).write_bytes(marker)
            for done, (kind, number) in enumerate(smears, start=1):
                rng = np.random.default_rng([seed, list(TYPES).index(kind), number])
                for picture, file in zip(
                    draw_smear(kind, rng), _files(partial, kind, number), strict=True
                ):
                    file.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(picture).save(file)
                if progress is not None:
                    progress(done, len(smears))
    except FileExistsError:
        # Another process drew the same set at the same time, and was first.
        if not _is_whole(out, smears, marker):
            raise
    return len(smears)


def _is_whole(out: Path, smears: Sequence[tuple[str, int]], marker: bytes) -> bool:
    """Whether a folder holds the very set that is to be drawn, with every file."""
    at = out / SYNTHETIC_MARKER
    if not at.is_file() or at.read_bytes() != marker:
        return False
    return all(file.is_file() for smear in smears for file in _files(out, *smear))


def _files(root: Path, kind: str, number: int) -> tuple[Path, Path]:
    """Return where the image and the mask of one smear lie."""
    truth = root / "Ground Truth Segmentation" / kind / "areaforexpert1"
    return root / "Main Dataset" / kind / f"{number}.bmp", truth / f"{number}_expert.bmp"
