"""Folders of classes are read for what their levels mean."""

from __future__ import annotations

import os
import unicodedata

import pytest

from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


def test_folder_finds_the_classes_inside_the_wrappers_of_a_download(tmp_path, write_image):
    wrapper = tmp_path / "PBC_dataset_normal_DIB" / "PBC_dataset_normal_DIB"
    write_image(wrapper / "basophil" / "BA_1.png", 1)
    write_image(wrapper / "ig" / "MMY_2.png", 2)
    write_image(wrapper / "poster.png", 3)
    reading = read(tmp_path)
    assert reading.layout == "folder"
    found = by_id(reading.samples)
    inside = "PBC_dataset_normal_DIB/PBC_dataset_normal_DIB"
    assert found[f"{inside}/ig/MMY_2.png"].label == "immature granulocyte"
    assert found[f"{inside}/ig/MMY_2.png"].path == wrapper / "ig" / "MMY_2.png"
    assert len(found) == 2
    assert reading.notes == ("1 image outside the class folders ignored",)


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("VAL", "validation"),
        ("valid", "validation"),
        ("validation", "validation"),
        ("Testing", "test"),
        ("TestA", "test"),
        ("TestB", "test"),
        ("batch", ""),
    ],
)
def test_folder_reads_the_split_from_the_folder_above_the_class(
    tmp_path, folder, split, write_image
):
    write_image(tmp_path / folder / "Neutrophil" / "a.png", 1)
    (sample,) = read(tmp_path).samples
    assert (sample.label, sample.split) == ("neutrophil", split)


def test_folder_takes_folders_of_patients_inside_a_class_as_sources(tmp_path, write_image):
    for seed, place in enumerate(["neut/p1", "neut/p2", "mono/p1"]):
        write_image(tmp_path / place / "a.png", seed)
    reading = read(tmp_path)
    sources = {sample.id: (sample.label, sample.source) for sample in reading.samples}
    assert sources["mono/p1/a.png"] == ("monocyte", "p1")
    assert sources["neut/p2/a.png"] == ("neutrophil", "p2")
    assert "2 folders inside the class folders are taken as sources" in reading.notes[0]


def test_folder_takes_a_lone_folder_inside_the_classes_for_no_source(tmp_path, write_image):
    for seed, name in enumerate(["neut", "mono"]):
        write_image(tmp_path / name / "images" / "a.png", seed)
    assert {sample.source for sample in read(tmp_path).samples} == {""}


def test_folder_falls_back_to_the_parent_for_names_that_it_does_not_know(tmp_path, write_image):
    write_image(tmp_path / "Smudge" / "a.png", 1)
    write_image(tmp_path / "neutrophil" / "b.png", 2)
    assert [sample.label for sample in read(tmp_path).samples] == ["smudge", "neutrophil"]


def test_folder_leaves_the_judging_of_odd_files_to_the_cleaning(tmp_path, write_image):
    write_image(tmp_path / "neut" / "a.png", 1)
    (tmp_path / "neut" / ".b.jpg").write_bytes(b"")
    (tmp_path / "neut" / "readme.txt").write_text("hello")
    write_image(tmp_path / "in_root.png", 2)
    ids = [sample.id for sample in read(tmp_path).samples]
    assert ids == ["neut/.b.jpg", "neut/a.png", "neut/readme.txt"]


def test_folder_follows_links_but_enters_no_folder_twice(tmp_path, write_image):
    write_image(tmp_path / "elsewhere" / "a.png", 1)
    root = tmp_path / "set"
    root.mkdir()
    (root / "neut").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "loop").symlink_to(root)
    assert [sample.id for sample in read(root).samples] == ["neut/a.png"]


@pytest.mark.parametrize("nested", ["", "images", "dataset2-master/dataset2-master/images"])
def test_kaggle_is_found_with_its_wrappers_or_without(tmp_path, nested, write_image):
    images = tmp_path / nested
    write_image(images / "TRAIN" / "EOSINOPHIL" / "_1_1.jpeg", 1)
    write_image(images / "TEST" / "MONOCYTE" / "_2_2.jpeg", 2)
    write_image(images / "TEST_SIMPLE" / "MONOCYTE" / "_3_3.jpeg", 3)
    reading = read(tmp_path)
    assert (reading.layout, reading.dataset) == ("kaggle", "kaggle-blood-cells")
    assert {(s.label, s.split, s.source) for s in reading.samples} == {
        ("eosinophil", "train", ""),
        ("monocyte", "test", ""),
    }
    assert "TEST_SIMPLE left out: its 1 photographs" in reading.notes[0]


def test_kaggle_needs_its_own_classes(tmp_path, write_image):
    write_image(tmp_path / "TRAIN" / "BASOPHIL" / "a.png", 1)
    write_image(tmp_path / "TEST" / "BASOPHIL" / "b.png", 2)
    assert read(tmp_path).layout == "folder"


def test_folder_refuses_a_table_that_could_give_other_classes(tmp_path, write_image):
    for seed, name in enumerate(["slide_A", "slide_B"]):
        write_image(tmp_path / name / "a.png", seed)
    (tmp_path / "types.csv").write_text("filename,label\nslide_A/a.png,mono\nslide_B/a.png,neut\n")
    with pytest.raises(InputError, match=r"like patients, .* Or give .*types\.csv"):
        read(tmp_path)
    assert {s.label for s in read(tmp_path / "types.csv").samples} == {"monocyte", "neutrophil"}


def test_folder_names_a_table_that_it_does_not_read(tmp_path, write_image):
    write_image(tmp_path / "neut" / "a.png", 1)
    (tmp_path / "notes.xlsx").write_bytes(b"PK")
    assert "notes.xlsx beside the pictures is not read" in read(tmp_path).notes


def test_folder_leaves_folders_of_masks_out_and_counts_them(tmp_path, write_image):
    for seed, name in enumerate(["neut/a", "mono/b", "masks/a", "masks/b"]):
        write_image(tmp_path / f"{name}.png", seed)
    reading = read(tmp_path)
    assert {sample.label for sample in reading.samples} == {"neutrophil", "monocyte"}
    assert "2 images in folders of masks, labels and the like not read" in reading.notes


def test_folder_leaves_masks_beside_their_pictures_out(tmp_path, write_image):
    for seed, name in enumerate(["a", "a_mask", "b", "b-seg", "mask"]):
        write_image(tmp_path / "neut" / f"{name}.png", seed)
    reading = read(tmp_path)
    assert [sample.path.stem for sample in reading.samples] == ["a", "b", "mask"]
    assert "2 images named as masks of others not read" in reading.notes


def test_folder_keeps_two_versions_of_a_picture_together(tmp_path, write_image):
    for seed in range(6):
        for version in ("Original", "Segmented"):
            write_image(tmp_path / version / ("neut", "mono")[seed % 2] / f"cell {seed}.png", seed)
    reading = read(tmp_path)
    assert {sample.source for sample in reading.samples} == {""}
    of_first = [sample for sample in reading.samples if sample.path.stem == "cell 0"]
    assert len(of_first) == 2
    assert {sample.cell for sample in of_first} == {"neutrophil/cell 0"}
    assert "hold 6 pictures of the same names" in reading.notes[0]


def test_folder_takes_one_name_in_two_forms_of_unicode_for_one_class(tmp_path, write_image):
    for seed, (side, form) in enumerate([("train", "NFC"), ("test", "NFD")]):
        name = unicodedata.normalize(form, "neutrófilo")
        write_image(tmp_path / side / name / "a.png", seed)
    assert {sample.label for sample in read(tmp_path).samples} == {"neutrófilo"}


def test_folder_gives_odd_names_ids_that_can_be_written(tmp_path, write_image):
    write_image(tmp_path / "neut" / "Icon\r.png", 1)
    write_image(tmp_path / "neut" / os.fsdecode(b"caf\xe9.png"), 2)
    assert [sample.id for sample in read(tmp_path).samples] == [
        "neut/Icon\\r.png",
        "neut/caf\\xe9.png",
    ]


def test_folder_is_held_against_a_table_beside_it(tmp_path, write_image):
    for seed, name in enumerate(["neut", "mono"]):
        write_image(tmp_path / name / "a.png", seed)
    table = tmp_path / "types.csv"
    table.write_text("path,label\nneut/a.png,neut\nmono/a.png,monocyte\n")
    notes = read(tmp_path).notes
    assert "types.csv beside the pictures is not read: it says what the folders say" in notes
    table.write_text("path,label\nneut/a.png,basophil\n")
    with pytest.raises(InputError, match=r"says other labels than the folders, first of neut/a"):
        read(tmp_path)
    assert len(read(tmp_path, "folder").samples) == 2
