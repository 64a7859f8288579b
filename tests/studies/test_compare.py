"""Runs side by side, and when their differences can be tested in pairs."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_json, read_table, write_json, write_table
from hybrid_wbc.runs.folder import MANIFEST, METRICS, RunFolder
from hybrid_wbc.runs.results import Run
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
