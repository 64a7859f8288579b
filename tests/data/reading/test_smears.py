"""LISC's and BCCD's smears become cells, each with its own box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def by_id(samples: list[Sample]) -> dict[str, Sample]:
    found = {sample.id: sample for sample in samples}
    assert len(found) == len(samples)
    return found


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
