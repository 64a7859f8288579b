"""Cells in three colours, and one finished run of them that many tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main

COLOURS = {"neutrophil": (90, 45, 170), "monocyte": (170, 60, 110), "basophil": (40, 40, 90)}
SETTINGS = (
    "data.size=24", "data.middle=1", "training.epochs=3", "training.batch_size=8",
    "split.test=0.4", "network.views=8", "classifiers.extra=[lda]",
)  # fmt: skip


@pytest.fixture(scope="session")
def short_training() -> list[str]:
    """Give the options by which the cells of three colours are learned in a second."""
    return [f"--set={setting}" for setting in SETTINGS]


def draw_cells(where: Path, count: int, seed: int) -> Path:
    """Write so many squares of each colour into folders named after their types."""
    generator = np.random.default_rng(seed)
    for name, colour in COLOURS.items():
        (where / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.full((32, 32, 3), 230.0)
            pixels[8:24, 8:24] = colour
            pixels = np.clip(pixels + generator.normal(0, 20, pixels.shape), 0, 255)
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(where / name / f"{number}.png")
    return where


@pytest.fixture(scope="session")
def other_cells_of_three_colours(tmp_path_factory) -> Path:
    """Give further cells, of which the run has seen none."""
    return draw_cells(tmp_path_factory.mktemp("others") / "cells", count=5, seed=1)


@pytest.fixture(scope="session")
def run_of_three_colours(tmp_path_factory, short_training) -> Path:
    """Train once; the cells lie beside the run's folder, and what is made of it may too."""
    where = tmp_path_factory.mktemp("three-colours")
    draw_cells(where / "cells", count=12, seed=0)
    options = ["--data", str(where / "cells"), "--out", str(where), "--seeds", "1"]
    done = CliRunner().invoke(main, ["run", "pbc", *options, *short_training])
    assert done.exit_code == 0, done.output
    return where / "00000-pbc"
