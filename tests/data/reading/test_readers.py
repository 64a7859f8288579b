from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.reading.readers import LAYOUTS, read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


# folder


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
    assert reading.notes == ("1 images outside the class folders ignored",)


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


# lisc


@pytest.mark.parametrize(
    ("main", "truth"),
    [
        ("Main Dataset", "Ground Truth Segmentation"),
        ("main dataset", "ground truth segmentation"),
        ("MAIN_DATASET", "Ground_Truth_Segmentation"),
    ],
)
@pytest.mark.parametrize("nested", ["", "LISC Database"])
def test_lisc_is_found_in_every_spelling(lisc, tmp_path, main, truth, nested):
    lisc("Baso", 7, root=tmp_path / nested, main=main, truth=truth)
    reading = read(tmp_path)
    assert (reading.layout, reading.dataset) == ("lisc", "lisc")
    (sample,) = reading.samples
    assert sample.id == str(Path(nested) / main / "Baso" / "7.bmp")
    assert sample.label == "basophil"
    assert sample.source == sample.id


def test_lisc_boxes_allow_for_masks_that_are_smaller_than_the_smears(lisc):
    root = lisc("eosi", 1, [(30, 20, 12)])
    assert read(root, margin=0.0).samples[0].box == (30, 20, 42, 32)
    assert read(root, margin=0.5).samples[0].box == (24, 14, 48, 38)


def test_lisc_gives_every_cell_of_a_smear_the_same_source(lisc):
    root = lisc("lymp", 3, [(50, 20, 10), (10, 20, 10)])
    first, second = read(root, margin=0.0).samples
    assert (first.id, second.id) == ("Main Dataset/lymp/3.bmp", "Main Dataset/lymp/3.bmp#2")
    assert first.box is not None
    assert second.box is not None
    assert first.box[0] == 10
    assert second.box[0] == 50
    assert first.source == second.source == "Main Dataset/lymp/3.bmp"


def test_lisc_leaves_a_smear_without_a_mask_out_and_names_it(lisc):
    lisc("mono", 1)
    root = lisc("mono", 2, None)
    reading = read(root)
    assert [sample.id for sample in reading.samples] == ["Main Dataset/mono/1.bmp"]
    assert reading.notes == (
        "1 smear without a mask by expert 1 left out: Main Dataset/mono/2.bmp",
    )


def test_lisc_leaves_a_smear_with_an_empty_or_broken_mask_out_and_names_it(lisc):
    lisc("mono", 1)
    lisc("mono", 2, [])
    root = lisc("mono", 3)
    broken = root / "Ground Truth Segmentation" / "mono" / "areaforexpert1" / "3_expert.bmp"
    broken.write_bytes(b"no image")
    reading = read(root)
    assert len(reading.samples) == 1
    assert "mono/2.bmp, Main Dataset/mono/3.bmp" in reading.notes[0]


@pytest.mark.parametrize("orientation", [3, 6])
def test_lisc_holds_its_masks_against_the_smear_as_it_stands_upright(lisc, orientation):
    root = lisc("mono", 1, [(30, 20, 12)])
    smear = root / "Main Dataset" / "mono" / "1.bmp"
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    with Image.open(smear) as image:
        image.transpose(back).save(smear.with_suffix(".png"), exif=exif)
    smear.unlink()
    (sample,) = read(root, margin=0.0).samples
    assert sample.box == (30, 20, 42, 32)


def test_lisc_reads_masks_of_16_bits(lisc):
    root = lisc("mono", 1, [(30, 20, 12)])
    mask = root / "Ground Truth Segmentation" / "mono" / "areaforexpert1" / "1_expert.bmp"
    with Image.open(mask) as image:
        deep = Image.fromarray((np.asarray(image) > 0).astype(np.uint16))
    mask.unlink()
    deep.save(mask.with_suffix(".png"))
    assert read(root, margin=0.0).samples[0].box == (30, 20, 42, 32)


def test_lisc_leaves_an_unreadable_smear_to_the_cleaning(lisc):
    lisc("neut", 1)
    root = lisc("neut", 2)
    (root / "Main Dataset" / "neut" / "2.bmp").write_bytes(b"no image")
    (root / "Main Dataset" / "neut" / "Thumbs.db").write_bytes(b"")
    found = by_id(read(root).samples)
    assert found["Main Dataset/neut/2.bmp"].box is None
    assert "Main Dataset/neut/Thumbs.db" in found


def test_lisc_mixed_smears_are_read_only_when_asked_for(lisc):
    lisc("neut", 1)
    root = lisc("mixt", 1)
    reading = read(root)
    assert [sample.label for sample in reading.samples] == ["neutrophil"]
    assert "1 cells of smears with several types (mixt) left out" in reading.notes
    both = read(root, include_mixed=True)
    assert sorted(sample.label for sample in both.samples) == ["mixed", "neutrophil"]


def test_lisc_without_its_masks_is_an_error(tmp_path, write_image):
    write_image(tmp_path / "Main Dataset" / "Baso" / "1.bmp", 1)
    with pytest.raises(InputError, match="'Ground Truth Segmentation' must lie side by side"):
        read(tmp_path)


def test_a_set_that_is_marked_synthetic_is_no_public_set(lisc):
    root = lisc("neut", 1)
    (root / "SYNTHETIC.txt").write_text("drawn")
    reading = read(root)
    assert reading.synthetic
    assert reading.dataset == ""


# kaggle


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


# bccd


def annotate(root: Path, number: int, *boxes: tuple[int, int, int, int]) -> None:
    smear = root / "JPEGImages" / f"BloodImage_{number:05}.jpg"
    smear.parent.mkdir(exist_ok=True)
    # The reader needs the name alone.
    smear.write_bytes(b"")
    sides = ("xmin", "ymin", "xmax", "ymax")
    objects = "".join(
        f"<object><name>{name}</name><bndbox>"
        + "".join(f"<{side}>{at}</{side}>" for side, at in zip(sides, box, strict=True))
        + "</bndbox></object>"
        for name, box in [("RBC", (0, 0, 9, 9)), *(("WBC", box) for box in boxes)]
    )
    at = root / "Annotations" / f"BloodImage_{number:05}.xml"
    at.parent.mkdir(exist_ok=True)
    at.write_text(f"<annotation>{objects}</annotation>")


def label(root: Path, *categories: str) -> None:
    lines = [f',{n},"{category}"' for n, category in enumerate(categories)]
    (root / "labels.csv").write_text("\n".join([",Image,Category", *lines]))


def test_bccd_gives_a_smear_s_one_type_to_each_of_its_boxes(tmp_path):
    annotate(tmp_path, 0, (40, 10, 60, 30), (10, 10, 20, 20))
    label(tmp_path, "NEUTROPHIL, NEUTROPHIL")
    reading = read(tmp_path, margin=0.0)
    assert (reading.layout, reading.dataset) == ("bccd", "bccd")
    smear = "JPEGImages/BloodImage_00000.jpg"
    assert [(s.id, s.labels, s.source, s.box) for s in reading.samples] == [
        (smear, ("neutrophil",), smear, (10, 10, 20, 20)),
        (f"{smear}#2", ("neutrophil",), smear, (40, 10, 60, 30)),
    ]


def test_bccd_keeps_doubled_and_missing_labels_as_they_are(tmp_path):
    for number in range(3):
        annotate(tmp_path, number, (10, 10, 20, 20))
    label(tmp_path, "NEUTROPHIL,EOSINOPHIL", "")
    labels = [sample.labels for sample in read(tmp_path).samples]
    assert labels == [("neutrophil", "eosinophil"), (), ()]


def test_bccd_notes_smears_without_a_white_cell_or_an_annotation(tmp_path):
    annotate(tmp_path, 0, (10, 10, 20, 20))
    annotate(tmp_path, 1)
    annotate(tmp_path, 2, (10, 10, 20, 20))
    annotate(tmp_path, 3, (10, 10, 20, 20))
    (tmp_path / "Annotations" / "BloodImage_00002.xml").write_text("<annotation>")
    (tmp_path / "Annotations" / "BloodImage_00003.xml").unlink()
    label(tmp_path, *["MONOCYTE"] * 4)
    reading = read(tmp_path)
    assert len(reading.samples) == 1
    assert any("without a white cell's box left out: " in note for note in reading.notes)
    assert any(note.startswith("2 smears without a readable ann") for note in reading.notes)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (None, "labels.csv: missing; it gives the white cells' types"),
        (",Image,Type\n,1,X", "no column 'Category'; found Image, Type"),
        (",Image,Category\n,one,X", "line 2: Image is 'one'"),
    ],
)
def test_bccd_says_what_is_wrong_with_its_labels(tmp_path, table, complaint):
    annotate(tmp_path, 0, (10, 10, 20, 20))
    if table:
        (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(InputError, match=complaint):
        read(tmp_path)


# npz


def archive(path: Path, *, count: int = 3, **changed: np.ndarray) -> Path:
    arrays: dict[str, np.ndarray] = {}
    for split in ("train", "val", "test"):
        arrays[f"{split}_images"] = np.zeros((count, 4, 5, 3), dtype=np.uint8)
        arrays[f"{split}_labels"] = np.arange(count, dtype=np.uint8).reshape(-1, 1)
    np.savez(path, **(arrays | changed))
    return path


def test_npz_rows_become_samples_with_the_archive_s_splits(tmp_path):
    path = archive(tmp_path / "bloodmnist_64.npz", count=8)
    reading = read(path)
    assert (reading.layout, reading.dataset) == ("npz", "bloodmnist")
    assert Counter(s.split for s in reading.samples) == {"train": 8, "validation": 8, "test": 8}
    sample = by_id(reading.samples)["val_images[3]"]
    assert (sample.label, sample.array, sample.row) == ("immature granulocyte", "val_images", 3)
    assert sample.path == path


def test_npz_is_found_in_a_folder_that_holds_just_one(tmp_path):
    archive(tmp_path / "bloodmnist.npz")
    assert read(tmp_path).layout == "npz"
    archive(tmp_path / "second.npz")
    with pytest.raises(InputError, match=r"found 2 files \(\.npz\); expected"):
        read(tmp_path)


def test_npz_of_another_name_or_with_more_classes_gets_numbered_classes(tmp_path):
    other = read(archive(tmp_path / "mine.npz"))
    assert {s.label for s in other.samples} == {"class 0", "class 1", "class 2"}
    assert other.dataset == ""
    more = read(archive(tmp_path / "bloodmnist.npz", count=9))
    assert by_id(more.samples)["train_images[8]"].label == "class 8"


class _Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"train_labels": np.zeros((2, 1), dtype=np.uint8)}, "has 2 rows, train_images has 3"),
        ({"train_labels": np.zeros((3, 2), dtype=np.uint8)}, "one whole number for each image"),
        ({"train_labels": np.zeros(3)}, "float64 of shape"),
        ({"train_labels": np.uint8(3)}, "one whole number for each image"),
        ({"val_images": np.zeros((3, 4, 5, 3))}, "uint8 of"),
        ({"val_images": np.zeros((3, 4, 5, 2), dtype=np.uint8)}, "val_images is uint8 of shape"),
        ({"test_labels": np.array([_Bomb()] * 3, dtype=object)}, "allow_pickle=False"),
    ],
)
def test_npz_says_which_array_is_wrong(tmp_path, changed, complaint):
    with pytest.raises(InputError, match=complaint):
        read(archive(tmp_path / "a.npz", **changed))


def test_npz_without_the_arrays_or_no_archive_at_all_is_an_error(tmp_path):
    np.savez(tmp_path / "embeddings.npz", X=np.zeros(3))
    with pytest.raises(InputError, match="none of train, val and test has its arrays"):
        read(tmp_path / "embeddings.npz")
    (tmp_path / "a.npz").write_bytes(pickle.dumps("hello"))
    with pytest.raises(InputError, match=r"a\.npz: not a readable \.npz archive"):
        read(tmp_path / "a.npz")


# segmentation-wbc


def write_segmentation(root: Path, write_image, lines: list[str]) -> Path:
    for number in (1, 2, 30):
        write_image(root / f"{number:03d}.bmp", number)
        write_image(root / f"{number:03d}.png", 100 + number)
    text = "\n".join(["image ID,class label", *lines])
    (root / "Class Labels.csv").write_text(text + "\n")
    return root


def test_segmentation_wbc_names_its_numbers_and_leaves_the_masks(tmp_path, write_image):
    write_segmentation(tmp_path / "set" / "1", write_image, ["1,2", "2,5", "30,"])
    reading = read(tmp_path)
    assert (reading.layout, reading.dataset) == ("segmentation-wbc", "segmentation-wbc")
    labels = {sample.id: sample.labels for sample in reading.samples}
    assert labels == {
        "set/1/001.bmp": ("lymphocyte",), "set/1/002.bmp": ("basophil",), "set/1/030.bmp": (),
    }  # fmt: skip
    assert all(sample.path.is_file() for sample in reading.samples)


@pytest.mark.parametrize("line", ["1,6", "one,2"])
def test_segmentation_wbc_says_which_line_is_wrong(tmp_path, write_image, line):
    write_segmentation(tmp_path, write_image, ["2,1", line])
    with pytest.raises(InputError, match="line 3: received image ID"):
        read(tmp_path)


# csv


def test_csv_reads_labels_sources_and_splits_beside_the_table(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "\ufeffpath,label,source,split\n"
        "cells/a.png,Neut,patient 1,TRAIN\n"
        "\n"
        'cells/b.png,"mono, EOSINOPHIL",,\n'
        "cells/c.png,,patient 2,val\n"
        "cells/a.png,mono,patient 1,test\n",
        encoding="utf-8",
    )
    reading = read(table)
    assert (reading.layout, reading.dataset) == ("csv", "")
    first = tmp_path / "cells" / "a.png"
    assert reading.samples == [
        Sample("cells/a.png", first, ("neutrophil",), "patient 1", "train"),
        Sample("cells/b.png", tmp_path / "cells" / "b.png", ("monocyte", "eosinophil")),
        Sample("cells/c.png", tmp_path / "cells" / "c.png", (), "patient 2", "validation"),
        Sample("cells/a.png#2", first, ("monocyte",), "patient 1", "test"),
    ]


@pytest.mark.parametrize("name", ["labels.csv", "samples.csv", "manifest.csv"])
def test_csv_is_found_in_a_folder_by_its_usual_names(tmp_path, name):
    (tmp_path / name).write_text("path,label\na.png,mono\n")
    assert read(tmp_path).samples[0].path == tmp_path / "a.png"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"path;label\na.png;mono\n", "no column 'path'; found path;label"),
        (b"path,class\na.png,mono\n", "no column 'label'; found path, class"),
        (b"", "found none at all"),
        (b"path,label\n,mono\n", "line 2: the path is blank"),
        (b"path,label,split\na.png,mono,fold 3\n", "line 2: split is 'fold 3'"),
        (b"path,label\n\xff\xfe.png,mono\n", "not a readable table in UTF-8"),
        (b"path,label\n", "no cell found in layout csv"),
    ],
)
def test_csv_says_what_is_wrong_and_in_which_line(tmp_path, content, complaint):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(InputError, match=complaint):
        read(tmp_path / "mine.csv")


# the front


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nowhere: not found"):
        read(tmp_path / "nowhere")


def test_an_unknown_layout_is_an_error_that_names_the_choices(tmp_path):
    with pytest.raises(InputError, match="layout 'list' is unknown; choose auto, lisc, kaggle"):
        read(tmp_path, "list")


def test_a_negative_margin_is_an_error(tmp_path):
    with pytest.raises(InputError, match="margin is -1"):
        read(tmp_path, margin=-1)


def test_an_empty_or_wrong_folder_is_an_error_that_says_what_was_found(tmp_path):
    with pytest.raises(InputError, match="found an empty folder; expected folders 'Main"):
        read(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"found folders empty, 1 file \(\.txt\); expected"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"found a file \.txt"):
        read(tmp_path / "notes.txt")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_asked_for_by_name_must_be_there(tmp_path, layout):
    with pytest.raises(InputError, match=rf"expected .* \({layout}\)$") as caught:
        read(tmp_path, layout)
    assert "\n" not in str(caught.value)


def test_a_layout_asked_for_by_name_goes_before_what_auto_would_take(lisc):
    root = lisc("neut", 1)
    assert read(root).layout == "lisc"
    assert read(root, "folder").layout == "folder"


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
