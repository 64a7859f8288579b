"""What is kept is what was made: by content, within a limit, and never at the price of the work."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.data import cache, entries, store
from hybrid_wbc.errors import InputError

VALUES: dict[str, Any] = {
    "inspections": [["ab" * 32, 12, 10, ""], ["", 0, 0, "file not found"]],
    "sources": [{"a/1.png": "a/1.png", "b/ü.png": "a/1.png"}, {"a/1.png": "a/1.png"}],
    "places": [{"centre": [5, 6], "frame": [12, 10], "how": "found", "longer_side": 7}],
    "images": np.random.default_rng(0).integers(0, 256, (3, 6, 6, 3), dtype=np.uint8),
}


def never() -> Any:
    pytest.fail("made again")


def keep(kind: str, facts: object = "facts", make: Callable[[], Any] | None = None) -> Any:
    kept = cache.kept_array if kind == "images" else cache.kept_json
    return kept(kind, facts, make or (lambda: VALUES[kind]))


def same(kind: str, value: Any) -> bool:
    return bool(np.array_equal(value, VALUES[kind]))


def made_again(kind: str, caplog: pytest.LogCaptureFixture) -> str:
    """Ask for a damaged entry; return what is said, once all is well again."""
    caplog.clear()
    made = []
    assert same(kind, keep(kind, make=lambda: made.append(kind) or VALUES[kind]))
    assert made == [kind]
    said = caplog.text
    assert same(kind, keep(kind, make=never))
    assert caplog.text == said
    return said


@pytest.fixture(params=sorted(VALUES))
def kind(request) -> str:
    return request.param


@pytest.fixture
def forgotten(monkeypatch):
    """Let this process forget what it has used, as the next one would."""
    return lambda: monkeypatch.setattr(store, "_used_here", set())


def test_a_value_is_made_once_and_given_again_as_it_was(kind, cache_folder, caplog):
    first = keep(kind)
    second = keep(kind, make=never)
    assert same(kind, first) and same(kind, second)
    assert type(first) is type(second)
    (entry,) = cache_folder.iterdir()
    assert entry.name.startswith(f"{kind}-")
    assert not caplog.records


def test_an_array_keeps_its_type_and_can_be_written_to():
    first = cache.kept_array("images", 0, lambda: np.zeros((0, 8, 8, 3), np.uint8))
    second = cache.kept_array("images", 0, never)
    assert (first.dtype, first.shape) == (second.dtype, second.shape)
    assert second.flags.writeable


def test_other_facts_or_libraries_are_another_value(kind, monkeypatch):
    keep(kind)
    made: Counter = Counter()
    keep(kind, "other", lambda: made.update(["facts"]) or VALUES[kind])
    monkeypatch.setattr(store, "_LIBRARIES", ["newer"])
    keep(kind, "facts", lambda: made.update(["libraries"]) or VALUES[kind])
    assert made == {"facts": 1, "libraries": 1}


def test_names_that_no_coding_knows_are_facts_and_values_too():
    value = {"ab\udcff.png": "ab\udcff.png"}
    assert cache.kept_json("sources", ["ab\udcff.png"], lambda: value) == value
    assert cache.kept_json("sources", ["ab\udcff.png"], never) == value


def test_what_cannot_be_made_leaves_nothing(kind, cache_folder):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep(kind, make=fail)
    assert cache.survey()["bytes"] == 0


# damage


def flipped(content: bytes, position: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[position] ^= 1 << bit
    return bytes(changed)


def test_a_bit_flipped_anywhere_is_noticed(kind, cache_folder, caplog):
    keep(kind)
    (entry,) = cache_folder.iterdir()
    whole = entry.read_bytes()
    for step in range(200):
        position = step * len(whole) // 200
        entry.write_bytes(flipped(whole, position, step % 8))
        assert f"{entry.name} was damaged and is made again" in made_again(kind, caplog)
        assert entry.read_bytes() == whole


OTHER_SHAPE = np.zeros((3, 5, 6, 3), np.uint8)


def as_npy(array: np.ndarray, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, array)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"\x93"),
    "cut in its checksum": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "cut after its checksum": lambda path: path.write_bytes(path.read_bytes()[:128]),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "cut by a byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer by a byte": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "twice": lambda path: path.write_bytes(path.read_bytes() * 2),
    "without its checksum": lambda path: path.write_bytes(path.read_bytes()[128:]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "noise": lambda path: path.write_bytes(np.random.default_rng(0).bytes(500)),
    "text": lambda path: path.write_text("this is no entry\n"),
    "JSON": lambda path: path.write_text("[]"),
    "JSON that breaks off": lambda path: path.write_text('[["ab", 1'),
    "bare array": lambda path: as_npy(VALUES["images"], path),
    "array of another shape": lambda path: as_npy(OTHER_SHAPE, path),
    "array of objects": lambda path: as_npy(np.array([{}]), path),
    "another shape under the old checksum": lambda path: path.write_bytes(
        path.read_bytes().replace(b"(3, 6, 6, 3)", b"(3, 6, 3, 6)") + b" "
    ),
    "empty folder": lambda path: (path.unlink(), path.mkdir()),
    "link to nothing": lambda path: (path.unlink(), path.symlink_to("nothing")),
    "link to itself": lambda path: (path.unlink(), path.symlink_to(path.name)),
    "link to an endless file": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_made_again_with_a_word(kind, damage, cache_folder, caplog):
    keep(kind)
    (entry,) = cache_folder.iterdir()
    whole = entry.read_bytes()
    DAMAGES[damage](entry)
    said = made_again(kind, caplog)
    assert "was damaged and is made again" in said or damage == "link to nothing"
    assert said.count("\n") <= 1
    assert entry.read_bytes() == whole and entry.stat().st_nlink == 1
    assert list(cache_folder.iterdir()) == [entry]


def test_an_entry_under_anothers_name_is_noticed(kind, cache_folder, caplog):
    keep(kind)
    (entry,) = cache_folder.iterdir()
    keep(kind, "other")
    (other,) = set(cache_folder.iterdir()) - {entry}
    shutil.copy(other, entry)
    assert "was damaged" in made_again(kind, caplog)


def test_an_entry_of_another_version_is_not_looked_at(kind, monkeypatch, caplog, forgotten):
    with monkeypatch.context() as patch:
        patch.setattr(entries, "_FORMAT", 1)
        keep(kind, make=lambda: VALUES[kind][:1])
    assert made_again(kind, caplog) == ""
    assert cache.survey()["kinds"]["outdated"]["files"] == 1


def test_an_entry_that_cannot_be_read_is_made_again(kind, monkeypatch, caplog):
    keep(kind)

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(entries, "_header", refuse)
        assert same(kind, keep(kind))
    assert "was damaged and is made again (Permission denied)" in caplog.text
    assert same(kind, keep(kind, make=never))


def test_a_full_folder_in_an_entrys_place_is_left_and_the_work_goes_on(kind, cache_folder, caplog):
    keep(kind)
    (entry,) = cache_folder.iterdir()
    entry.unlink()
    entry.mkdir()
    (entry / "mine").write_text("mine")
    assert same(kind, keep(kind))
    assert "cannot be kept" in caplog.text
    assert (entry / "mine").read_text() == "mine"
    assert list(cache_folder.iterdir()) == [entry]


def test_what_was_damaged_is_said_on_stderr_by_default(cache_folder):
    keep("places")
    (entry,) = cache_folder.iterdir()
    entry.write_bytes(b"")
    code = "from hybrid_wbc.data import cache; cache.kept_json('places', 'facts', lambda: [])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == (
        f"cache: {entry.name} was damaged and is made again (its checksum is another)\n"
    )


# no room


@pytest.mark.parametrize("where", ["mkdir", "header", "replace"])
def test_a_full_disk_is_said_and_the_work_goes_on(kind, where, monkeypatch, cache_folder, caplog):
    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    owner, name = (entries, "_header") if where == "header" else (Path, where)
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, refuse)
        assert same(kind, keep(kind))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"cannot be kept in {cache_folder} (No space left on device)" in record.getMessage()
    assert not list(cache_folder.glob("*")) and not list(cache_folder.glob(".*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_is_really_full_is_said(kind, monkeypatch, caplog):
    opened = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, mode="r", *rest, **more: (
            opened(Path("/dev/full"), "w+b") if "x" in mode else opened(path, mode, *rest, **more)
        ),
    )
    assert same(kind, keep(kind))
    assert "cannot be kept" in caplog.text


def test_a_file_in_the_folders_place_costs_the_keeping_alone(kind, cache_folder, caplog):
    cache_folder.parent.mkdir(parents=True, exist_ok=True)
    cache_folder.write_text("mine")
    assert same(kind, keep(kind))
    assert "cannot be kept" in caplog.text
    assert cache_folder.read_text() == "mine"
    assert cache.survey()["kinds"] == {} and cache.clear() == {"files": 0, "bytes": 0}


# what is written and read in pieces


def in_pieces(facts: object, value: np.ndarray, step: int = 2) -> np.ndarray:
    def pieces() -> Iterator[np.ndarray]:
        yield from (value[start : start + step] for start in range(0, len(value), step))

    return cache.kept_in_pieces("images", facts, value.shape, pieces)


def test_what_is_kept_in_pieces_lies_in_its_file_and_is_the_same(cache_folder):
    value = VALUES["images"]
    first = in_pieces("facts", value)
    again = cache.kept_in_pieces("images", "facts", value.shape, never)
    for kept in (first, again):
        assert np.array_equal(kept, value) and kept.dtype == np.uint8
        assert not kept.flags.writeable and type(kept) is np.ndarray
        assert isinstance(kept.base, np.memmap)
    assert cache.kept_array("images", "facts", never).tolist() == value.tolist()
    for entry in cache_folder.iterdir():
        entry.unlink()
    assert np.array_equal(first, value)


def test_the_file_of_an_array_is_numpys_own_behind_a_line_of_text(cache_folder):
    in_pieces("facts", VALUES["images"])
    (entry,) = cache_folder.iterdir()
    line, array = entry.read_bytes()[:128], entry.read_bytes()[128:]
    assert line.startswith(b"hybrid-wbc cache ") and line.endswith(b"\n")
    assert np.array_equal(np.load(BytesIO(array)), VALUES["images"])


def test_pieces_of_nothing_are_kept_as_well():
    nothing = np.zeros((0, 8, 8, 3), np.uint8)
    for _ in range(2):
        assert in_pieces(0, nothing).shape == (0, 8, 8, 3)


@pytest.mark.parametrize("other", [np.zeros((3, 2)), np.asfortranarray(np.eye(3, dtype=np.uint8))])
def test_another_kind_of_array_in_its_place_is_made_again(other, caplog):
    cache.kept_array("images", "facts", lambda: other)
    assert np.array_equal(in_pieces("facts", VALUES["images"]), VALUES["images"])
    assert "was damaged and is made again" in caplog.text


def test_pieces_that_cannot_be_kept_are_put_together_in_memory(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path / "file"))
    held = in_pieces("facts", VALUES["images"])
    assert np.array_equal(held, VALUES["images"])
    assert "the work goes on without it" in caplog.text


def test_a_file_without_a_name_lies_in_the_caches_folder_or_where_the_system_has_them(
    tmp_path, monkeypatch, cache_folder
):
    with cache.unnamed_file() as file:
        file.write(b"1")
        assert os.fstat(file.fileno()).st_dev == cache_folder.stat().st_dev
    assert not list(cache_folder.iterdir())
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path / "file"))
    with cache.unnamed_file() as file:
        assert file.write(b"1") == 1


# the limit


def keep_bytes(name: str, size: int = 1000) -> None:
    cache.kept_array("images", name, lambda: np.zeros(size, np.uint8))


def is_kept(name: str) -> bool:
    made = []
    cache.kept_array("images", name, lambda: made.append(name) or np.zeros(1000, np.uint8))
    return not made


def test_what_was_used_longest_ago_goes_first(monkeypatch, cache_folder, forgotten):
    size = None
    for number, name in enumerate("abc"):
        before = set(cache_folder.glob("*"))
        keep_bytes(name)
        (entry,) = set(cache_folder.glob("*")) - before
        os.utime(entry, (1000 + number, 1000 + number))
        size = entry.stat().st_size
    forgotten()
    keep_bytes("a")  # used again
    forgotten()
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", str(3 * size / 1e9))
    keep_bytes("d")
    assert cache.survey()["bytes"] == 3 * size
    assert [is_kept(name) for name in "acdb"] == [True, True, True, False]


def test_outdated_entries_make_room_before_any_other(monkeypatch, cache_folder, forgotten):
    keep_bytes("a")
    (entry,) = cache_folder.iterdir()
    os.utime(entry, (1000, 1000))
    first = cache_folder / f"inspections-{'0' * 24}.json"
    first.write_bytes(bytes(5000))
    forgotten()
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", str(3 * entry.stat().st_size / 1e9))
    keep_bytes("b")
    assert entry.exists() and not first.exists()


def test_what_this_process_uses_is_not_removed(monkeypatch, cache_folder, forgotten):
    keep_bytes("old")
    forgotten()
    keep_bytes("a")
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", "0")
    keep_bytes("b")
    assert len(list(cache_folder.iterdir())) == 2
    assert is_kept("a") and is_kept("b") and not is_kept("old")


def test_the_limit_is_20_gigabytes_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("HYBRID_WBC_CACHE_GB", raising=False)
    assert store.limit() == 20 * 10**9
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", "0.5")
    assert store.limit() == 5 * 10**8


@pytest.mark.parametrize("named", ["much", "-1", "nan", "inf", "20 GB"])
def test_a_limit_that_is_no_number_is_refused_before_any_work(monkeypatch, named):
    monkeypatch.setenv("HYBRID_WBC_CACHE_GB", named)
    with pytest.raises(InputError, match=f"HYBRID_WBC_CACHE_GB: received '{named}'; give a number"):
        keep("places", make=never)


def test_the_folder_is_the_systems_unless_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HYBRID_WBC_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.folder().name == "hybrid-wbc"
    if sys.platform == "linux":
        assert store.folder() == tmp_path / "hybrid-wbc"


def test_clearing_removes_the_caches_own_files_and_no_others(kind, cache_folder):
    keep(kind)
    own = [
        f"images-{'0' * 24}.npy",
        f"places-1-{'0' * 32}.entry",
        f".{'0' * 16}-places-2-{'0' * 32}.entry",
        f".17-inspections-{'0' * 24}.json",
    ]
    others = ["notes.txt", "images-1.npy", "images-2-short.entry", ".hidden", "photo.png"]
    for name in (*own, *others):
        (cache_folder / name).write_bytes(b"1234567890")
    (cache_folder / f"images-2-{'1' * 32}.entry").mkdir()
    (cache_folder / f"images-2-{'2' * 32}.entry").symlink_to(cache_folder / "notes.txt")
    before = cache.survey()
    kinds = {name: share["files"] for name, share in before["kinds"].items()}
    assert kinds == {kind: 1, "outdated": 2, "unfinished": 2}
    assert cache.clear() == {"files": 5, "bytes": before["bytes"]}
    assert cache.survey()["kinds"] == {}
    assert len(list(cache_folder.iterdir())) == len(others) + 2


# several at once

MAKE = """
import sys, time
import numpy as np
from pathlib import Path
from hybrid_wbc.data import cache
ready, go = Path(sys.argv[1]), Path(sys.argv[2])
def make():
    ready.touch()
    while not go.exists():
        time.sleep(0.005)
    return np.arange(3_000_000, dtype=np.uint32)
print(int(cache.kept_array("images", "facts", make).sum(dtype=np.uint64)))
"""


def test_two_processes_that_make_one_entry_at_once_both_end_well(tmp_path, cache_folder, caplog):
    go = tmp_path / "go"
    ready = [tmp_path / f"ready-{number}" for number in range(3)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(each), str(go)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in ready
    ]
    deadline = time.monotonic() + 120
    while not all(each.exists() for each in ready) and time.monotonic() < deadline:
        time.sleep(0.01)
    go.touch()
    total = sum(range(3_000_000))
    assert [each.communicate(timeout=120) for each in running] == [(f"{total}\n", "")] * 3
    assert len(list(cache_folder.iterdir())) == 1
    assert int(cache.kept_array("images", "facts", never).sum(dtype=np.uint64)) == total
    assert not caplog.records


KILLED = """
import os, signal
import numpy as np
from hybrid_wbc.data import cache, entries
entries._header = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
cache.kept_array("images", "facts", lambda: np.zeros(100_000))
"""


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_writes_is_not(
    cache_folder, monkeypatch
):
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    (left,) = cache_folder.iterdir()
    assert left.name.startswith(".")
    os.utime(left, (1000, 1000))
    header = entries._header

    def write_another(file, name):
        monkeypatch.setattr(entries, "_header", header)
        (beside,) = cache_folder.glob(".*")
        os.utime(beside, (1000, 1000))
        keep("places")
        assert beside.exists()
        return header(file, name)

    monkeypatch.setattr(entries, "_header", write_another)
    keep("images")
    assert not left.exists()
    assert {path.name.partition("-")[0] for path in cache_folder.iterdir()} == {"images", "places"}


def test_the_survey_is_plain_json(kind):
    keep(kind)
    found = json.loads(json.dumps(cache.survey()))
    assert found["kinds"][kind] == {"files": 1, "bytes": found["bytes"]}
    assert found["bytes"] > 0 and found["limit"] == 20 * 10**9
