from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main
from hybrid_wbc.data.cells.cropping import COLUMNS, write_crops
from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


def draw(path: Path, column: int | None, radius: int = 20, tint: int = 0) -> None:
    pixels = np.full((120, 160, 3), (205, 210 - tint, 200), dtype=np.uint8)
    if column is not None:
        rows, columns = np.indices(pixels.shape[:2])
        distance = (columns - column) ** 2 + (rows - 60) ** 2
        pixels[distance <= radius**2] = (195, 165, 205)
        pixels[distance <= (0.65 * radius) ** 2] = (90, 45, 170)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    draw(root / "train" / "neutrophil" / "a.png", 40)
    draw(root / "train" / "monocyte" / "b.png", 100, radius=24)
    draw(root / "test" / "neutrophil" / "a.png", 158)
    draw(root / "test" / "monocyte" / "bare.png", None)
    return root


def crop(*arguments) -> object:
    return CliRunner().invoke(main, ["data", "crop", *map(str, arguments)])


def table(out: Path) -> dict[str, dict[str, str]]:
    with (out / "crops.csv").open(newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def test_crops_lie_in_folders_of_split_and_class_and_the_table_says_where_from(pictures, tmp_path):
    out = tmp_path / "out"
    result = crop(pictures, out, "--size", 32)
    assert result.exit_code == 0, result.output
    assert "1 middle" in result.stderr and "3 found" in result.stderr
    rows = table(out)
    assert set(rows) == {
        "train/neutrophil/a.png", "train/monocyte/b.png", "test/neutrophil/a.png",
        "test/monocyte/bare.png",
    }  # fmt: skip
    assert rows["test/monocyte/bare.png"]["how"] == "middle"
    assert rows["test/neutrophil/a.png"]["touches_frame"] == "yes"
    assert rows["train/neutrophil/a.png"]["touches_frame"] == "no"
    assert rows["train/neutrophil/a.png"]["image"] == "train/neutrophil/a.png"
    for path in rows:
        with Image.open(out / path) as image:
            assert image.size == (32, 32) and image.mode == "RGB"


def test_all_crops_of_a_set_have_one_scale(pictures, tmp_path):
    crop(pictures, tmp_path / "out", "--size", 64)
    rows = table(tmp_path / "out").values()
    sides = {int(row["right"]) - int(row["left"]) for row in rows}
    assert len(sides) == 1
    # Nine tenths of the way from the small cell to the large one, with a quarter on each side.
    assert sides.pop() == pytest.approx((40 + 0.9 * 8) * 1.5, abs=5)


def test_a_side_that_is_given_is_kept(pictures, tmp_path):
    crop(pictures, tmp_path / "out", "--size", 64, "--side", 51)
    (row, *_) = table(tmp_path / "out").values()
    assert int(row["right"]) - int(row["left"]) == 51


def test_the_crops_are_a_data_set_with_the_same_labels_and_sides(pictures, tmp_path):
    out = tmp_path / "out"
    crop(pictures, out, "--size", 32)
    for path in (out, out / "crops.csv"):
        samples = readers.read(path).samples
        assert sorted((s.label, s.split) for s in samples) == [
            ("monocyte", "test"), ("monocyte", "train"), ("neutrophil", "test"),
            ("neutrophil", "train"),
        ]  # fmt: skip


def test_drawn_smears_are_cut_by_their_masks_and_stay_synthetic(tmp_path):
    write_smears(tmp_path / "smears", per_class=1)
    result = crop(tmp_path / "smears", tmp_path / "out", "--size", 32)
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC" in result.stderr
    rows = table(tmp_path / "out")
    assert {row["how"] for row in rows.values()} == {"marked"}
    assert all(row["source"] for row in rows.values())
    assert readers.read(tmp_path / "out").synthetic


def test_cells_of_one_smear_get_names_of_their_own(lisc, tmp_path):
    root = lisc("Baso", 1, ((10, 10, 10), (40, 30, 10)))
    samples = readers.read(root, margin=0).samples
    write_crops(samples, tmp_path / "out", size=16)
    assert set(table(tmp_path / "out")) == {"basophil/1.png", "basophil/1-2.png"}
    assert tuple(next(iter(table(tmp_path / "out").values()))) == COLUMNS


def test_a_cell_at_the_frame_of_a_turned_picture_touches_it(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (60, 40), (200, 200, 200)).save(tmp_path / "a.png", exif=exif)
    samples = [
        Sample(f"{box}", tmp_path / "a.png", ("neutrophil",), box=box)
        for box in ((10, 44, 26, 60), (30, 10, 46, 26), (10, 10, 26, 26))
    ]
    write_crops(samples, tmp_path / "out", size=16)
    touches = [row["touches_frame"] for row in table(tmp_path / "out").values()]
    assert touches == ["yes", "yes", "no"]


def test_a_folder_that_holds_something_is_left_alone(pictures, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    result = crop(pictures, out)
    assert result.exit_code == 2 and "name a new or empty folder" in result.stderr
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_where_no_cell_is_found_the_error_names_the_way_out(tmp_path):
    draw(tmp_path / "set" / "neutrophil" / "a.png", None)
    with pytest.raises(InputError, match="no white cell found in 1 pictures; give --side"):
        write_crops(readers.read(tmp_path / "set").samples, tmp_path / "out", size=32)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_is_named(pictures, tmp_path):
    (pictures / "train" / "monocyte" / "broken.png").write_bytes(b"no image")
    result = crop(pictures, tmp_path / "out", "--size", 32)
    assert result.exit_code == 0
    assert "left out: train/monocyte/broken.png" in result.stderr


@pytest.mark.parametrize("label", ["../../evil", "/", "/tmp/evil", "..", "a/b", "neut\nrophil"])
def test_a_label_of_somebody_elses_table_leads_nowhere_else(pictures, tmp_path, label):
    listed = pictures / "types.csv"
    rows = [("path", "label"), ("train/neutrophil/a.png", label), ("train/monocyte/b.png", "mono")]
    with listed.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    out = tmp_path / "deep" / "out"
    result = crop(listed, out, "--size", 32)
    assert result.exit_code == 0, result.output
    crops = table(out)
    assert len(crops) == 2
    for path in crops:
        assert (out / path).resolve().is_relative_to(out.resolve())
        assert (out / path).is_file()
    assert sorted(p.name for p in tmp_path.rglob("*.png") if "out" not in p.parts) == sorted(
        p.name for p in pictures.rglob("*.png")
    )


def test_two_labels_never_share_a_folder(pictures, tmp_path):
    listed = pictures / "types.csv"
    listed.write_text("path,label\ntrain/neutrophil/a.png,a/b\ntrain/monocyte/b.png,a-b\n")
    assert crop(listed, tmp_path / "out", "--size", 32).exit_code == 0
    assert {Path(path).parent.name for path in table(tmp_path / "out")} == {"a-b", "a-b-2"}
