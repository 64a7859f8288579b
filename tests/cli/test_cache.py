"""The command `cache`, and what a damaged or unkept entry means to a user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main


def call(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(folder))
    return folder


def test_the_cache_is_shown_by_kind_with_its_place_and_limit(place, smears, monkeypatch):
    assert call("cache").stdout == f"{place}: 0 entries, 0.0 kB, limit 20 GB\n"
    assert call("data", "check", smears).exit_code == 0
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", "1.5")
    shown = call("cache").stdout
    assert f"{place}: 1 entry, " in shown and "limit 1.5 GB" in shown
    (row,) = [line.split() for line in shown.splitlines() if line.startswith("inspections")]
    assert row[1] == "1" and row[3] == "kB"


def test_the_cache_is_given_as_json_for_other_programs(place, smears):
    call("data", "check", smears)
    (entry,) = place.iterdir()
    size = entry.stat().st_size
    assert json.loads(call("cache", "--json").stdout) == {
        "place": str(place),
        "limit": 20 * 10**9,
        "bytes": size,
        "kinds": {"inspections": {"files": 1, "bytes": size}},
    }
    assert json.loads(call("cache", "--clear", "--json").stdout) == {
        "place": str(place),
        "freed": {"files": 1, "bytes": size},
    }


def test_clearing_says_what_was_freed_and_leaves_what_is_not_the_caches(place, smears):
    call("data", "check", smears)
    (place / "mine.txt").write_text("mine")
    shown = call("cache", "--clear")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"{place}: removed 1 entry, ")
    assert [path.name for path in place.iterdir()] == ["mine.txt"]


def test_a_limit_that_is_no_number_is_one_line(place, smears, monkeypatch):
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", "much")
    for command in (("cache",), ("data", "check", smears)):
        done = call(*command)
        assert done.exit_code == 2
        assert done.stderr == (
            "error: HYBRID_WBC_CACHE_GB: received 'much'; give a number of gigabytes, such as 20\n"
        )


def test_a_command_says_on_stderr_what_it_makes_again_and_goes_on(place, smears):
    command = [sys.executable, "-c", "from hybrid_wbc.cli.main import main; main()",
               "data", "check", str(smears), "--json"]  # fmt: skip
    first = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    (entry,) = place.iterdir()
    entry.write_text("[]")
    again = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert again.stdout == first.stdout
    assert f"cache: {entry.name} was damaged and is made again" in again.stderr
    assert "Traceback" not in again.stderr
