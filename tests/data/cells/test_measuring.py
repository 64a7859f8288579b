"""Cells are measured in the photograph as it is, and what is missing is counted and named."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells import measuring
from hybrid_wbc.data.cells.measuring import measure_cells, measure_changed, missing_notes
from hybrid_wbc.data.cells.shape import NAMES
from hybrid_wbc.data.reading.samples import Sample

GLASS, CYTOPLASM, NUCLEUS = (235, 240, 230), (195, 165, 205), (90, 45, 170)


def picture(path: Path, radius: int, *, column: int = 60, width: int = 120) -> Sample:
    image = np.full((120, width, 3), GLASS, dtype=np.uint8)
    image -= np.random.default_rng(radius).integers(0, 9, image.shape, np.uint8)
    rows, columns = np.indices(image.shape[:2])
    distance = np.hypot(columns - column, rows - 60)
    image[distance <= radius] = CYTOPLASM
    image[distance <= 0.6 * radius] = NUCLEUS
    Image.fromarray(image).save(path)
    return Sample(id=path.name, path=path, labels=("neutrophil",))


def measured(samples: list[Sample], **options) -> np.ndarray:
    return measure_cells(samples, cleaning.inspect(samples), **options)


def test_cells_are_measured_as_shares_of_their_photograph(tmp_path):
    samples = [picture(tmp_path / f"{radius}.png", radius) for radius in (20, 40)]
    seen = []
    numbers = measured(samples, progress=lambda done, of: seen.append((done, of)))
    area = numbers[:, NAMES.index("cell area")]
    assert area == pytest.approx(100 * np.pi * np.array([20, 40]) ** 2 / 120**2, rel=0.08)
    assert seen == [(1, 2), (2, 2)]
    assert missing_notes(numbers, ["20.png", "40.png"]) == []


def test_a_cell_in_a_box_is_measured_there_and_its_area_is_a_share_of_the_whole(tmp_path):
    alone = picture(tmp_path / "one.png", 30, column=180, width=240)
    boxed = Sample(id="boxed", path=alone.path, labels=alone.labels, box=(130, 10, 230, 110))
    one, other = measured([alone, boxed])
    assert other == pytest.approx(one, rel=0.1, abs=0.03)


def test_numbers_are_kept_under_the_files_and_boxes(tmp_path, monkeypatch):
    samples = [picture(tmp_path / "a.png", 25)]
    first = measured(samples)

    def refuse(*_args, **_options):
        raise AssertionError("measured again")

    monkeypatch.setattr(measuring, "measure_changed", refuse)
    assert np.array_equal(measured(samples), first, equal_nan=True)
    with pytest.raises(AssertionError, match="again"):
        measured(samples, keep=False)


def test_a_changed_picture_is_measured_as_it_is_then(tmp_path):
    samples = [picture(tmp_path / f"{radius}.png", radius) for radius in (25, 35)]

    def wiped(image: np.ndarray, position: int) -> np.ndarray:
        return np.full_like(image, 235) if position else image

    numbers = measure_changed(samples, wiped)
    assert np.isfinite(numbers[0]).all()
    assert np.isnan(numbers[1]).all()


def test_what_could_not_be_measured_is_counted_and_named():
    numbers = np.ones((9, len(NAMES)), np.float32)
    numbers[:7] = np.nan
    numbers[7, NAMES.index("cytoplasm hue")] = np.nan
    whole, part = missing_notes(numbers, [f"{number}.png" for number in range(9)])
    assert "no white cell found to measure in 7 of 9 pictures" in whole
    assert whole.endswith("0.png, 1.png, 2.png, 3.png, 4.png and 2 more")
    assert part.startswith("cytoplasm hue could not be measured in 1 of 9 pictures")
    assert "median stands in" in part
    assert part.endswith("7.png")
