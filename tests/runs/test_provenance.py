"""What made a run is written down: program, versions, machine, data."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, provenance
from hybrid_wbc.runs.results import Run

DATA: Data = {"path": "cells", "layout": "folder", "synthetic": True, "notes": []}


def test_provenance_says_what_made_the_run_and_fits_json(tmp_path: Path) -> None:
    made_by = provenance({"neut/1.png": "ab", "baso/2.png": "cd"}, DATA)
    facts = {"commit", "dirty", "versions", "machine", "argv", "data_sha256", "data"}
    assert set(made_by) == facts
    assert made_by["versions"]["python"] == platform.python_version()
    assert made_by["versions"]["numpy"] == np.__version__
    assert set(made_by["machine"]) == {"system", "processor", "cores"}
    assert made_by["argv"] == sys.argv
    listed = "baso/2.png cd\nneut/1.png ab"
    assert made_by["data_sha256"] == hashlib.sha256(listed.encode()).hexdigest()
    run = Run(RunFolder(tmp_path))
    run.write_provenance(made_by)
    assert run.provenance() == made_by


def test_provenance_counts_the_cores_that_the_process_may_run_on(monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert provenance({}, DATA, threads=2)["machine"]["cores"] == 2
    assert provenance({}, DATA, threads=2)["machine"]["threads"] == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    assert provenance({}, DATA)["machine"]["cores"] == 64


def test_provenance_does_not_depend_on_the_order_of_the_samples() -> None:
    one, other = provenance({"a": "1", "b": "2"}, DATA), provenance({"b": "2", "a": "1"}, DATA)
    assert one["data_sha256"] == other["data_sha256"]
    assert one["data_sha256"] != provenance({"a": "2", "b": "1"}, DATA)["data_sha256"]


def test_provenance_outside_a_checkout_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "hybrid_wbc" / "runs" / "provenance.py"
    monkeypatch.setattr("hybrid_wbc.runs.provenance.__file__", str(elsewhere))
    made_by = provenance({}, DATA)
    assert made_by["commit"] is None
    assert made_by["dirty"] is None
