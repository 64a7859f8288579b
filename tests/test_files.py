"""Files appear whole or not at all, and archives are the same bytes for the same content."""

from __future__ import annotations

import errno
import io
import math
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import (
    check_free,
    folder_in_place,
    in_place,
    read_archive,
    read_json,
    read_table,
    renumber,
    safe_name,
    write_archive,
    write_json,
    write_table,
    write_text,
)

cells = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
# Zip keeps names with forward slashes alone and without a null.
member_names = st.text(st.characters(codec="utf-8", exclude_characters="\\\0"), min_size=1)


def test_a_file_is_moved_in_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "made" / "deeper" / "figures.json"
    with in_place(path) as beside:
        assert beside.parent == path.parent
        beside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("old")
    with in_place(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("reason", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, reason: type[BaseException]
) -> None:
    path = tmp_path / "figures.json"
    path.write_text("old")
    with pytest.raises(reason), in_place(path) as beside:
        beside.write_text("half")
        raise reason
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_never_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), in_place(tmp_path / "figures.json"):
        pass
    assert list(tmp_path.iterdir()) == []


@given(st.dictionaries(member_names, st.binary(max_size=50)))
def test_an_archive_gives_back_its_members_in_order(members: dict[str, bytes]) -> None:
    content = write_archive(members)
    assert list(read_archive(content).items()) == list(members.items())
    assert write_archive(members) == content


@pytest.mark.parametrize("how", ["packed", "deflated"])
def test_members_are_made_smaller_and_come_back_whole(how: str) -> None:
    members = {"weights": bytes(10_000), "settings.json": b"{}"}
    content = write_archive(members, **{how: ["weights"]})
    assert len(content) < 1000
    assert read_archive(content) == members


def test_an_archive_does_not_hold_the_hour_of_its_making(monkeypatch: pytest.MonkeyPatch) -> None:
    now = write_archive({"schema.json": b"{}"})
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
    assert write_archive({"schema.json": b"{}"}) == now
    with zipfile.ZipFile(io.BytesIO(now)) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_what_is_no_archive_is_an_error() -> None:
    with pytest.raises(zipfile.BadZipFile):
        read_archive(b"no archive")


def test_numbers_are_renumbered_by_their_first_appearance() -> None:
    text, numbers = renumber("id=940 id=17 size=17 id=940 id=3", r"(id=)(\d+)")
    assert text == "id=0 id=1 size=17 id=0 id=2"
    assert numbers == {"940": "0", "17": "1", "3": "2"}


@given(st.lists(st.integers(0, 9), max_size=20), st.permutations(range(100, 110)))
def test_renumbering_forgets_the_places_but_keeps_what_is_the_same(
    objects: list[int], places: list[int]
) -> None:
    def render(numbers: list[int]) -> str:
        return " ".join(f"id={number}" for number in numbers)

    one, _ = renumber(render(objects), r"(id=)(\d+)")
    other, _ = renumber(render([places[each] for each in objects]), r"(id=)(\d+)")
    assert one == other
    assert len(set(one.split())) == len(set(objects))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_text(path, b"bytes"),
        lambda path: write_json(path, {"array": np.zeros(2)}),
        lambda path: write_table(path, ["a"], (1 / 0 for _ in range(2))),
    ],
)
def test_a_writing_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises((TypeError, ZeroDivisionError)):
        write(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "ü\nx\n")
    assert (tmp_path / "page.html").read_bytes() == b"\xc3\xbc\nx\n"


def test_what_no_utf8_can_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", f"data in {os.fsdecode(b'gr' + bytes([0xF6]))}")
    assert (tmp_path / "page.html").read_text() == "data in gr\\udcf6"


def test_json_is_read_as_written(tmp_path: Path) -> None:
    value = {"accuracy": {"mean": 0.1 + 0.2, "raw": [1.0, 0.5]}, "name": "neutrófilo", "none": None}
    write_json(tmp_path / "metrics.json", value)
    assert read_json(tmp_path / "metrics.json") == value
    assert "neutrófilo" in (tmp_path / "metrics.json").read_text(encoding="utf-8")


def test_missing_json_says_that_the_run_has_not_come_so_far(tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"metrics\.json: missing; the run has not come so far, finish it with --resume",
    ):
        read_json(tmp_path / "metrics.json")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe"])
def test_broken_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.json").write_bytes(content)
    with pytest.raises(InputError, match=r"metrics\.json: not JSON: "):
        read_json(tmp_path / "metrics.json")


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


def test_a_full_disk_is_told_with_the_place_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    with pytest.raises(OSError, match=r"metrics\.json") as told, in_place(path) as beside:
        beside.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (told.value.errno, told.value.filename) == (errno.ENOSPC, str(path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_is_moved_in_when_it_is_whole(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "crops"
    if exists:
        out.mkdir()
    with folder_in_place(out) as beside:
        (beside / "a.png").write_text("a")
        assert not list(out.glob("*.png"))
    assert [path.name for path in out.iterdir()] == ["a.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["crops"]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), folder_in_place(tmp_path / "crops") as beside:
        (beside / "a.png").write_text("a")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inside", [False, True])
def test_what_a_killed_process_left_of_a_folder_is_no_hindrance(
    tmp_path: Path, inside: bool
) -> None:
    out = tmp_path / "crops"
    if inside:
        out.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = (out if inside else tmp_path) / f".crops.{dead.pid}.part"
    left.mkdir()
    (left / "half.png").write_text("half")
    check_free(out)
    with folder_in_place(out) as beside:
        (beside / "a.png").write_text("a")
    assert [path.name for path in out.iterdir()] == ["a.png"]
    assert not left.exists()


def test_a_place_that_holds_something_is_not_free(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(InputError, match="already there and not empty"):
            check_free(place)
    check_free(tmp_path / "new")


def test_the_second_of_two_that_make_one_folder_is_told_so(tmp_path: Path) -> None:
    out = tmp_path / "crops"
    with pytest.raises(FileExistsError), folder_in_place(out) as beside:
        (beside / "a.png").write_text("a")
        out.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["crops"]


@given(st.text(max_size=120), st.lists(st.text(max_size=5), max_size=3))
def test_no_name_that_came_with_data_leaves_its_folder(text: str, others: list[str]) -> None:
    taken: set[str] = set()
    for label in [text, *others]:
        name = safe_name(label, taken)
        assert name.lower() not in taken
        taken.add(name.lower())
        path = Path("out") / name
        assert path.parent == Path("out")
        assert path.name == name
        assert name not in {"", ".", ".."}
        assert name.isprintable()
