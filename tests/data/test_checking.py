from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hybrid_wbc.data.checking import check, source_note
from hybrid_wbc.data.cleaning import clean
from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.sets.catalog import DATASETS


def checked(root: Path, **options: Any) -> dict[str, Any]:
    reading = read(root)
    return check(reading, clean(reading.samples), **options)


def test_check_counts_files_cells_sources_and_sizes(lisc):
    lisc("lymp", 1, [(10, 20, 10), (50, 20, 10)])
    lisc("lymp", 2, frame=(80, 60))
    root = lisc("mono", 1)
    summary = checked(root)
    assert summary["path"] == str(root)
    assert (summary["layout"], summary["dataset"]) == ("lisc", "lisc")
    assert (summary["n_files"], summary["n_cells"], summary["n_kept"]) == (3, 4, 4)
    assert summary["n_sources"] == 3
    assert summary["classes"] == {"lymphocyte": {"all": 3}, "monocyte": {"all": 1}}
    assert summary["sizes"] == {"72x60": 2, "80x60": 1}


def test_check_shows_null_values_and_duplicate_records(tmp_path, write_image):
    for name, seed in {"a": 0, "b": 0, "c": 1, "d": 2, "e": 2, "f": 3}.items():
        write_image(tmp_path / f"{name}.png", seed)
    (tmp_path / "labels.csv").write_text(
        "path,label\na.png,neut\nb.png,neut\nc.png,\nd.png,neut\ne.png,mono\nf.png,mono\n"
    )
    summary = checked(tmp_path)
    assert summary["missing_labels"] == 1
    assert summary["duplicates"] == 3
    assert summary["dropped"][0] == {"id": "b.png", "reason": "byte-identical copy of a.png"}
    assert summary["dropped_by_reason"] == {
        "byte-identical copies disagree": 2,
        "byte-identical copy": 1,
        "no label": 1,
    }


def test_check_counts_each_split_and_warns_of_a_class_absent_from_one(tmp_path, write_image):
    write_image(tmp_path / "train" / "neut" / "a.png", 0)
    write_image(tmp_path / "train" / "mono" / "b.png", 1)
    write_image(tmp_path / "test" / "mono" / "c.png", 2)
    summary = checked(tmp_path, fewest=1)
    assert summary["classes"]["monocyte"] == {"train": 1, "test": 1}
    assert summary["warnings"] == ["neutrophil: no cell in test"]


def test_check_says_which_split_a_run_takes_and_names_cells_without_a_side(tmp_path, write_image):
    for side, label, seed in (("train", "neut", 0), ("train", "mono", 1), ("test", "mono", 2)):
        write_image(tmp_path / side / label / f"{seed}.png", seed)
    assert "keeps the set's own sides: train 2, test 1" in checked(tmp_path, fewest=1)["split"]
    rows = "path,label,split,source\n" + "".join(
        f"{side}/{label}/{seed}.png,{label},{split},{source}\n"
        for side, label, seed, split, source in (
            ("train", "neut", 0, "train", "anna"), ("train", "mono", 1, "", "anna"),
            ("test", "mono", 2, "test", "bob"),
        )
    )  # fmt: skip
    (tmp_path / "cells.csv").write_text(rows)
    summary = checked(tmp_path / "cells.csv", fewest=1)
    assert summary["classes"]["monocyte"] == {"no side": 1, "test": 1}
    assert "would refuse" in summary["split"]
    assert summary["warnings"] == ["monocyte: no cell in train", "neutrophil: no cell in test"]
    (tmp_path / "cells.csv").write_text(rows.replace("mono,,anna", "mono,test,anna"))
    assert "would refuse: split.method: published" in checked(tmp_path / "cells.csv")["split"]
    with (tmp_path / "cells.csv").open("a") as file:
        file.write("train/neut/3.png,neut,train,carl\n")
    write_image(tmp_path / "train" / "neut" / "3.png", 3)
    summary = checked(tmp_path / "cells.csv")
    assert summary["split"].endswith(
        "train 1, test 2; 1 cell is left out, whose source is tested or validated on too"
    )


def test_check_warns_of_small_classes_by_the_number_given(tmp_path, write_image):
    for seed in range(3):
        write_image(tmp_path / ("neut" if seed else "mono") / f"{seed}.png", seed)
    assert checked(tmp_path, fewest=2)["warnings"] == [
        "monocyte: 1 cell, fewer than 2; no reliable split"
    ]
    assert len(checked(tmp_path)["warnings"]) == 2


def test_check_warns_of_one_class_and_of_several_sizes(tmp_path, write_image):
    for seed in range(5):
        write_image(tmp_path / "neut" / f"{seed}.png", seed, (10 + seed // 2, 10))
    assert checked(tmp_path, fewest=1)["warnings"] == [
        "only one class, neutrophil: there is nothing to tell apart",
        "images of 3 sizes: 10x10 (2), 11x10 (2), 12x10 (1)",
    ]


def test_check_warns_of_pictures_of_one_colour_and_names_the_first(tmp_path, write_image):
    for number in range(4):
        write_image(tmp_path / "neut" / f"{number}.png", number)
    Image.new("RGB", (12, 10), (255, 255, 255)).save(tmp_path / "neut" / "white.png")
    summary = checked(tmp_path, fewest=1)
    assert summary["warnings"][1:] == [
        "1 picture is of one colour all over, with nothing to be seen: neut/white.png"
    ]
    hidden = np.zeros((10, 12, 4), np.uint8)
    hidden[..., 0] = np.arange(12)
    Image.fromarray(hidden).save(tmp_path / "neut" / "clear.png")
    assert checked(tmp_path, fewest=1)["warnings"][1:] == [
        "2 pictures are of one colour all over, with nothing to be seen, the first is "
        "neut/clear.png"
    ]


def test_cells_of_one_flat_smear_are_one_picture(lisc):
    root = lisc("neut", 1, [(10, 20, 10), (50, 20, 10)])
    smear = root / "Main Dataset" / "neut" / "1.bmp"
    Image.new("RGB", (72, 60), (9, 9, 9)).save(smear)
    assert any(line.startswith("1 picture is of one colour") for line in checked(root)["warnings"])


def test_check_warns_of_the_hazards_of_a_set_that_it_knows(lisc):
    root = lisc("neut", 1)
    assert set(DATASETS["lisc"].hazards) <= set(checked(root)["warnings"])


def test_check_says_synthetic_first(lisc):
    root = lisc("neut", 1)
    (root / "SYNTHETIC.txt").write_text("drawn")
    summary = checked(root)
    assert summary["synthetic"]
    assert summary["warnings"][0].startswith("SYNTHETIC")
    assert not set(DATASETS["lisc"].hazards) & set(summary["warnings"])


def test_check_is_plain_data(lisc):
    lisc("neut", 1)
    summary = checked(lisc("neut", 2, None))
    assert json.loads(json.dumps(summary)) == summary
    assert summary["notes"] == [
        "1 smear without a mask by expert 1 left out: Main Dataset/neut/2.bmp"
    ]


def test_check_of_real_smears_counts_the_cells_that_can_be_used(real):
    summary = checked(real("bccd"))
    assert {name: n["all"] for name, n in summary["classes"].items()} == DATASETS["bccd"].counts
    assert summary["missing_labels"] == 1


def test_sources_found_by_picture_are_said_to_be_no_patients():
    note = source_note(348, 12444)
    assert "its 12444 cells come from 348 photographs" in note
    assert "which of them show one patient is not known" in note
