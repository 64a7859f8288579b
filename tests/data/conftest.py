"""Tiny drawn data sets in the layouts that people have, shared by the tests of this room."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Square = tuple[int, int, int]
"""Left, top and side, in pixels of a smear."""

LEVELS = {"Baso": 50, "eosi": 75, "lymp": 150, "mono": 200, "neut": 100, "mixt": 30}
PAD = 4


def _write_image(path: Path, seed: int, size: tuple[int, int] = (12, 10)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def write_image() -> Callable[..., Path]:
    """Write noise of a width and height; the same seed gives the same bytes."""
    return _write_image


@pytest.fixture
def lisc(tmp_path: Path) -> Callable[..., Path]:
    """Write one LISC smear and its mask; returns the archive's root."""

    def write(
        folder: str,
        number: int,
        cells: Sequence[Square] | None = ((20, 20, 10),),
        *,
        root: Path = tmp_path,
        main: str = "Main Dataset",
        truth: str = "Ground Truth Segmentation",
        frame: tuple[int, int] = (72, 60),
        seed: int | None = None,
    ) -> Path:
        _write_image(
            root / main / folder / f"{number}.bmp",
            sum(map(ord, folder)) * 100 + number if seed is None else seed,
            frame,
        )
        if cells is not None:
            mask = np.zeros((frame[1], frame[0]), dtype=np.uint8)
            for left, top, side in cells:
                mask[top : top + side, left : left + side] = LEVELS.get(folder, 60)
            at = root / truth / folder / "areaforexpert1" / f"{number}_expert.bmp"
            at.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask[PAD:-PAD, PAD:-PAD]).save(at)
        return root

    return write


@pytest.fixture
def real() -> Callable[[str], Path]:
    """Find a folder of real images, or skip."""

    def find(name: str) -> Path:
        place = os.environ.get("HYBRID_WBC_DATA")
        if not place:
            pytest.skip("HYBRID_WBC_DATA is unset: no real images")
        folder = Path(place) / name
        if not folder.is_dir():
            pytest.skip(f"HYBRID_WBC_DATA holds no folder {name}")
        return folder

    return find
