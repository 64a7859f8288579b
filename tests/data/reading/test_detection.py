"""Sets made for detection give the same cells and labels, whichever way their boxes are kept."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.reading import frames
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.errors import InputError

NAMES = ["RBC", "NEUTROPHIL", "Lymphocyte"]
WIDTH, HEIGHT = 80, 60
# By picture: a class's number and left, top, right, bottom.
BOXES = {
    "a.png": [(1, (10, 5, 30, 25)), (0, (0, 0, 9, 9)), (2, (40, 20, 70, 50))],
    "b.png": [(2, (0, 0, 20, 30))],
    "c.png": [(0, (5, 5, 15, 15))],
}
EXPECTED = {
    ("a.png", "neutrophil", (10, 5, 30, 25)),
    ("a.png", "lymphocyte", (40, 20, 70, 50)),
    ("b.png", "lymphocyte", (-5, 0, 25, 30)),
}


def pictures(folder: Path, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    folder.mkdir(parents=True)
    for seed, name in enumerate(BOXES):
        pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)


def voc(root: Path, **more) -> None:
    pictures(root / "JPEGImages", **more)
    (root / "Annotations").mkdir()
    for name, boxes in BOXES.items():
        objects = "".join(
            f"<object><name>{NAMES[number]}</name><bndbox><xmin>{x}</xmin><ymin>{y}</ymin>"
            f"<xmax>{r}</xmax><ymax>{b}</ymax></bndbox></object>"
            for number, (x, y, r, b) in boxes
        )
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
        text = f"<annotation>{size}{objects}</annotation>"
        (root / "Annotations" / f"{Path(name).stem}.xml").write_text(text)


def yolo(root: Path, **more) -> None:
    pictures(root / "images", **more)
    (root / "labels").mkdir()
    for name, boxes in BOXES.items():
        lines = [
            f"{number} {(x + r) / 2 / WIDTH} {(y + b) / 2 / HEIGHT} "
            f"{(r - x) / WIDTH} {(b - y) / HEIGHT}"
            for number, (x, y, r, b) in boxes
        ]
        (root / "labels" / f"{Path(name).stem}.txt").write_text("\n".join(lines))
    (root / "data.yaml").write_text(f"names: {json.dumps(NAMES)}\n")


def coco(root: Path, **more) -> None:
    pictures(root, **more)
    content = {
        "images": [
            {"id": i, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for i, name in enumerate(BOXES)
        ],
        "annotations": [
            {"id": 10 * i + j, "image_id": i, "category_id": n, "bbox": [x, y, r - x, b - y]}
            for i, boxes in enumerate(BOXES.values())
            for j, (n, (x, y, r, b)) in enumerate(boxes)
        ],
        "categories": [{"id": i, "name": name} for i, name in enumerate(NAMES)],
    }
    (root / "_annotations.coco.json").write_text(json.dumps(content))


def table(root: Path, **more) -> None:
    pictures(root, **more)
    with (root / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"])
        for name, boxes in BOXES.items():
            for number, box in boxes:
                if number:
                    writer.writerow([name, WIDTH, HEIGHT, NAMES[number], *box])


@pytest.mark.parametrize("write", [voc, yolo, coco, table])
def test_every_way_of_keeping_boxes_gives_the_same_cells(tmp_path, write):
    write(tmp_path / "set")
    reading = read(tmp_path / "set", margin=0.0)
    found = {(sample.path.name, sample.label, sample.box) for sample in reading.samples}
    assert found == EXPECTED
    assert len(reading.samples) == len(EXPECTED)
    assert {sample.source for sample in reading.samples} == {
        sample.id.partition("#")[0] for sample in reading.samples
    }


@pytest.mark.parametrize("write", [voc, yolo, coco])
def test_what_is_left_out_is_counted(tmp_path, write):
    write(tmp_path / "set")
    notes = read(tmp_path / "set").notes
    assert "2 boxes of red cells left out" in notes
    assert "1 pictures without a cell to classify left out" in notes


@pytest.mark.parametrize("write", [voc, coco, table])
def test_boxes_of_a_picture_that_was_resized_since_are_refused(tmp_path, write):
    write(tmp_path / "set", size=(40, 30))
    with pytest.raises(InputError, match=r"made for a picture of 80x60 pixels, .* has 40x30"):
        read(tmp_path / "set")


def test_a_box_outside_its_picture_is_refused(tmp_path):
    pictures(tmp_path / "set")
    (tmp_path / "set" / "labels.csv").write_text("path,label,x1,y1,x2,y2\na.png,mono,60,9,99,30\n")
    with pytest.raises(InputError, match=r"line 2: the box from \(60, 9\) to \(99, 30\)"):
        read(tmp_path / "set")


def test_yolos_numbers_without_names_are_refused_with_the_way_out(tmp_path):
    yolo(tmp_path / "set")
    (tmp_path / "set" / "data.yaml").unlink()
    with pytest.raises(InputError, match=r"put a classes\.txt beside"):
        read(tmp_path / "set")


def test_yolos_names_may_stand_in_a_text(tmp_path):
    yolo(tmp_path / "set")
    (tmp_path / "set" / "data.yaml").unlink()
    (tmp_path / "set" / "classes.txt").write_text("\n".join(NAMES))
    assert {sample.label for sample in read(tmp_path / "set").samples} == {
        "neutrophil",
        "lymphocyte",
    }


@pytest.mark.parametrize("line", ["9 0.5 0.5 0.1 0.1", "1 0.5 0.5 0.1", "1 0.5 0.5 0 0"])
def test_a_wrong_line_of_yolos_is_named(tmp_path, line):
    yolo(tmp_path / "set")
    (tmp_path / "set" / "labels" / "b.txt").write_text(line)
    with pytest.raises(InputError, match=r"b\.txt, line 1: '"):
        read(tmp_path / "set")


def test_boxes_that_say_only_white_cell_are_refused(tmp_path):
    yolo(tmp_path / "set")
    (tmp_path / "set" / "data.yaml").write_text("names: [RBC, WBC, white blood cell]\n")
    with pytest.raises(InputError, match="which type of white cell it holds is said nowhere"):
        read(tmp_path / "set")


def test_a_side_is_read_from_the_folder_of_the_pictures(tmp_path):
    coco(tmp_path / "set" / "valid")
    assert {sample.split for sample in read(tmp_path / "set").samples} == {"validation"}


@pytest.mark.parametrize("content", ['{"images": [], "annotations": [{}], "categories": []}'])
def test_a_broken_json_is_one_line(tmp_path, content):
    pictures(tmp_path / "set")
    (tmp_path / "set" / "coco.json").write_text(content)
    with pytest.raises(InputError, match="not annotations as COCO's"):
        read(tmp_path / "set")


def test_names_of_yolo_that_would_grow_without_end_are_refused(tmp_path):
    yolo(tmp_path / "set")
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
    )
    for text in (f"{bomb}names: [*g]\n", "names: " + "[" * 5000, "names: {" + "9" * 5000 + ": a}"):
        (tmp_path / "set" / "data.yaml").write_text(text)
        with pytest.raises(InputError, match=r"data\.yaml: no list of names in it"):
            read(tmp_path / "set")


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999", '"x"'])
def test_a_box_of_coco_without_numbers_is_one_line(tmp_path, number):
    coco(tmp_path / "set")
    (file,) = (tmp_path / "set").rglob("*.json")
    content = json.loads(file.read_text())
    content["annotations"][0]["bbox"] = ["HERE", 1, 2, 3]
    file.write_text(json.dumps(content).replace('"HERE"', number))
    with pytest.raises(InputError, match="not annotations as COCO's"):
        read(tmp_path / "set")


def test_an_annotation_of_voc_without_numbers_is_left_out_with_a_word(tmp_path):
    voc(tmp_path / "set")
    file = sorted((tmp_path / "set" / "Annotations").iterdir())[-1]
    file.write_text(re.sub(r"<xmin>\d+", "<xmin>inf", file.read_text()))
    notes = read(tmp_path / "set").notes
    assert any("1 pictures without a readable annotation" in note for note in notes)


@pytest.mark.parametrize("write", [voc, yolo, coco, table])
def test_more_cells_than_the_limit_are_refused_with_how_to_set_it(tmp_path, monkeypatch, write):
    write(tmp_path / "set")
    count = len(read(tmp_path / "set").samples)
    monkeypatch.setenv("HYBRID_WBC_MAX_CELLS", str(count - 1))
    with pytest.raises(InputError, match=rf"more than {count - 1} cells .*HYBRID_WBC_MAX_CELLS"):
        read(tmp_path / "set")


def test_a_picture_is_opened_once_for_all_of_its_boxes(tmp_path, monkeypatch):
    opened = []
    whole = frames.frame_of
    monkeypatch.setattr(frames, "frame_of", lambda path: opened.append(path) or whole(path))
    coco(tmp_path / "set")
    read(tmp_path / "set")
    assert len(opened) == len(set(opened)) > 0
    for picture in opened:
        Image.new("RGB", (WIDTH + 2, HEIGHT)).save(picture)
    with pytest.raises(InputError, match="made for a picture of"):
        read(tmp_path / "set")
