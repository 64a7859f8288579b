"""The model that comes with the program: small, whole, described, and what answers unless told."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid_wbc import HybridClassifier
from hybrid_wbc.cli.main import main
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES
from hybrid_wbc.estimator import sealing
from hybrid_wbc.studies.model import open_model

MOST_BYTES = 8_000_000
PER_TYPE = 3


@pytest.fixture(scope="module")
def pictures():
    """A few cells of BCISC, on most slides of which the packaged model was trained."""
    files = sorted(installed.folder_of("bcisc").rglob("*.jpg"))
    of_type = {path.name.split("_")[0]: [] for path in files}
    for path in files:
        of_type[path.name.split("_")[0]].append(path)
    return [path for paths in of_type.values() for path in paths[:PER_TYPE]]


def test_it_is_small_and_its_card_lies_beside_it():
    path = sealing.located(sealing.Path("packaged"))
    assert path.stat().st_size <= MOST_BYTES
    kind, members = sealing.read(path)
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert kind == sealing.RUN and members["card.md"].decode() == card
    for wanted in ("no answer of it is a diagnosis", "CC BY 4.0", "expected calibration error",
                   "| bcisc-225 |", "| segmentation-wbc-1 |", *EIGHT_TYPES):  # fmt: skip
        assert wanted in card


def test_it_knows_what_its_training_cells_have_in_common():
    model = open_model(Path("packaged"))
    assert model.embedded.subspace.axes.shape == (32, 1280)
    assert np.isfinite(model.held_out.outside).all()


def test_it_answers_from_python_and_on_the_command_line_alike(pictures):
    hybrid = HybridClassifier.load("packaged")
    assert hybrid.classes_.tolist() == list(EIGHT_TYPES)
    assert hybrid.transform(pictures[:2]).shape == (2, 5)
    said = hybrid.predict(pictures)
    done = CliRunner().invoke(main, ["predict", *map(str, pictures), "--as", "cells"])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["answer"] for row in rows] == said.tolist()
    assert all(row["unlike_anything_seen"] in ("yes", "no") for row in rows)
    assert any(row["set"] for row in rows)  # empty where a cell is like no class's cells
    # Mostly seen in the training, so that this says that pixels and classes are not mixed up.
    types = {"baso": "basophil", "eosi": "eosinophil", "lymp": "lymphocyte", "mono": "monocyte"}
    truth = [types.get(path.name.split("_")[0], "neutrophil") for path in pictures]
    assert np.mean(said == truth) > 0.9
