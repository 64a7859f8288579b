"""The cells that come with the program: what they are, their terms, and their split."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest

from hybrid_wbc.config.names import BUNDLED
from hybrid_wbc.data import splitting
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.cleaning import clean
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.sets.catalog import DATASETS


@pytest.mark.parametrize("name", BUNDLED)
def test_every_set_that_comes_along_is_in_the_catalogue_and_brings_its_terms(name):
    folder = installed.folder_of(name)
    assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
    notice = " ".join((folder / "NOTICE").read_text(encoding="utf-8").split())
    dataset = DATASETS[name]
    assert dataset.source in notice and "resized from 256x256 to 128x128" in notice
    doi = dataset.citation.rpartition("doi ")[2]
    assert doi.startswith("10.") and doi in notice


def test_bcisc_comes_with_225_cells_of_128_pixels_in_2_mb():
    folder = installed.folder_of("bcisc")
    reading = read(folder)
    cleaned = clean(reading.samples)
    assert (reading.dataset, reading.synthetic, cleaned.dropped) == ("bcisc", False, [])
    assert Counter(sample.label for sample in cleaned.kept) == DATASETS["bcisc"].counts
    sizes = {(each.width, each.height) for each in cleaned.inspections.values()}
    assert sizes == {(128, 128)}
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 2 * 10**6


def test_they_are_the_real_cells_that_are_alone_in_their_field(real):
    with (real("bcisc") / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["only_cell_of_its_field"] == "yes"]
    told = {row["crop"]: (row["label"], row["slide"]) for row in rows}
    samples = read(installed.folder_of("bcisc")).samples
    assert {sample.path.name: (sample.label, sample.source) for sample in samples} == told


@pytest.mark.parametrize("seed", range(10))
def test_no_slide_lies_on_two_sides_of_a_split(seed):
    samples = read(installed.folder_of("bcisc")).samples
    labels = [sample.label for sample in samples]
    slides = [sample.path.name.rpartition("-")[0] for sample in samples]
    sources = [sample.source for sample in samples]
    split = splitting.split_by_ratio(labels, sources, test=0.3, validation=0.0, seed=seed)
    sides = {slide: set() for slide in slides}
    for slide, side in zip(slides, split.tolist(), strict=True):
        sides[slide].add(side)
    assert len(sides) == 50
    assert all(len(found) == 1 for found in sides.values())
    assert np.isclose((split == splitting.TEST).mean(), 0.3, atol=0.05)
