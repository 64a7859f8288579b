"""What is set aside: copies of what is tested, and of what an earlier training set has."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hybrid_wbc.config import load
from hybrid_wbc.data import apart
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import prepare


def cell(
    name: str, split: str = "", source: str = "", label: str = "m", origin: str = ""
) -> Sample:
    return Sample(name, Path(name), (label,), source=source, split=split, origin=origin)


def going(dropped) -> dict[str, str]:
    return {entry.sample.id: entry.reason for entry in dropped}


def test_a_training_cell_of_a_tested_source_goes_and_the_test_side_stays_whole():
    cells = [
        cell("a", "train", "anna"), cell("b", "train", "bob"), cell("c", "test", "anna"),
        cell("d", "test", "anna"),
    ]  # fmt: skip
    dropped = apart.on_scored_sides(cells)
    assert going(dropped) == {"a": "same source as a test or validation cell: c"}
    assert apart.notes(dropped) == (
        "1 cell of the set's own training side whose source is tested or validated on: dropped",
    )


def test_the_validation_side_loses_what_is_tested_and_keeps_what_is_trained_on():
    cells = [
        cell("a", "train", "anna"), cell("b", "validation", "anna"), cell("c", "train", "carl"),
        cell("d", "validation", "dora"), cell("e", "test", "dora"),
    ]  # fmt: skip
    assert set(going(apart.on_scored_sides(cells))) == {"a", "d"}


def test_cells_without_a_source_are_apart():
    assert not apart.on_scored_sides([cell("a", "train"), cell("b", "test")])


def test_a_class_that_would_have_no_training_cell_is_refused_with_the_ways_out():
    cells = [
        cell("a", "train", "anna"), cell("b", "test", "anna"),
        cell("c", "train", "carl", "n"), cell("d", "test", "dora", "n"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="class 'm' without a training cell") as caught:
        apart.on_scored_sides(cells)
    said = str(caught.value)
    assert "as a with b" in said and "split.method: ratio" in said and "\n" not in said


@given(
    st.lists(
        st.tuples(st.sampled_from(["train", "validation", "test"]), st.sampled_from("abcd")),
        max_size=12,
    )
)
def test_no_source_is_left_on_two_sides_and_no_test_cell_goes(drawn):
    cells = [cell(f"{n}", side, source) for n, (side, source) in enumerate(drawn)]
    cells.append(cell("free", "train", "nobody"))
    gone = going(apart.on_scored_sides(cells))
    left = [each for each in cells if each.id not in gone]
    assert len({each.source for each in left}) == len({(each.source, each.split) for each in left})
    assert [e for e in left if e.split == "test"] == [e for e in cells if e.split == "test"]


def test_training_pictures_of_a_photograph_of_the_test_set_go():
    cells = [cell("a", "train"), cell("b", "train"), cell("c", "test"), cell("d", "test")]
    photographs = {"a": "1", "b": "2", "c": "1", "d": "1"}
    dropped = apart.in_test_set(cells, photographs)
    assert going(dropped) == {"a": "same photograph as a test picture: c"}
    assert apart.notes(dropped) == (
        "1 cell of the training set with a photograph of the test set: dropped",
    )


def test_two_training_pictures_of_one_photograph_both_stay():
    cells = [cell("a", "train"), cell("b", "train"), cell("c", "test")]
    assert not apart.in_test_set(cells, {"a": "1", "b": "1", "c": "2"})


def test_a_photograph_of_several_training_sets_stays_in_the_first():
    cells = [
        cell("x/a", origin="x"), cell("x/b", origin="x"), cell("y/a", origin="y"),
        cell("y/b", origin="y"), cell("z/a", origin="z"), cell("test"),
    ]  # fmt: skip
    photographs = {"x/a": "1", "x/b": "1", "y/a": "1", "y/b": "2", "z/a": "2", "test": "2"}
    dropped = apart.in_earlier_sets(cells, photographs)
    assert going(dropped) == {
        "y/a": "same photograph as a picture of an earlier training set: x/a",
        "z/a": "same photograph as a picture of an earlier training set: y/b",
    }
    assert apart.notes(dropped) == (
        "2 cells whose photograph an earlier training set has: dropped",
    )


@pytest.mark.parametrize(("protocol", "kept"), [("by source", 5), ("as published", 6)])
def test_a_run_drops_training_cells_of_tested_sources_by_name(
    tmp_path, write_image, protocol, kept
):
    rows = ["path,label,split,source"]
    for number, (label, split, source) in enumerate(
        [("mono", "train", "anna"), ("mono", "train", "bob"), ("mono", "test", "anna"),
         ("neut", "train", "carl"), ("neut", "test", "dora"), ("neut", "test", "emil")]
    ):  # fmt: skip
        write_image(tmp_path / f"{number}.png", number)
        rows.append(f"{number}.png,{label},{split},{source}")
    (tmp_path / "cells.csv").write_text("\n".join(rows))
    data, way = f"data.path={tmp_path / 'cells.csv'}", f"split.protocol={protocol}"
    settings = load.load("pbc", [data, way, "data.size=32"])
    folder = RunFolder.create(tmp_path / "runs", settings.name, settings.to_yaml())
    cells = prepare.prepare(settings, folder, Reporter(Console(file=StringIO())))
    assert len(cells.ids) == kept
    run = Run(folder)
    dropped = {row["id"]: row["dropped"] for row in run.manifest() if row["dropped"]}
    notes = run.provenance()["data"]["notes"]
    assert any("own training side whose source is tested" in note for note in notes) == (kept == 5)
    if kept == 5:
        assert dropped == {"0.png": "same source as a test or validation cell: 2.png"}
