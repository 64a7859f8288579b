"""A table of attributes, matched to the test cells of a run, asked, kept, shown and exported."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.cli.main import main
from hybrid_wbc.files import read_table, write_table
from hybrid_wbc.runs import formats
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies.attributes import COLUMNS

HEADINGS = ("filename", "turned", "of_class", "by_chance", "area", "label", "rare", "note", "one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_run) -> RunFolder:
    """A run of two seeds, each testing 40 sources of three cells; both find the same feature 4."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "00000-drawn", seeds=(0, 1), copies=3)
    generator = np.random.default_rng(11)
    fourth = np.repeat(generator.choice([-2.0, 2.0], 60) + generator.normal(0, 0.5, 60), 3)
    for seed in (0, 1):
        path = folder.path / f"seed-{seed}" / "embeddings.npz"
        e = Embeddings.load(path)
        e.X[:, 3] = fourth
        e.split[np.isin(e.sources, np.unique(e.sources)[20 * seed : 20 * seed + 40])] = "test"
        e.split[~np.isin(e.sources, np.unique(e.sources)[20 * seed : 20 * seed + 40])] = "train"
        path.unlink()
        e.save(path)
    assert call("classify", folder.path).exit_code == 0
    return folder


def planted(folder: RunFolder) -> list[tuple[str, ...]]:
    """Give every cell attributes that say what feature 4 says, what the class says, and nothing."""
    e = Embeddings.load(folder.path / "seed-0" / "embeddings.npz")
    noise = np.random.default_rng(3)
    by_chance = {source: noise.choice(["a", "b"]) for source in dict.fromkeys(e.sources.tolist())}
    odd = e.sources[e.split == "test"][-1]
    return [
        (
            f"{cell}.png",
            "left" if e.X[i, 3] < 0 else "right",
            "yes" if e.y[i] else "no",
            by_chance[e.sources[i]],
            f"{10 + e.X[i, 3]:.4f}",
            e.classes[e.y[i]],
            "odd" if e.sources[i] == odd else "ab"[i % 2],
            f"seen {i}",
            "same",
        )
        for i, cell in enumerate(e.ids.tolist())
    ]


def write(path: Path, rows: list[tuple[str, ...]], headings=HEADINGS) -> Path:
    write_table(path, headings, rows)
    return path


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    rows = [*planted(folder)[1:], ("elsewhere/unknown.png", *["x"] * (len(HEADINGS) - 1))]
    table = write(out / "morphology.csv", rows)
    files = ("--json", out / "all.json", "--csv", out / "all.csv")
    result = call("attributes", folder.path, table, *files)
    assert result.exit_code == 0, result.output
    return out, result


@pytest.fixture(scope="module")
def found(done, folder):
    return Run(folder).attributes()


def of(found, name: str):
    return next(each for each in found["attributes"] if each["name"] == name)


def test_the_planted_feature_is_found_and_the_class_and_chance_gain_nothing(found):
    turned = [told["alone"] for told in of(found, "turned")["subsets"][:5]]
    assert max(range(5), key=lambda place: turned[place]["mean"]) == 3
    assert turned[3]["low"] > 0.3 > max(turned[place]["mean"] for place in (0, 1, 2, 4))
    for name in ("of_class", "by_chance"):
        assert of(found, name)["subsets"][-1]["beyond_class"]["low"] <= 0
    assert of(found, "of_class")["class_alone"]["mean"] == pytest.approx(1)
    assert of(found, "area")["kind"] == "number"
    assert of(found, "area")["subsets"][3]["alone"]["low"] > 0.3


def test_rows_values_and_columns_that_take_no_part_are_counted_and_named(found, folder, done):
    embedded = [repeat.embeddings() for repeat in Run(folder).repeats()]
    tested = {cell for e in embedded for cell in e.ids[e.split == "test"].tolist()}
    first = embedded[0].ids[0]
    assert found["tested"] == len(tested - {first}) and found["rows"] == 180
    assert found["without_row"] == (first in tested)
    assert found["unmatched"] == 1 and found["named"] == ["elsewhere/unknown.png"]
    assert found["elsewhere"] == 179 - found["tested"]
    assert of(found, "rare")["left_out"] == {"odd": 3}
    assert {each["name"]: each["reason"] for each in found["unused"]} == {
        "label": "the class itself",
        "note": "no value of 10 test cells or more; 'seen 1' has 1",
        "one": "one value only, 'same'",
    }
    assert "odd (3)" in done[1].output and "elsewhere/unknown.png" in done[1].output


def test_what_is_printed_kept_and_exported_is_the_same(found, folder, done):
    out, result = done
    assert formats.ATTRIBUTES.read(out / "all.json") == found
    assert json.loads((folder.path / "attributes.json").read_text())["format"] == 1
    rows = read_table(out / "all.csv")
    assert tuple(rows[0]) == (*COLUMNS, "seed-0", "seed-1")
    (fourth,) = [
        row
        for row in rows
        if (row["attribute"], row["told_by"], row["features"]) == ("turned", "features", "4")
    ]
    score = of(found, "turned")["subsets"][3]["alone"]
    assert float(fourth["explained"]) == score["mean"]
    assert len(rows) == len(found["attributes"]) * (1 + 3 * 31)
    assert "SYNTHETIC" in result.output
    assert f"{score['mean']:.2f} {score['low']:.2f}–{score['high']:.2f}" in result.output
    assert "Feature 4 tells most of turned: " in result.output
    assert "beyond the class they tell nothing certain" in result.output


def test_the_page_shows_it_once_it_is_kept_and_every_number_is_that_of_the_file(
    found, folder, tmp_path
):
    copy = RunFolder(Path(shutil.copytree(folder.path, tmp_path / "run")))
    assert call("report", copy.path).exit_code == 0
    page = copy.page.read_text()
    shown = re.findall(r'data-number="attributes:attributes\.([\w.]+)" data-kind="share">', page)
    assert len(set(shown)) > 31 * len(found["attributes"])
    assert "What the features tell of shape and colour" in page


def test_cells_are_found_by_id_and_folders_and_columns_can_be_left_out(folder, tmp_path):
    rows = [(row[0].removesuffix(".png"), *row[1:3]) for row in planted(folder)]
    by_id = write(tmp_path / "ids.csv", rows, ("id", "turned", "part"))
    result = call("attributes", folder.path, by_id, "--without", "part")
    assert result.exit_code == 0, result.output
    assert "turned" in result.output and "part" not in result.output.split()


def refused(*arguments) -> str:
    result = call("attributes", *arguments)
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    return result.stderr


def test_a_table_that_cannot_be_asked_is_refused_in_one_line(folder, tmp_path):
    rows = planted(folder)
    table = tmp_path / "table.csv"
    assert "no such file" in refused(folder.path, tmp_path / "none.csv")
    write(table, [("a", "b")], ("which", "colour"))
    assert "call it id, path or filename" in refused(folder.path, table)
    write(table, [("a.png", "red")], ("path", "colour"))
    said = refused(folder.path, table)
    assert "none of its 1 rows is of a test cell" in said and "as 'cell-" in said
    write(table, [("", "red")], ("path", "colour"))
    assert "line 2: names no cell" in refused(folder.path, table)
    write(table, [*rows, rows[0]])
    assert "is of cell-0-0, as line 2; keep one" in refused(folder.path, table)
    write(table, rows)
    assert "received 'colour', the columns" in refused(folder.path, table, "--without", "colour")
    write(table, [(row[0], row[5], row[8], "") for row in rows], ("path", "type", "one", "blank"))
    said = refused(folder.path, table)
    assert "no attribute to look at (type: the class itself; one: one value only, 'same'" in said
    assert "blank: blank for every test cell" in said


def test_two_cells_of_one_file_name_are_told_apart_by_folder_or_refused(folder, tmp_path):
    copy = Path(shutil.copytree(folder.path, tmp_path / "run"))
    (copy / "checksums.json").unlink(missing_ok=True)
    rows = read_table(copy / "manifest.csv")
    for row, place in zip(rows, ("one/a.png", "two/a.png"), strict=False):
        row["path"] = place
    write_table(copy / "manifest.csv", list(rows[0]), [list(row.values()) for row in rows])
    cells = planted(folder)
    table = write(tmp_path / "t.csv", [("a.png", *cells[0][1:]), *cells[2:]])
    assert "'a.png' may be cell-0-0 or cell-0-1; name cells by their ids" in refused(copy, table)
    write(table, [("two/a.png", *cells[1][1:]), *cells[2:]])
    assert call("attributes", copy, table).exit_code == 0


def test_a_run_without_embeddings_or_features_is_refused(folder, tmp_path, monkeypatch):
    table = write(tmp_path / "t.csv", planted(folder))
    copy = Path(shutil.copytree(folder.path, tmp_path / "run"))
    for place in copy.glob("seed-*/embeddings.npz"):
        place.unlink()
    assert "has no embeddings yet" in refused(copy, table)
    monkeypatch.setattr(Embeddings, "has_features", False)
    assert "no embedding layer" in refused(folder.path, table)


def test_the_csv_can_be_read_by_any_program(done):
    with (done[0] / "all.csv").open(encoding="utf-8") as file:
        assert {len(row) for row in csv.reader(file)} == {len(COLUMNS) + 2}
