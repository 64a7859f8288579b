"""A set is read whichever way it is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hybrid_wbc.config import names
from hybrid_wbc.data.reading.readers import LAYOUTS, read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nowhere: not found"):
        read(tmp_path / "nowhere")


def test_an_unknown_layout_is_an_error_that_names_the_choices(tmp_path):
    with pytest.raises(
        InputError, match="layout 'list' is unknown; choose auto, lisc, bcisc, kaggle"
    ):
        read(tmp_path, "list")


def test_a_negative_margin_is_an_error(tmp_path):
    with pytest.raises(InputError, match="margin is -1"):
        read(tmp_path, margin=-1)


def test_an_empty_or_wrong_folder_is_an_error_that_says_what_was_found(tmp_path):
    with pytest.raises(InputError, match="found an empty folder; expected a folder of"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"found folders empty, 1 file \(\.txt\); expected"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"found a file \.txt"):
        read(tmp_path / "notes.txt")


def test_every_layout_is_described_in_the_order_in_which_it_is_tried():
    assert list(names.LAYOUTS) == list(LAYOUTS)


def test_a_folder_of_pictures_alone_is_refused_shortly_with_the_way_out(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").touch()
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    said = str(caught.value).removeprefix(str(tmp_path))
    assert said.startswith(": found 3 files (.png); expected a folder of pictures for each class")
    assert "`hybrid-wbc list layouts`" in said and len(said) < 200


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_asked_for_by_name_must_be_there(tmp_path, layout):
    with pytest.raises(InputError, match=rf"expected .* \({layout}\)$") as caught:
        read(tmp_path, layout)
    assert "\n" not in str(caught.value)


def test_a_layout_asked_for_by_name_goes_before_what_auto_would_take(lisc):
    root = lisc("neut", 1)
    assert read(root).layout == "lisc"
    assert read(root, "folder").layout == "folder"


@pytest.mark.parametrize("limit", ["0", "many", "9" * 5000])
def test_a_limit_of_cells_that_is_no_whole_number_is_refused(tmp_path, monkeypatch, limit):
    (tmp_path / "labels.csv").write_text("path,label\na.png,mono\n")
    monkeypatch.setenv("HYBRID_WBC_MAX_CELLS", limit)
    with pytest.raises(InputError, match=r"HYBRID_WBC_MAX_CELLS: received '.{1,40}'; give a whole"):
        read(tmp_path)


def test_a_set_of_folders_has_a_limit_too(tmp_path, write_image, monkeypatch):
    for name in ("mono", "neut"):
        write_image(tmp_path / name / "1.png", 1)
    monkeypatch.setenv("HYBRID_WBC_MAX_CELLS", "1")
    with pytest.raises(InputError, match="more than 1 cells are not read"):
        read(tmp_path)


def test_folders_whose_names_no_text_can_hold_give_classes_and_sources_that_it_can(
    tmp_path, write_image
):
    for name in (b"gr\xf6\xdfe", b"bell\x07", b"neut"):
        for patient in (b"patient \xe9", b"patient 2"):
            write_image(tmp_path / os.fsdecode(name) / os.fsdecode(patient) / "1.png", 1)
    samples = read(tmp_path).samples
    assert {sample.label for sample in samples} == {"gr\\xf6\\xdfe", "bell\\x07", "neutrophil"}
    assert {sample.source for sample in samples} == {"patient \\xe9", "patient 2"}
    assert all(sample.path.is_file() for sample in samples)


def test_a_json_beside_folders_that_is_not_read_is_named(tmp_path, write_image):
    for name in ("mono", "neut"):
        write_image(tmp_path / name / "1.png", 1)
    (tmp_path / "annotations.json").write_text('{"images": ' + "[" * 10**5)
    assert read(tmp_path).notes == ("annotations.json beside the pictures is not read",)


def test_the_only_label_of_a_sample_with_two_is_an_error():
    with pytest.raises(ValueError, match="too many values"):
        _ = Sample("a", Path("a"), ("monocyte", "neutrophil")).label


@pytest.mark.parametrize(
    ("folder", "dataset", "cells"),
    [
        ("pbc-128", "pbc", 13_672),
        ("kaggle-blood-cells", "kaggle-blood-cells", 12_444),
        ("bccd", "bccd", 372),
    ],
)
def test_real_sets_are_recognised_and_read_whole(real, folder, dataset, cells):
    reading = read(real(folder))
    assert reading.dataset == dataset
    assert len(by_id(reading.samples)) == cells
