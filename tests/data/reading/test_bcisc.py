"""BCISC's cells are read by their names: type, slide, field, and cell of the field."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.cleaning import clean
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.errors import InputError


@pytest.fixture
def bcisc(tmp_path, write_image):
    """Write one of BCISC's cells, and its mask: left, top and side of a marked square."""

    def write(name: str, *marked: tuple[int, int, int], mask: bool = True) -> Path:
        cells = tmp_path / "BCISC-main" / "sub-images"
        write_image(cells / "images" / f"{name}.jpg", sum(map(ord, name)), (40, 40))
        if mask:
            levels = np.zeros((40, 40), dtype=np.uint8)
            for left, top, side in marked:
                levels[top : top + side, left : left + side] = 255
            (cells / "masks").mkdir(exist_ok=True)
            Image.fromarray(levels).save(cells / "masks" / f"{name}.png")
        return tmp_path

    return write


def test_the_name_gives_label_and_slide_and_the_mask_the_box(bcisc):
    bcisc("baso_10-5_1", (10, 20, 12))
    reading = read(bcisc("neut_3-1_0", (4, 8, 10)), margin=0.0)
    assert (reading.layout, reading.dataset, reading.notes) == ("bcisc", "bcisc", ())
    found = [(s.id, s.labels, s.source, s.box) for s in reading.samples]
    folder = "BCISC-main/sub-images/images"
    assert found == [
        (f"{folder}/baso_10-5_1.jpg", ("basophil",), "baso-10", (10, 20, 22, 32)),
        (f"{folder}/neut_3-1_0.jpg", ("neutrophil",), "neut-3", (4, 8, 14, 18)),
    ]


def test_cells_of_a_field_with_several_have_no_label_and_are_counted(bcisc):
    for name in ("eosi_7-2_4", "eosi_7-2_5", "eosi_7-3_0"):
        root = bcisc(name, (10, 10, 10))
    reading = read(root)
    assert [s.labels for s in reading.samples] == [(), (), ("eosinophil",)]
    assert reading.notes == (
        "2 cells have no label: their fields (1) hold several, and the set names the field's type",
    )
    cleaned = clean(reading.samples)
    assert [s.path.stem for s in cleaned.kept] == ["eosi_7-3_0"]
    assert {dropped.reason for dropped in cleaned.dropped} == {"no label"}


def test_a_cell_whose_mask_the_set_lacks_is_the_whole_picture(bcisc):
    (sample,) = read(bcisc("lymp_1-1_0", mask=False)).samples
    assert sample.box is None and sample.label == "lymphocyte"


def test_the_largest_region_of_a_mask_is_the_cell(bcisc):
    (sample,) = read(bcisc("mono_1-1_0", (0, 0, 8), (12, 12, 20)), margin=0.0).samples
    assert sample.box == (12, 12, 32, 32)


def test_an_empty_or_broken_mask_leaves_the_cell_out_by_name(bcisc):
    bcisc("mono_1-1_0")
    bcisc("mono_1-2_0", (1, 1, 9))
    root = bcisc("mono_1-3_0", (1, 1, 9))
    masks = root / "BCISC-main" / "sub-images" / "masks"
    (masks / "mono_1-2_0.png").write_bytes(b"no image")
    reading = read(root)
    assert [sample.path.stem for sample in reading.samples] == ["mono_1-3_0"]
    assert "2 pictures without a readable mask that shows a cell left out" in reading.notes[0]
    assert "mono_1-1_0.jpg" in reading.notes[0] and "mono_1-2_0.jpg" in reading.notes[0]


def test_a_mask_of_another_picture_is_an_error_that_names_it(bcisc):
    root = bcisc("mono_1-1_0", (1, 1, 9))
    mask = root / "BCISC-main" / "sub-images" / "masks" / "mono_1-1_0.png"
    Image.new("L", (99, 99)).save(mask)
    with pytest.raises(InputError, match=r"mono_1-1_0\.png: a mask of 99x99 pixels"):
        read(root)


def test_pictures_named_otherwise_are_left_out_by_name_and_rubbish_is_dropped(bcisc, write_image):
    root = bcisc("baso_1-1_0", (1, 1, 9))
    images = root / "BCISC-main" / "sub-images" / "images"
    write_image(images / "figure.jpg", 3)
    (images / "Thumbs.db").write_bytes(b"rubbish")
    reading = read(root)
    assert reading.notes == (
        "1 picture not named type_slide-field_cell left out: "
        "BCISC-main/sub-images/images/figure.jpg",
    )
    (dropped,) = clean(reading.samples).dropped
    assert dropped.reason == "not an image file"


@pytest.fixture
def fields(bcisc, write_image):
    """Write a cell, and two fields of which the second holds two cells; give their folder."""
    for name in ("baso_1-1_0", "baso_1-2_0", "baso_1-2_1"):
        root = bcisc(name, (1, 1, 9))
    folder = root / "BCISC-main" / "original-images"
    write_image(folder / "baso" / "1-1.jpg", 1)
    write_image(folder / "baso" / "1-2.jpg", 2)
    for mask in ("1-1.png", "1-2(1).png", "1-2_2.png"):
        write_image(folder / "baso" / mask, 3)
    return folder


def test_whole_fields_beside_the_cells_are_not_read_and_named(fields):
    reading = read(fields.parents[1])
    assert {sample.path.parent.name for sample in reading.samples} == {"images"}
    assert reading.notes[-1] == "whole fields are read where original-images itself is given"


def test_whole_fields_have_the_labels_of_their_folders_unless_they_show_several_cells(fields):
    (fields / "baso" / "Thumbs.db").write_bytes(b"rubbish")
    reading = read(fields)
    assert (reading.layout, reading.dataset) == ("bcisc", "bcisc")
    cleaned = clean(reading.samples)
    assert [(s.id, s.label, s.source, s.box) for s in cleaned.kept] == [
        ("baso/1-1.jpg", "basophil", "baso-1", None)
    ]
    reasons = {dropped.sample.id: dropped.reason for dropped in cleaned.dropped}
    assert reasons == {"baso/1-2.jpg": "no label", "baso/Thumbs.db": "not an image file"}
    assert reading.notes == (
        "3 masks beside the fields not read",
        "1 of the fields hold several cells and have no label",
    )


def test_fields_without_the_cells_beside_them_say_what_is_not_known(fields):
    shutil.rmtree(fields.parent / "sub-images")
    reading = read(fields.parent)
    assert [sample.label for sample in reading.samples] == ["basophil", "basophil"]
    assert "which of them show several cells is not known" in reading.notes[-1]


def test_the_real_set_holds_what_the_catalogue_says(real, tmp_path):
    folder = real("bcisc")
    top = tmp_path / "sub-images"
    top.mkdir()
    (top / "images").symlink_to((folder / "crops").resolve())
    (top / "masks").symlink_to((folder / "masks").resolve())
    reading = read(tmp_path)
    assert len(reading.samples) == 268
    counts = Counter(sample.label for sample in reading.samples if sample.labels)
    assert counts == DATASETS["bcisc"].counts
    assert len({sample.source for sample in reading.samples}) == 50
