from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.sets import unpacking
from hybrid_wbc.data.sets.archives import DamagedArchiveError
from hybrid_wbc.data.sets.unpacking import Limits, unpack
from hybrid_wbc.errors import InputError

CELLS = {"set/basophil/1.jpg": b"one", "set/basophil/2.jpg": b"two", "set/neutrophil/1.jpg": b""}


def write_zip(path: Path, members) -> Path:
    """Write members: names or ZipInfo, with their bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def write_tar(path: Path, members, mode: str = "w") -> Path:
    """Write members: names with bytes, or ready headers with None."""
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if content is not None:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return path


def write(path: Path, members) -> Path:
    return write_zip(path, members) if path.suffix == ".zip" else write_tar(path, members)


def special(name: str, kind: bytes, to: str = "") -> tuple[tarfile.TarInfo, None]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info, None


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def refuses(tmp_path):
    """Check that an archive is refused and that nothing of it is left anywhere."""

    def check(archive: Path, message: str, **options) -> None:
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(InputError, match=message) as caught:
            unpack(archive, tmp_path / "inside" / "out", **options)
        assert str(archive) in str(caught.value) and "\n" not in str(caught.value)
        assert sorted(set(tmp_path.rglob("*")) - {tmp_path / "inside"}) == before

    return check


BOTH = pytest.mark.parametrize("name", ["a.zip", "a.tar"])


@pytest.mark.parametrize("name", ["a.zip", "A.ZIP"])
def test_a_zip_is_unpacked_whole(tmp_path, name):
    unpack(write_zip(tmp_path / name, CELLS.items()), tmp_path / "out")
    assert contents(tmp_path / "out") == CELLS


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w"),
        ("a.tar.gz", "w:gz"),
        ("a.tgz", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
    ],
)
def test_a_tar_is_unpacked_whole(tmp_path, name, mode):
    unpack(write_tar(tmp_path / name, CELLS.items(), mode), tmp_path / "out")
    assert contents(tmp_path / "out") == CELLS


def test_empty_folders_and_dots_in_names_are_fine(tmp_path):
    folder = tarfile.TarInfo("./set")
    folder.type = tarfile.DIRTYPE
    members = [(folder, None), ("./set/./a..b", b"x"), (folder, None), ("...", b"y")]
    unpack(write_tar(tmp_path / "a.tar", members), tmp_path / "out")
    assert contents(tmp_path / "out") == {"set/a..b": b"x", "...": b"y"}


def test_progress_tells_the_bytes_that_are_unpacked(tmp_path):
    calls: list[int] = []
    unpack(write_zip(tmp_path / "a.zip", CELLS.items()), tmp_path / "out", progress=calls.append)
    assert calls == [3, 6, 6]


@BOTH
def test_what_macos_adds_is_left_out(tmp_path, name):
    added = ("__MACOSX/set/basophil/._1.jpg", "set/.DS_Store", "set/basophil/._1.jpg")
    archive = write(tmp_path / name, [*CELLS.items(), *((path, b"x") for path in added)])
    unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == CELLS


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX's")
def test_files_cannot_be_run_nor_lent_another_owners_rights(tmp_path):
    info = tarfile.TarInfo("tool")
    info.mode = 0o6777
    unpack(write_tar(tmp_path / "a.tar", [(info, b"x")]), tmp_path / "out")
    mode = (tmp_path / "out" / "tool").stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@BOTH
@pytest.mark.parametrize(
    "outside",
    [
        "../evil",
        "set/../../evil",
        "set/..",
        "/tmp/evil",
        "//server/evil",
        "..\\evil",
        "set\\..\\..\\evil",
        "C:\\evil",
        "C:evil",
        "\\evil",
    ],
)
def test_a_member_outside_the_folder_is_refused(tmp_path, refuses, name, outside):
    archive = write(tmp_path / name, [*CELLS.items(), (outside, b"evil")])
    refuses(archive, "lies outside the folder; not unpacked")


@given(name=st.text(st.sampled_from("./\\aA:~\x1b "), min_size=1), is_zip=st.booleans())
def test_no_name_whatever_leaves_the_folder(tmp_path_factory, name, is_zip):
    folder = tmp_path_factory.mktemp("names")
    archive = write(folder / ("a.zip" if is_zip else "a.tar"), [("set/1.jpg", b"1"), (name, b"x")])
    try:
        unpack(archive, folder / "out")
    except InputError:
        assert sorted(folder.iterdir()) == [archive]
    else:
        assert sorted(folder.iterdir()) == [archive, folder / "out"]


@BOTH
def test_a_name_with_characters_that_no_name_has_is_refused(tmp_path, refuses, name):
    archive = write(tmp_path / name, [("set/\x1b[2J.jpg", b"x")])
    refuses(archive, r"'set/\\x1b\[2J.jpg' has characters no name has")


@BOTH
@pytest.mark.parametrize("long", ["a" * 256, "\u00e9" * 128, "a/" * 501 + "a"])
def test_a_name_that_no_disk_can_keep_is_refused(tmp_path, refuses, name, long):
    refuses(write(tmp_path / name, [(long, b"x")]), "has too long a name")


@pytest.mark.parametrize("to", ["/etc/passwd", "1.jpg", "../.."])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_a_tar_is_refused(tmp_path, refuses, kind, to):
    members = [("1.jpg", b"one"), special("link", kind, to), ("link/evil", b"evil")]
    refuses(write_tar(tmp_path / "a.tar", members), "member 'link' is a link")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"])
def test_a_device_in_a_tar_is_refused(tmp_path, refuses, kind):
    archive = write_tar(tmp_path / "a.tar", [special("device", kind)])
    refuses(archive, "member 'device' is no plain file")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (stat.S_IFLNK, "a link"),
        (stat.S_IFCHR, "no plain file"),
        (stat.S_IFBLK, "no plain file"),
        (stat.S_IFIFO, "no plain file"),
        (stat.S_IFSOCK, "no plain file"),
    ],
)
def test_a_link_or_device_in_a_zip_is_refused(tmp_path, refuses, kind, said):
    info = zipfile.ZipInfo("member")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    refuses(write_zip(tmp_path / "a.zip", [(info, "/etc/passwd")]), f"member 'member' is {said}")


def test_an_encrypted_zip_is_refused(tmp_path, refuses):
    archive = write_zip(tmp_path / "a.zip", [("1.jpg", b"one")])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    refuses(archive, "member '1.jpg' is encrypted")


@BOTH
def test_a_bomb_is_refused(tmp_path, refuses, monkeypatch, name):
    monkeypatch.setattr(unpacking, "_SMALL", 1000)
    zeros = bytes(2_000_000)
    if name == "a.zip":
        archive = write_zip(tmp_path / name, [("zeros", zeros)])
    else:
        archive = write_tar(tmp_path / "a.tar.gz", [("zeros", zeros)], "w:gz")
    refuses(archive, "holds more than .* bytes, as a bomb would")


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_bomb_in_a_header_is_refused_before_it_fills_memory(tmp_path, refuses, kind):
    info = tarfile.TarInfo("long")
    info.type, info.size = kind, 50_000_000
    header = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(header + bytes(50_000_000), 1))
    refuses(tmp_path / "a.tar.gz", r"damaged.*a header of 50,000,")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path, refuses, monkeypatch):
    monkeypatch.setattr(unpacking, "_SMALL", 1000)
    archive = write_zip(tmp_path / "a.zip", [("zeros", bytes(2_000_000))])
    content = archive.read_bytes().replace((2_000_000).to_bytes(4, "little"), b"\x05\0\0\0")
    archive.write_bytes(content)
    refuses(archive, "damaged|bomb")


@BOTH
def test_more_bytes_than_the_limit_are_refused(tmp_path, refuses, name):
    archive = write(tmp_path / name, CELLS.items())
    refuses(archive, "holds more than 5 bytes", limits=Limits(size=5))


@BOTH
def test_more_members_than_the_limit_are_refused(tmp_path, refuses, name):
    archive = write(tmp_path / name, [(f"set/{n}", b"") for n in range(4)])
    refuses(archive, "more than 3 members", limits=Limits(members=3))


@BOTH
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("set/a.jpg", "set/A.jpg"), "'set/a.jpg' and 'set/A.jpg' are one name on many disks"),
        (("set/a.jpg", "SET/b.jpg"), "'set' and 'SET' are one name"),
        (("stra\u00dfe", "STRASSE"), "are one name"),
        (("e\u0301.jpg", "\u00e9.jpg"), "are one name"),
        (("set/a.jpg", "set/a.jpg"), "'set/a.jpg' comes twice"),
        (("set", "set/a.jpg"), "'set' is both a file and a folder"),
        (("set/a.jpg", "set"), "'set' is both a file and a folder"),
        (("set/a.jpg/b", "set/a.jpg"), "'set/a.jpg' is both a file and a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_fight_for_one_place_are_refused(tmp_path, refuses, name, names, message):
    refuses(write(tmp_path / name, [(member, b"x") for member in names]), message)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
@pytest.mark.parametrize("content", [b"", b"<html>no archive</html>"])
def test_what_is_no_archive_is_called_damaged(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedArchiveError, match=f"{name}: damaged"):
        unpack(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_an_archive_cut_anywhere_gives_nothing(tmp_path, name):
    noise = [(f"{n}.jpg", os.urandom(300)) for n in range(5)]
    whole = tmp_path / name
    write_zip(whole, noise) if name == "a.zip" else write_tar(whole, noise, f"w:{name[6:]}")
    content = whole.read_bytes()
    for end in range(0, len(content) - 30, 97):
        whole.write_bytes(content[:end])
        with pytest.raises(DamagedArchiveError):
            unpack(whole, tmp_path / "out")
        assert sorted(tmp_path.iterdir()) == [whole]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_an_archive_with_a_changed_byte_is_damaged(tmp_path, name):
    archive = tmp_path / name
    noise = [("1.jpg", os.urandom(3000))]
    write_zip(archive, noise) if name == "a.zip" else write_tar(archive, noise, "w:gz")
    content = bytearray(archive.read_bytes())
    content[1500] ^= 255
    archive.write_bytes(content)
    with pytest.raises(DamagedArchiveError):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_zip_member_without_a_name_is_no_trouble(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("x")
        info.filename = ""
        with archive.open(info, "w") as file:
            file.write(b"x")
        archive.writestr("1.jpg", b"one")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert contents(tmp_path / "out") == {"1.jpg": b"one"}


@given(
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    name=st.sampled_from(["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"]),
)
def test_whatever_bytes_change_it_is_the_users_archive_that_is_told(
    tmp_path_factory, changes, name
):
    folder = tmp_path_factory.mktemp("changed")
    members = [(path, content * 50) for path, content in CELLS.items()]
    archive = folder / name
    write_zip(archive, members) if name == "a.zip" else write_tar(archive, members, f"w:{name[6:]}")
    content = bytearray(archive.read_bytes())
    for place, byte in changes:
        content[place % len(content)] = byte
    archive.write_bytes(content)
    try:
        unpack(archive, folder / "out")
    except InputError as error:
        assert "\n" not in str(error) and not (folder / "out").exists()
    assert set(folder.iterdir()) <= {archive, folder / "out"}


def test_a_compressed_file_that_is_no_tar_is_damaged(tmp_path, refuses):
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"text, and no tar"))
    refuses(tmp_path / "a.tar.gz", "damaged")


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_bytes(b"mine")
    with pytest.raises(InputError, match="already there; move it away"):
        unpack(write_zip(tmp_path / "a.zip", CELLS.items()), tmp_path / "out")
    assert contents(tmp_path / "out") == {"mine": b"mine"}


def test_a_full_disk_is_told_and_nothing_kept(tmp_path, refuses, monkeypatch):
    usage = namedtuple("usage", "total used free")
    archive = write_zip(tmp_path / "a.zip", CELLS.items())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
    with pytest.raises(InputError, match="are free; make room"):
        unpack(archive, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == [archive]


def fake_bsdtar(folder: Path, script: str, monkeypatch) -> None:
    folder.mkdir()
    program = folder / "bsdtar"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


def test_a_rar_says_which_program_to_install(tmp_path, refuses, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    refuses(tmp_path / "a.rar", "needs the program bsdtar; install it .*apt install libarchive-too")


def test_a_rar_is_read_through_the_program(tmp_path, monkeypatch):
    tar = write_tar(tmp_path / "inside.tar", CELLS.items())
    fake_bsdtar(tmp_path / "bin", f'[ "$4" = "@{tmp_path}/a.rar" ] && cat {tar}', monkeypatch)
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    unpack(tmp_path / "a.rar", tmp_path / "out")
    assert contents(tmp_path / "out") == CELLS


def test_a_hostile_rar_is_checked_as_any_archive(tmp_path, monkeypatch):
    tar = write_tar(tmp_path / "inside.tar", [special("link", tarfile.SYMTYPE, "/etc")])
    fake_bsdtar(tmp_path / "bin", f"cat {tar} /dev/zero", monkeypatch)
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    with pytest.raises(InputError, match="member 'link' is a link"):
        unpack(tmp_path / "a.rar", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'Unrecognized archive' >&2; exit 1", r"cannot read it \(Unrecognized archive\)"),
        ("exit 3", r"cannot read it \(it gave no reason\)"),
        ("cat INSIDE; echo 'Truncated input' >&2; exit 1", r"\(Truncated input\)"),
        ("echo no tar", "damaged"),
    ],
)
def test_a_rar_that_the_program_cannot_read_is_damaged(tmp_path, monkeypatch, script, message):
    tar = write_tar(tmp_path / "inside.tar", CELLS.items())
    fake_bsdtar(tmp_path / "bin", script.replace("INSIDE", str(tar)), monkeypatch)
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    with pytest.raises(DamagedArchiveError, match=message):
        unpack(tmp_path / "a.rar", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_real_program_is_called_as_it_wants_to_be(tmp_path):
    if shutil.which("bsdtar") is None:
        pytest.skip("bsdtar is not installed")
    archive = write_zip(tmp_path / "a.zip", CELLS.items())  # it looks at the bytes, not at the name
    archive.rename(tmp_path / "a.rar")
    unpack(tmp_path / "a.rar", tmp_path / "out")
    assert contents(tmp_path / "out") == CELLS
