"""Runs side by side, and when their differences can be tested in pairs."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_json, read_table, write_json, write_table
from hybrid_wbc.runs.folder import MANIFEST, METRICS, RunFolder
from hybrid_wbc.runs.other_sets import OtherSetAnswers
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable
from hybrid_wbc.studies.compare import compare_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory, make_run):
    parent = tmp_path_factory.mktemp("artifacts")
    return [
        make_run(parent / "00000-plain", seeds=(0, 1), copies=4),
        make_run(parent / "00001-sharper", seeds=(0, 1), copies=4, sharper=3.0),
    ]


@pytest.fixture(scope="module")
def compared(runs):
    return compare_runs(runs)


def test_scores_of_each_run_stand_side_by_side(runs, compared):
    assert [run["name"] for run in compared["runs"]] == ["00000-plain", "00001-sharper"]
    for folder, run in zip(runs, compared["runs"], strict=True):
        metrics = Run(folder).metrics()
        assert run["synthetic"] is True
        assert run["scores"]["svm"]["accuracy"] == metrics["classifiers"]["svm"]["accuracy"]


def test_runs_on_the_same_test_images_are_tested_in_pairs_by_source(runs, compared):
    assert compared["refused"] == ""
    assert set(compared["paired"]) == {"knn", "svm", "forest", "cnn", "vote"}
    sources = {
        row["source"]
        for row in read_table(runs[0].path / MANIFEST)
        for place in runs[0].repeats()
        for tested in read_table(place / "predictions.csv")
        if tested["id"] == row["id"] and tested["split"] == "test"
    }
    for found in compared["paired"].values():
        (pair,) = found["pairs"]
        assert (pair["first"], pair["second"]) == ("00000-plain", "00001-sharper")
        cells = pair["both"] + pair["only_first"] + pair["only_second"] + pair["neither"]
        assert cells == found["n_sources"] == len(sources)
    pair = compared["paired"]["svm"]["pairs"][0]
    assert pair["difference"]["high"] < 0 and pair["only_second"] > pair["only_first"]


def test_correction_counts_every_pair_of_every_classifier(compared):
    pairs = [pair for found in compared["paired"].values() for pair in found["pairs"]]
    smallest = min(pairs, key=lambda pair: pair["p"])
    assert smallest["p_holm"] == pytest.approx(min(1.0, smallest["p"] * len(pairs)))


def test_runs_on_other_images_are_not_tested_in_pairs(tmp_path, make_run, runs):
    other = make_run(tmp_path / "00002-other", seeds=(0, 1), copies=4, first_cell=30)
    found = compare_runs([runs[0], other])
    assert found["paired"] is None
    assert "were tested on other images: of 116 and 116 tested cells" in found["refused"]
    assert [run["name"] for run in found["runs"]] == ["00000-plain", "00002-other"]


def test_runs_that_tested_the_same_images_under_other_seeds_are_paired(tmp_path, runs):
    copy = RunFolder(tmp_path / "00006-renumbered")
    shutil.copytree(runs[1].path, copy.path)
    for old, new in ((0, 8), (1, 7)):
        (copy.path / f"seed-{old}").rename(copy.path / f"seed-{new}")
    found = compare_runs([runs[0], copy])
    assert found["refused"] == ""
    assert found["paired"]["svm"]["pairs"][0]["difference"]["high"] < 0


def test_runs_of_other_numbers_of_seeds_are_not_tested_in_pairs(tmp_path, make_run, runs):
    once = make_run(tmp_path / "00007-once", seeds=(0,), copies=4)
    assert "were tested by 2 and by 1 seeds" in compare_runs([runs[0], once])["refused"]


def test_a_run_scored_by_an_earlier_version_is_refused_with_the_way_out(tmp_path, runs):
    copy = RunFolder(tmp_path / "00008-earlier")
    shutil.copytree(runs[0].path, copy.path)
    metrics = read_json(copy.path / METRICS)
    del metrics["overlap"]
    write_json(copy.path / METRICS, metrics)
    with pytest.raises(
        InputError, match=r"overlap: Field required; .* earlier version: run `hybrid-wbc classify`"
    ):
        compare_runs([runs[0], copy])


def changed(tmp_path, run, change):
    """Copy a run and change one column of its manifest or predictions."""
    copy = RunFolder(tmp_path / "00003-changed")
    shutil.copytree(run.path, copy.path)
    name, column = change
    path = copy.path / name
    rows = read_table(path)
    values = [[f"{row[key]}x" if key == column else row[key] for key in row] for row in rows]
    write_table(path, list(rows[0]), values)
    return copy


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("manifest.csv", "sha256"), "name their cells alike, but the files differ"),
        (("seed-0/predictions.csv", "label"), "give the same cells other labels"),
    ],
)
def test_cells_that_only_share_a_name_are_not_tested_in_pairs(tmp_path, runs, change, reason):
    found = compare_runs([runs[0], changed(tmp_path, runs[0], change)])
    assert found["paired"] is None and reason in found["refused"]


@pytest.mark.parametrize("given", [[0], [0, 0]])
def test_fewer_than_two_runs_are_refused(runs, given):
    with pytest.raises(InputError, match=r"two run folders or more|named twice"):
        compare_runs([runs[number] for number in given])


def test_a_run_without_scores_is_refused(tmp_path, runs):
    copy = RunFolder(tmp_path / "00004-unscored")
    shutil.copytree(runs[0].path, copy.path)
    (copy.path / METRICS).unlink()
    with pytest.raises(InputError, match=r"metrics\.json: missing"):
        compare_runs([runs[0], copy])


def test_command_shows_scores_differences_and_what_they_rest_on(runs):
    paths = [str(run.path) for run in runs]
    shown = CliRunner().invoke(main, ["compare", *paths])
    assert shown.exit_code == 0, shown.output
    for text in ("00000-plain", "cubic SVM", "exact McNemar", "p, Holm", "SYNTHETIC"):
        assert text in shown.stdout
    piped = CliRunner().invoke(main, ["compare", *paths, "--json"])
    assert json.loads(piped.stdout)["refused"] == ""


def test_command_says_why_there_is_no_paired_test(tmp_path, make_run, runs):
    other = make_run(tmp_path / "00005-other", first_cell=500)
    shown = CliRunner().invoke(main, ["compare", str(runs[0].path), str(other.path)])
    assert shown.exit_code == 0
    assert "no paired test: 00000-plain and 00005-other were tested by 2 and by 1 seeds" in (
        shown.stdout.replace("\n", " ")
    )


PAGE_INPUT = runpy.run_path(str(Path(__file__).parents[1] / "report" / "page_input.py"))
LABELS = np.array(["neutrophil", "monocyte"] * 20)


def asked_about(run, names, copy, *, right, repeats=("seed-0",), cells=40, synthetic=False):
    """Copy a run, and keep what it said of other sets: so many cells were classed right."""
    folder = RunFolder(copy)
    shutil.copytree(run.path, copy)
    wrong = np.where(LABELS == "monocyte", "neutrophil", "monocyte")
    said = np.where(np.arange(40) < right, LABELS, wrong)[:cells]
    number = np.arange(cells).astype(str)
    table = PredictionTable(number, LABELS[:cells], np.full(cells, "test"), {"knn": said})
    answers = [
        OtherSetAnswers(name, repeat, np.char.add("sha", number), np.char.add("of ", number), table)
        for name in names
        for repeat in repeats
    ]
    stress = PAGE_INPUT["a_stress"](("monocyte", "neutrophil"), ("knn",), others=len(names))
    for tested, name in zip(stress["shift"], names, strict=True):
        tested["name"], tested["synthetic"] = name, synthetic
    Run(folder).write_stress(stress, answers)
    return folder


def test_answers_on_other_sets_are_tested_in_pairs_and_corrected_together(tmp_path, runs):
    worse = asked_about(runs[0], ("far", "farther"), tmp_path / "00010-worse", right=10)
    better = asked_about(runs[1], ("far", "farther"), tmp_path / "00011-better", right=40)
    found = compare_runs([worse, better])["other_sets"]
    assert [of_set["name"] for of_set in found] == ["far", "farther"]
    for of_set in found:
        assert (of_set["cells"], of_set["sources"], of_set["refused"]) == (40, 40, "")
        assert set(of_set["scores"]) == {"00010-worse", "00011-better"}
        (pair,) = of_set["paired"]["knn"]["pairs"]
        assert (pair["only_first"], pair["only_second"], pair["both"]) == (0, 30, 10)
        assert pair["difference"]["mean"] == -0.75 and pair["difference"]["high"] < 0
        assert pair["p_holm"] == pytest.approx(2 * pair["p"])


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"names": ()}, "00021-other was not asked about it"),
        ({"names": ("far",), "repeats": ("seed-0", "seed-1")}, "tested by 1 and by 2 seeds"),
        ({"names": ("far",), "cells": 30}, "tested on other images: of 40 and 30"),
    ],
)
def test_answers_on_other_sets_that_are_of_other_cells_are_not_tested(
    tmp_path, runs, other, reason
):
    one = asked_about(runs[0], ("far",), tmp_path / "00020-one", right=10)
    two = asked_about(runs[1], copy=tmp_path / "00021-other", right=20, **other)
    (of_set,) = compare_runs([one, two])["other_sets"]
    assert of_set["paired"] is None and reason in of_set["refused"]
    shown = CliRunner().invoke(main, ["compare", str(one.path), str(two.path)])
    assert shown.exit_code == 0, shown.output
    assert "far, which `stress --on` asked about: 40 cells" in shown.stdout
    assert f"no paired test: {of_set['refused']}" in shown.stdout.replace("\n", " ")


def test_a_table_of_answers_that_lacks_a_column_is_refused_with_the_way_out(tmp_path, runs):
    one = asked_about(runs[0], ("far",), tmp_path / "00030-one", right=10)
    (one.path / "other_sets.csv").write_text("set,repeat\nfar,seed-0\n")
    with pytest.raises(
        InputError, match=r"other_sets\.csv: no column 'id'; run `hybrid-wbc stress`"
    ):
        compare_runs([one, runs[1]])


def test_another_set_of_drawn_cells_says_so(tmp_path, runs):
    given = {"names": ("far",), "right": 30, "synthetic": True}
    one, two = (
        asked_about(run, copy=tmp_path / f"0004{number}-drawn", **given)
        for number, run in enumerate(runs)
    )
    shown = CliRunner().invoke(main, ["compare", str(one.path), str(two.path)])
    assert "far, which `stress --on` asked about: 40 SYNTHETIC cells" in shown.stdout
