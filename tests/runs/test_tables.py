"""The CSV files of a run are read as they were written, and refused where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.errors import InputError
from hybrid_wbc.runs import tables
from hybrid_wbc.runs.tables import ManifestRow, PredictionTable

TABLE = PredictionTable(
    ids=np.array(["a#1", "b, c", "d"]),
    labels=np.array(["basophil", "monocyte", "basophil"]),
    split=np.array(["train", "test", "test"]),
    said={
        "knn": np.array(["basophil", "monocyte", "monocyte"]),
        "cnn": np.array(["basophil", "basophil", "basophil"]),
    },
)
SOURCES = {"a#1": "a", "b, c": "b", "d": "d"}


def equal(one: PredictionTable, other: PredictionTable) -> bool:
    assert list(one.said) == list(other.said)
    columns = [(t.ids, t.labels, t.split, *t.said.values()) for t in (one, other)]
    return all(a.tolist() == b.tolist() for a, b in zip(*columns, strict=True))


def test_predictions_are_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    tables.write_predictions(path, TABLE)
    assert path.read_text().splitlines()[:2] == [
        "id,label,split,knn,cnn",
        "a#1,basophil,train,basophil,basophil",
    ]
    assert equal(tables.read_predictions(path), TABLE)


def test_predictions_of_a_side_keep_their_order_and_know_their_sources() -> None:
    tested = TABLE.of_sides(["test"])
    assert tested.ids.tolist() == ["b, c", "d"]
    given = tested.predictions("knn", SOURCES)
    assert given.true.tolist() == ["monocyte", "basophil"]
    assert given.predicted.tolist() == ["monocyte", "monocyte"]
    assert given.sources.tolist() == ["b", "d"]


def test_tables_are_joined_by_the_classifiers_that_all_have() -> None:
    fewer = PredictionTable(TABLE.ids, TABLE.labels, TABLE.split, {"cnn": TABLE.said["cnn"]})
    both = tables.joined([TABLE, fewer])
    assert list(both.said) == ["cnn"] and len(both.ids) == 6


def test_out_of_fold_names_seed_and_fold_of_each_cell(tmp_path: Path) -> None:
    path = tmp_path / "out_of_fold.csv"
    tested = TABLE.of_sides(["test"])
    tables.write_out_of_fold(path, {(3, 0): tested, (3, 1): tested.taken(np.array([1]))})
    assert path.read_text().splitlines() == [
        "seed,fold,id,label,knn,cnn",
        '3,0,"b, c",monocyte,monocyte,basophil',
        "3,0,d,basophil,monocyte,basophil",
        "3,1,d,basophil,monocyte,basophil",
    ]


def test_a_manifest_is_read_as_written(tmp_path: Path) -> None:
    row: ManifestRow = {
        "id": "1",
        "path": "x/1.png",
        "sha256": "ab",
        "label": "a | b",
        "source": "",
        "split": "test",
        "dropped": "two labels, disagreeing",
    }
    tables.write_manifest(tmp_path / "manifest.csv", [row])
    assert tables.read_manifest(tmp_path / "manifest.csv") == [row]


def test_a_history_keeps_every_digit_and_counts_its_epochs_from_one(tmp_path: Path) -> None:
    history = {"loss": [0.1 + 0.2, float("nan")], "accuracy": [0.5, 1.0]}
    tables.write_history(tmp_path / "history.csv", history)
    read = tables.read_history(tmp_path / "history.csv")
    np.testing.assert_array_equal(read["loss"], history["loss"])
    assert read["accuracy"] == history["accuracy"] and "epoch" not in read
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["epoch", "1", "2"]


@pytest.mark.parametrize(
    ("read", "content", "reason"),
    [
        (tables.read_predictions, "", "holds no row"),
        (tables.read_predictions, "id,label,split,knn\n", "holds no row"),
        (tables.read_predictions, "id,label,knn\na,b,c\n", "no column 'split'"),
        (tables.read_manifest, "id,path\na,b\n", "no column 'sha256'"),
        (tables.read_predictions, "id,label,split\na,b,c\na,b\n", "row 3 is not as long"),
        (tables.read_predictions, "id,label,split\na,b,c,d\n", "row 2 is not as long"),
        (tables.read_history, "epoch,loss\n1,low\n", "could not convert"),
    ],
)
def test_a_damaged_table_is_refused_with_its_name(tmp_path: Path, read, content, reason) -> None:
    path = tmp_path / "given.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=rf"given\.csv: .*{reason}") as error:
        read(path)
    assert "\n" not in str(error.value)
