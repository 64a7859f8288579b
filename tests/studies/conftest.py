"""One finished run of cells in three colours, which bundling and exporting share."""

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
def run_of_three_colours(tmp_path_factory) -> Path:
    """Train once; the cells lie beside the run's folder, and what is made of it may too."""
    where = tmp_path_factory.mktemp("three-colours")
    generator = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (where / "cells" / name).mkdir(parents=True)
        for number in range(12):
            pixels = np.full((32, 32, 3), 230.0)
            pixels[8:24, 8:24] = colour
            pixels = np.clip(pixels + generator.normal(0, 20, pixels.shape), 0, 255)
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(where / "cells" / name / f"{number}.png")
    changes = [f"--set={setting}" for setting in SETTINGS]
    options = ["--data", str(where / "cells"), "--out", str(where), "--seeds", "1"]
    done = CliRunner().invoke(main, ["run", "pbc", *options, *changes])
    assert done.exit_code == 0, done.output
    return where / "00000-pbc"
