"""A `.hybrid` file is read as it was written, and not at all where anything of it was changed."""

from __future__ import annotations

import hashlib
import json
import os

import numpy as np
import pytest

from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.files import write_archive

MEMBERS = {"config.yaml": b"name: cells\n" * 40, "seed-0/cnn.keras": bytes(range(256)) * 8}


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "cells.hybrid"
    sealing.write(path, sealing.RUN, MEMBERS, packed=["config.yaml"])
    return path


def resealed(path, content: bytes):
    """Write other content with a checksum that fits it, as a forger would."""
    covered = content[:-2] + (71).to_bytes(2, "little")
    path.write_bytes(covered + b"sha256:" + hashlib.sha256(covered).hexdigest().encode())


def test_what_was_written_is_read_and_equal_content_gives_equal_bytes(sealed, tmp_path):
    assert sealing.read(sealed) == (sealing.RUN, MEMBERS)
    again = tmp_path / "again.hybrid"
    size = sealing.write(again, sealing.RUN, MEMBERS, packed=["config.yaml"])
    assert again.read_bytes() == sealed.read_bytes() and size == again.stat().st_size


def test_one_byte_changed_at_any_of_two_hundred_places_is_refused(sealed):
    whole = sealed.read_bytes()
    generator = np.random.default_rng(0)
    ends = [0, 1, len(whole) - 1, len(whole) - 72, len(whole) - 73]
    for at in [*ends, *generator.integers(len(whole), size=195).tolist()]:
        changed = bytearray(whole)
        changed[at] ^= int(generator.integers(1, 256))
        sealed.write_bytes(bytes(changed))
        with pytest.raises(InputError, match=r"cells\.hybrid: ") as caught:
            sealing.read(sealed)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_file_that_is_cut_off_is_refused(sealed, share):
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"cut off, changed|not a \.hybrid file"):
        sealing.read(sealed)


def test_another_file_is_named_as_such(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing of ours")
    with pytest.raises(InputError, match=r"notes\.txt: not a \.hybrid file; give one that"):
        sealing.read(tmp_path / "notes.txt")


def test_a_file_of_a_newer_version_says_so(tmp_path):
    for facts in ({"format": 99, "kind": "run"}, {"format": 2, "kind": "forest"}):
        resealed(tmp_path / "new", write_archive({"format.json": json.dumps(facts).encode()}))
        with pytest.raises(InputError, match=r"of a newer version.*update hybrid-wbc"):
            sealing.read(tmp_path / "new")


@pytest.mark.parametrize("facts", [b"", b"[]", b'{"format": "two", "kind": "run"}'])
def test_a_file_that_does_not_say_what_it_is_is_refused(tmp_path, facts):
    resealed(tmp_path / "odd", write_archive({"format.json": facts}))
    with pytest.raises(InputError, match=r"odd: damaged or not a \.hybrid file"):
        sealing.read(tmp_path / "odd")


def test_a_file_beyond_what_is_read_is_refused_unread(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match=r"1,099,511,627,776 bytes, more than the 1,073,741,824"):
        sealing.read(tmp_path / "huge")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_regular_file_is_neither_waited_for_nor_read(tmp_path, make):
    make(tmp_path / "cells.hybrid")
    with pytest.raises(InputError, match=r"cells\.hybrid: not a regular file; give a file"):
        sealing.read(tmp_path / "cells.hybrid")


@pytest.mark.parametrize("name", ["../away.txt", "/etc/away.txt", "a/b/c.txt", "..", ".hidden"])
def test_no_part_is_written_outside_its_folder(tmp_path, name):
    with pytest.raises(InputError, match="no name of a part"):
        sealing.unpack({name: b"0"}, tmp_path / "in")
    assert not list(tmp_path.rglob("away*"))


def test_parts_are_written_under_their_names(tmp_path):
    sealing.unpack(MEMBERS, tmp_path)
    found = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*") if p.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == MEMBERS


def test_an_installation_without_its_model_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sealing.resources, "files", lambda _: tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="packaged: this installation comes without its model"):
        sealing.located(sealing.Path("packaged"))
