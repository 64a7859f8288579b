"""A table of the cache grows: what is asked of again, in whatever company, is not made again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hybrid_wbc.data import cache, store

FACTS = ["version", 3]


class Making:
    """Gives the length of each key, and remembers for which it was asked."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys, self.made = list(keys), []

    def __call__(self, positions: Sequence[int]) -> list[Any]:
        self.made += [self.keys[position] for position in positions]
        return [(len(self.keys[position]), None) for position in positions]


def ask(*keys: str, facts: object = FACTS) -> list[str]:
    """Ask for rows, hold them against what they have to be, and give the keys that were made."""
    making = Making(keys)
    assert cache.kept_rows("places", facts, keys, making) == [[len(key), None] for key in keys]
    return making.made


def table(folder: Path) -> Path:
    (only,) = folder.glob("places-*.entry")
    return only


def test_a_part_and_a_whole_have_only_what_is_new_made(cache_folder):
    assert ask("a", "bb") == ["a", "bb"]
    assert ask("bb") == []
    assert ask("ccc", "bb", "dddd", "a") == ["ccc", "dddd"]
    assert ask("a", "bb", "ccc", "dddd") == []
    assert cache.survey()["kinds"]["places"]["files"] == 1
    assert table(cache_folder).is_file()


def test_one_key_several_times_is_made_once_and_nothing_is_asked_of_nothing(cache_folder):
    assert ask() == [] and not list(cache_folder.glob("*"))
    assert ask("é\udcff", "bb", "é\udcff") == ["é\udcff", "bb"]


def test_other_facts_or_libraries_are_another_table(monkeypatch):
    ask("a")
    assert ask("a", facts=["version", 4]) == ["a"]
    monkeypatch.setattr(store, "_LIBRARIES", ["newer"])
    assert ask("a") == ["a"]


@pytest.mark.parametrize("content", [None, b"", b'{"a": [1, null]}'])
def test_a_damaged_table_is_said_and_made_again(content, cache_folder, caplog):
    ask("a", "bb")
    entry = table(cache_folder)
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-3] + b"9]}" if content is None else content)
    assert ask("bb", "a") == ["bb", "a"]
    assert f"{entry.name} was damaged and is made again" in caplog.text
    assert ask("a", "bb") == []


def test_another_value_in_the_tables_place_is_made_again(caplog):
    cache.kept_json("places", FACTS, lambda: [["a", [1, None]]])
    assert ask("a") == ["a"]
    assert "no table" in caplog.text
    assert ask("a") == []


def test_what_another_process_has_kept_in_the_meantime_stays():
    def make(positions: Sequence[int]) -> list[Any]:
        ask("bb")
        return [(1, None) for _ in positions]

    assert cache.kept_rows("places", FACTS, ["a"], make) == [[1, None]]
    assert ask("a", "bb") == []


def test_a_table_that_cannot_be_kept_costs_the_keeping_alone(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path / "file"))
    assert ask("a") == ["a"] and ask("a") == ["a"]
    assert "the work goes on without it" in caplog.text


def test_clearing_removes_a_table(cache_folder):
    ask("a")
    assert cache.clear()["files"] == 1 and not list(cache_folder.glob("*"))
    assert ask("a") == ["a"]


# A process of its own that keeps one row after the other, and holds each against what it has to be.
KEEPING = """
import sys
from hybrid_wbc.data import cache
first, last = map(int, sys.argv[1:])
for number in range(first, last):
    keys = [str(number), str(number - 1)]
    rows = cache.kept_rows("places", ["version", 3], keys,
                           lambda positions: [(len(keys[p]), None) for p in positions])
    assert rows == [[len(key), None] for key in keys], rows
"""


def test_processes_that_keep_rows_at_once_end_well_and_leave_a_whole_table(cache_folder, caplog):
    processes = [
        subprocess.Popen([sys.executable, "-c", KEEPING, first, last], stderr=subprocess.PIPE)
        for first, last in (("1", "60"), ("30", "90"))
    ]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    keys = [str(number) for number in range(90)]
    # Some rows of one may be lost to the other, most are not.
    assert len(ask(*keys)) < 60
    assert ask(*keys) == [] and not caplog.records
    rows = json.loads(table(cache_folder).read_bytes()[128:])
    assert set(rows) == set(keys)
