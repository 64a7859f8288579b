"""Run folders: numbered, found again, written whole, and able to say what made them."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc import runs
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs import (
    CONFIG,
    PAGE,
    PROVENANCE,
    RunFolder,
    provenance,
    read_json,
    read_table,
    write_json,
    write_table,
    write_text,
)


def test_runs_are_numbered_from_nought_whatever_their_names(tmp_path: Path) -> None:
    parent = tmp_path / "artifacts"
    made = [RunFolder.create(parent, name, "") for name in ("lisc", "pbc", "lisc")]
    assert [run.path.name for run in made] == ["00000-lisc", "00001-pbc", "00002-lisc"]


def test_numbering_goes_on_after_the_highest_and_past_what_is_no_run(tmp_path: Path) -> None:
    for name in ("00007-lisc", "published", "12 notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "00099-file").write_text("")
    assert RunFolder.create(tmp_path, "lisc", "").path.name == "00008-lisc"
    (tmp_path / "123456-long").mkdir()
    assert RunFolder.create(tmp_path, "lisc", "").path.name == "123457-lisc"


def test_a_number_that_another_run_takes_in_between_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "00000-lisc").mkdir()
    monkeypatch.setattr(runs, "_numbered", lambda parent: [])
    assert RunFolder.create(tmp_path, "lisc", "").path.name == "00001-lisc"


def test_config_is_there_as_soon_as_the_folder_and_can_be_opened(tmp_path: Path) -> None:
    made = RunFolder.create(tmp_path, "lisc", "name: lisc\nnote: é\n")
    assert (made.path / CONFIG).read_bytes() == "name: lisc\nnote: é\n".encode()
    assert RunFolder.open(made.path) == made


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_what_is_no_run_folder_is_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=rf"{name}: not a run folder, it holds no config\.yaml"):
        RunFolder.open(tmp_path / name)


def test_newest_is_the_highest_number_of_that_name(tmp_path: Path) -> None:
    for name in ("00009-lisc", "100000-lisc", "00011-lisc", "100001-pbc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / CONFIG).write_text("")
    (tmp_path / "100002-lisc").mkdir()  # killed before its config was written
    assert RunFolder.newest(tmp_path, "lisc").path.name == "100000-lisc"


@pytest.mark.parametrize("parent", ["artifacts", "missing"])
def test_newest_of_no_runs_is_an_error(tmp_path: Path, parent: str) -> None:
    RunFolder.create(tmp_path / "artifacts", "pbc", "")
    with pytest.raises(InputError, match=f"--resume: no run named 'lisc' lies in .*{parent}"):
        RunFolder.newest(tmp_path / parent, "lisc")


def test_a_run_is_complete_with_its_page(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "lisc", "")
    assert not run.is_complete
    write_text(run.path / PAGE, "<html>")
    assert run.is_complete


def test_repeats_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "lisc", "")
    names = ["seed-10-fold-1", "seed-2-fold-10", "seed-2-fold-9"]
    assert all(run.repeat(name).is_dir() for name in names)
    assert run.repeat(names[0]) == run.path / names[0]
    (run.path / "figures").mkdir()
    assert [path.name for path in run.repeats()] == names[::-1]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, "lone surrogate \udc80"),
        lambda path: write_json(path, {"array": np.zeros(2)}),
        lambda path: write_table(path, ["a"], (1 / 0 for _ in range(2))),
    ],
)
def test_a_writing_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises((UnicodeEncodeError, TypeError, ZeroDivisionError)):
        write(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "ü\nx\n")
    assert (tmp_path / "page.html").read_bytes() == b"\xc3\xbc\nx\n"


def test_json_is_read_as_written(tmp_path: Path) -> None:
    value = {"accuracy": {"mean": 0.1 + 0.2, "raw": [1.0, 0.5]}, "name": "neutrófilo", "none": None}
    write_json(tmp_path / "metrics.json", value)
    assert read_json(tmp_path / "metrics.json") == value
    assert "neutrófilo" in (tmp_path / "metrics.json").read_text(encoding="utf-8")


def test_missing_json_says_that_the_run_has_not_come_so_far(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "lisc", "")
    with pytest.raises(InputError, match=r"metrics\.json: missing; the run has not come so far"):
        run.read_json("metrics.json")
    with pytest.raises(InputError, match=r"provenance\.json: missing"):
        run.provenance()


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe"])
def test_broken_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.json").write_bytes(content)
    with pytest.raises(InputError, match=r"metrics\.json: not JSON: "):
        read_json(tmp_path / "metrics.json")


# The csv module writes a carriage return without quotes and then takes it for the end of a row.
cells = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_a_table_is_read_as_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "manifest.csv"
    write_table(path, ("id", "why, and how"), rows)
    assert read_table(path) == [{"id": a, "why, and how": b} for a, b in rows]


def test_a_table_keeps_every_digit_of_a_float(tmp_path: Path) -> None:
    values = [0.1 + 0.2, 1e-300, math.pi]
    write_table(tmp_path / "history.csv", ["loss"], [[value] for value in values])
    assert [float(row["loss"]) for row in read_table(tmp_path / "history.csv")] == values


def test_a_missing_table_names_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"history\.csv: missing; run the stage that writes it"):
        read_table(tmp_path / "history.csv")


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
    monkeypatch.setattr(runs, "__file__", str(tmp_path / "hybrid_wbc" / "runs.py"))
    made_by = provenance({})
    assert made_by["commit"] is None
    assert made_by["dirty"] is None
