"""What made a run is written down: program, versions, machine, data."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.files import write_json
from hybrid_wbc.runs.folder import PROVENANCE, RunFolder
from hybrid_wbc.runs.provenance import provenance


def test_provenance_says_what_made_the_run_and_fits_json(tmp_path: Path) -> None:
    made_by = provenance({"neut/1.png": "ab", "baso/2.png": "cd"})
    assert set(made_by) == {"commit", "dirty", "versions", "machine", "argv", "data_sha256"}
    assert made_by["versions"]["python"] == platform.python_version()
    assert made_by["versions"]["numpy"] == np.__version__
    assert set(made_by["machine"]) == {"system", "processor", "cores"}
    assert made_by["argv"] == sys.argv
    facts = "baso/2.png cd\nneut/1.png ab"
    assert made_by["data_sha256"] == hashlib.sha256(facts.encode()).hexdigest()
    write_json(tmp_path / PROVENANCE, made_by)
    assert RunFolder(tmp_path).provenance() == json.loads(json.dumps(made_by))


def test_provenance_does_not_depend_on_the_order_of_the_samples() -> None:
    one, other = provenance({"a": "1", "b": "2"}), provenance({"b": "2", "a": "1"})
    assert one["data_sha256"] == other["data_sha256"]
    assert one["data_sha256"] != provenance({"a": "2", "b": "1"})["data_sha256"]


def test_provenance_outside_a_checkout_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "hybrid_wbc" / "runs" / "provenance.py"
    monkeypatch.setattr("hybrid_wbc.runs.provenance.__file__", str(elsewhere))
    made_by = provenance({})
    assert made_by["commit"] is None
    assert made_by["dirty"] is None
