"""Tables of labels are read whole or refused with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.data.reading.readers import read
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError


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
        (b"path;grade\na.png;mono\n", "no column 'label'; found path, grade"),
        (b"name,class\na.png,mono\n", "no column 'path'; found name, class"),
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


def test_csv_understands_the_usual_headings_and_says_so(tmp_path):
    (tmp_path / "labels.csv").write_text("Filename;Class;Patient ID;grade\na.png;0.0;7;2\n")
    reading = read(tmp_path)
    (sample,) = reading.samples
    assert (sample.id, sample.label, sample.source) == ("a.png", "0", "7")
    assert reading.notes == (
        "columns of the table: path from 'Filename', label from 'Class', source from 'Patient ID'",
        "columns of the table not read: 'grade'",
    )


def test_csv_takes_pandas_word_for_nothing_as_nothing(tmp_path):
    (tmp_path / "labels.csv").write_text("path,label,source\na.png,nan,nan\nb.png,mono,\n")
    samples = read(tmp_path).samples
    assert [(sample.labels, sample.source) for sample in samples] == [
        ((), ""),
        (("monocyte",), ""),
    ]


def test_csv_finds_pictures_in_a_folder_below_where_their_name_is_the_only_one(
    tmp_path, write_image
):
    write_image(tmp_path / "crops" / "a.png", 1)
    (tmp_path / "labels.csv").write_text("path,label\na.png,mono\n")
    reading = read(tmp_path)
    assert reading.samples[0].id == "crops/a.png"
    assert "1 pictures found in the folder crops" in reading.notes


def test_csv_reads_paths_that_were_written_on_windows(tmp_path, write_image):
    write_image(tmp_path / "crops" / "a.png", 1)
    (tmp_path / "labels.csv").write_text("path,label\ncrops\\a.png,mono\n")
    assert read(tmp_path).samples[0].path == tmp_path / "crops" / "a.png"


def test_csv_counts_the_pictures_that_it_does_not_list(tmp_path, write_image):
    for seed, name in enumerate("ab"):
        write_image(tmp_path / f"{name}.png", seed)
    (tmp_path / "labels.csv").write_text("path,label\na.png,mono\n")
    assert read(tmp_path).notes == ("1 images beside labels.csv are not listed in it, not read",)


def test_csv_that_says_another_class_than_the_folder_is_refused(tmp_path, write_image):
    write_image(tmp_path / "neutrophil" / "a.png", 1)
    (tmp_path / "labels.csv").write_text("path,label\nneutrophil/a.png,mono\n")
    with pytest.raises(InputError, match=r"monocyte is said of neutrophil/a\.png"):
        read(tmp_path)
    assert read(tmp_path / "labels.csv").samples[0].label == "monocyte"
    assert read(tmp_path, "folder").samples[0].label == "neutrophil"
