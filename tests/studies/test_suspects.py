"""The suspects of a run, as the command lists them and as corrections read them back."""

from __future__ import annotations

import csv
import io
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.cli.main import main
from hybrid_wbc.data.reading.corrections import read_corrections
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.studies.suspects import COLUMNS, find_suspects


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory, make_run) -> RunFolder:
    """A run whose classes lie apart, and of which three tested cells are labelled wrong."""
    folder = make_run(tmp_path_factory.mktemp("suspected") / "00000-drawn", sharper=4.0)
    path = folder.path / "seed-0" / "embeddings.npz"
    e = Embeddings.load(path)
    wrong = np.flatnonzero(e.split == "test")[:3]
    e.y[wrong] = (e.y[wrong] + 1) % 3
    path.unlink()
    e.save(path)
    assert call("classify", folder.path).exit_code == 0
    return folder


def planted(run: RunFolder) -> list[str]:
    e = Embeddings.load(run.path / "seed-0" / "embeddings.npz")
    return e.ids[e.split == "test"][:3].tolist()


def test_the_cells_labelled_wrong_are_suspected_and_what_they_are_is_suggested(run):
    found = find_suspects(run)
    assert {suspect["id"] for suspect in found} >= set(planted(run))
    for suspect in found[:3]:
        assert suspect["agreement"] >= 2 / 3 and suspect["neighbours"] > 0.5
        assert suspect["probability"] < 0.5


def test_the_command_pipes_csv_that_is_read_back_as_corrections(run, tmp_path):
    done = call("suspects", run.path)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert tuple(rows[0]) == COLUMNS
    out = tmp_path / "corrections.csv"
    told = call("suspects", run.path, "--csv", out)
    assert told.exit_code == 0 and told.stdout == ""
    assert "SYNTHETIC" in told.stderr and "that is no proof" in told.stderr
    assert out.read_text() == done.stdout
    corrections = read_corrections(out)
    found = {suspect["id"]: suspect["suggested"] for suspect in find_suspects(run)}
    assert {cell: label for cell, (label, _) in corrections.labels.items()} == found


def test_a_run_that_says_nothing_of_labels_is_refused(run, tmp_path, monkeypatch):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "seed-0" / "predictions.csv").unlink()
    with pytest.raises(InputError, match="nothing is classified yet"):
        find_suspects(RunFolder(tmp_path / "run"))
    monkeypatch.setattr(Embeddings, "has_features", False)
    with pytest.raises(InputError, match="no embedding layer"):
        find_suspects(run)
