from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.sets import addresses, fetching
from hybrid_wbc.data.sets.addresses import Edition, RemoteFile
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.errors import InputError

LABELS = b"the labels"


@contextmanager
def silent(_title: str):
    yield lambda *_: None


def fetch(name: str, out: Path) -> Path:
    return fetching.fetch(name, out, job=silent)


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


CELLS = packed({"set/basophil/1.jpg": b"one", "set/neutrophil/1.jpg": b"two"})


@pytest.fixture
def edition(server, monkeypatch):
    """Let `bccd` be an archive and a labels file on localhost; returns the server."""
    files = (
        RemoteFile(server.serve("/cells.zip", CELLS), "cells.zip"),
        RemoteFile(
            server.serve("/labels.csv", LABELS),
            "labels.csv",
            place="set",
            size=len(LABELS),
            checksum=f"md5:{hashlib.md5(LABELS).hexdigest()}",
        ),
    )
    monkeypatch.setitem(addresses.EDITIONS, "bccd", Edition("bccd", files))
    return server


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_set_lands_whole_in_a_folder_of_its_own_with_a_receipt(edition, tmp_path):
    folder = fetch("bccd", tmp_path / "data")
    found = contents(folder)
    receipt = json.loads(found.pop("fetched.json"))
    assert found == {
        "set/basophil/1.jpg": b"one",
        "set/neutrophil/1.jpg": b"two",
        "set/labels.csv": LABELS,
    }
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["bccd"]
    assert receipt["licence"] == "MIT" and "Shenggan" in receipt["citation"]
    assert receipt["fetched"][0] == {
        "url": f"{edition.address}/cells.zip",
        "size": len(CELLS),
        "sha256": hashlib.sha256(CELLS).hexdigest(),
    }
    assert receipt["files"].keys() == found.keys()
    assert receipt["files"]["set/labels.csv"]["size"] == len(LABELS)


def test_a_second_fetch_checks_and_asks_no_server(edition, tmp_path):
    folder = fetch("bccd", tmp_path)
    before, asked = contents(folder), len(edition.asked)
    assert fetch("bccd", tmp_path) == folder
    assert contents(folder) == before and len(edition.asked) == asked


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda path: path.write_bytes(b"xxx"), lambda path: path.write_bytes(b"longer")],
)
def test_a_second_fetch_names_what_changed_and_mends_nothing(edition, tmp_path, damage):
    folder = fetch("bccd", tmp_path)
    damage(folder / "set" / "basophil" / "1.jpg")
    before = contents(folder)
    with pytest.raises(InputError, match=r"1 of 3 files .* first set/basophil/1.jpg; move"):
        fetch("bccd", tmp_path)
    assert contents(folder) == before


@pytest.mark.parametrize("receipt", [None, "not JSON", "[]", '{"files": {"a": 1}}'])
def test_a_folder_of_the_users_own_is_left_alone(edition, tmp_path, receipt):
    folder = tmp_path / "bccd"
    folder.mkdir()
    (folder / "mine.jpg").write_bytes(b"mine")
    if receipt is not None:
        (folder / "fetched.json").write_text(receipt)
    before = contents(folder)
    with pytest.raises(InputError, match=r"not fetched by this command|not a receipt"):
        fetch("bccd", tmp_path)
    assert contents(folder) == before and not edition.asked


def test_a_set_of_which_a_file_fails_is_not_there_and_goes_on(edition, tmp_path):
    edition.serve("/labels.csv", LABELS[::-1])
    with pytest.raises(InputError, match="md5"):
        fetch("bccd", tmp_path)
    assert not (tmp_path / "bccd").exists()
    edition.serve("/labels.csv", LABELS)
    fetch("bccd", tmp_path)
    assert [path for path, _ in edition.asked] == ["/cells.zip", "/labels.csv", "/labels.csv"]


def test_what_a_server_refuses_comes_with_the_publishers_page(edition, tmp_path):
    edition.serve("/cells.zip", b"<html>are you a robot?</html>", kind="text/html")
    with pytest.raises(InputError, match=r"a web page, .* page is https://github.com/Shenggan"):
        fetch("bccd", tmp_path)
    result = call("bccd", "--out", tmp_path / "data")
    assert result.exit_code == 2 and not (tmp_path / "data").exists()
    assert len(result.stderr.splitlines()) == 1 and "page is https://github.com" in result.stderr


def test_a_damaged_archive_is_deleted_so_that_it_can_be_fetched_anew(edition, tmp_path):
    edition.serve("/cells.zip", CELLS[:-40])
    with pytest.raises(InputError, match=r"damaged.*; it is deleted, call again"):
        fetch("bccd", tmp_path)
    edition.serve("/cells.zip", CELLS)
    assert (fetch("bccd", tmp_path) / "set" / "basophil" / "1.jpg").read_bytes() == b"one"


def test_a_hostile_archive_leaves_nothing_where_the_set_would_be(edition, tmp_path):
    edition.serve("/cells.zip", packed({"set/1.jpg": b"one", "../../../evil": b"evil"}))
    with pytest.raises(InputError, match="lies outside the folder"):
        fetch("bccd", tmp_path / "data")
    assert not (tmp_path / "data" / "bccd").exists()
    assert not list(tmp_path.rglob("evil"))


def test_what_a_killed_fetch_unpacked_is_made_anew(edition, tmp_path):
    half = tmp_path / ".bccd.part" / "whole" / "set"
    half.mkdir(parents=True)
    (half / "half.jpg").write_bytes(b"half")
    assert "set/half.jpg" not in contents(fetch("bccd", tmp_path))


def test_two_fetches_of_one_set_do_not_mix(edition, tmp_path):
    staging = tmp_path / ".bccd.part"
    staging.mkdir()
    with (
        fetching._alone(staging),
        pytest.raises(InputError, match="another fetch of it is at work"),
    ):
        fetch("bccd", tmp_path)
    fetch("bccd", tmp_path)


def test_an_unknown_name_is_told_the_known_ones(tmp_path):
    with pytest.raises(
        InputError, match=r"'pcb' is unknown; choose lisc, .* pbc, .* bloodmnist-224"
    ):
        fetch("pcb", tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kaggle-blood-cells", "log in to Kaggle with an account of your own"),
        ("lisc", "open the authors' page"),
        ("segmentation-wbc", "clone the repository"),
    ],
)
def test_a_set_that_no_program_can_fetch_says_what_to_do_by_hand(tmp_path, name, said):
    with pytest.raises(InputError, match=rf"{name}: to be fetched by hand from http.*{said}"):
        fetch(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_fetched_set_is_read_as_what_it_is(server, tmp_path, monkeypatch, write_image):
    images = {}
    for number, name in enumerate(("Train/Basophil", "Train/Neutrophil"), start=1):
        path = write_image(tmp_path / f"{number}.jpg", number)
        images[f"{name}/{number}.jpg"] = path.read_bytes()
    files = tuple(
        RemoteFile(server.serve(f"/{side}.zip", packed(images)), f"{side}.zip", place=side)
        for side in ("Train", "TestA")
    )
    monkeypatch.setitem(addresses.EDITIONS, "raabin-wbc", Edition("raabin-wbc", files))
    # The archive of a side may or may not hold a folder of the side's name around its classes.
    reading = readers.read(fetch("raabin-wbc", tmp_path / "data"))
    assert reading.layout == "folder"
    assert {sample.labels for sample in reading.samples} == {("basophil",), ("neutrophil",)}
    assert len(reading.samples) == 4


def test_the_real_bccd_comes_with_the_labels_that_its_reader_wants(
    server, tmp_path, monkeypatch, real
):
    source = real("bccd")
    archive, labels = addresses.EDITIONS["bccd"].files
    smears = [
        path for path in source.rglob("*") if path.parent.name in ("JPEGImages", "Annotations")
    ]
    content = packed(
        {f"{labels.place}/{path.relative_to(source)}": path.read_bytes() for path in smears}
    )
    files = (
        replace(archive, url=server.serve("/bccd.zip", content)),
        replace(labels, url=server.serve("/labels.csv", (source / "labels.csv").read_bytes())),
    )
    monkeypatch.setitem(addresses.EDITIONS, "bccd", Edition("bccd", files))
    reading = readers.read(fetch("bccd", tmp_path))
    counts = Counter(sample.label for sample in reading.samples if len(sample.labels) == 1)
    assert reading.dataset == "bccd" and counts == DATASETS["bccd"].counts


def test_a_fetched_npz_is_read_from_its_folder(server, tmp_path, monkeypatch):
    content = io.BytesIO()
    arrays = {}
    for side in ("train", "val", "test"):
        arrays[f"{side}_images"] = np.zeros((8, 8, 8, 3), np.uint8)
        arrays[f"{side}_labels"] = np.arange(8, dtype=np.uint8)[:, None]
    np.savez(content, **arrays)
    file = RemoteFile(server.serve("/a", content.getvalue()), "bloodmnist_64.npz")
    monkeypatch.setitem(addresses.EDITIONS, "bloodmnist-64", Edition("bloodmnist", (file,)))
    reading = readers.read(fetch("bloodmnist-64", tmp_path))
    assert (reading.layout, reading.dataset, len(reading.samples)) == ("npz", "bloodmnist", 24)


def call(*arguments: object, said: str = ""):
    return CliRunner().invoke(main, ["data", "fetch", *map(str, arguments)], input=said)


def test_the_command_says_what_it_is_about_and_asks(edition, tmp_path):
    result = call("bccd", "--out", tmp_path / "data", said="y\n")
    assert result.exit_code == 0, result.output
    for text in (
        f"cells.zip, 0.3 kB, from {edition.address}/cells.zip",
        f"labels.csv, 0.0 kB, from {edition.address}/labels.csv",
        "licence  MIT",
        "cite     Shenggan",
        "Fetch bccd?",
    ):
        assert text in result.stderr
    assert result.stdout.strip() == str(tmp_path / "data" / "bccd")
    again = call("bccd", "--out", tmp_path / "data")
    assert again.exit_code == 0 and "nothing to fetch: 3 files" in again.stderr


@pytest.mark.parametrize("said", ["n\n", "\n", ""])
def test_nothing_is_fetched_without_a_yes(edition, tmp_path, said):
    result = call("bccd", "--out", tmp_path / "data", said=said)
    assert result.exit_code == 1
    assert not (tmp_path / "data").exists()


def test_with_yes_nothing_is_asked(edition, tmp_path):
    result = call("bccd", "--out", tmp_path / "data", "--yes")
    assert result.exit_code == 0 and "Fetch bccd?" not in result.stderr


def test_lisc_shows_its_terms_and_asks_for_them_even_with_yes(tmp_path):
    refused = call("lisc", "--out", tmp_path, "--yes", said="n\n")
    assert refused.exit_code == 1 and "by hand from" not in refused.stderr
    accepted = call("lisc", "--out", tmp_path, "--yes", said="y\n")
    assert accepted.exit_code == 2
    assert "may not be copied or redistributed" in accepted.stderr
    assert "Do you accept these terms?" in accepted.stderr
    assert "error: lisc: to be fetched by hand from http" in accepted.stderr
    assert not list(tmp_path.iterdir())


def test_terms_that_are_not_accepted_stop_a_set_that_could_be_fetched(
    edition, tmp_path, monkeypatch
):
    files = addresses.EDITIONS["bccd"].files
    monkeypatch.setitem(addresses.EDITIONS, "lisc", Edition("lisc", files))
    assert call("lisc", "--out", tmp_path, "--yes", said="n\n").exit_code == 1
    assert not list(tmp_path.iterdir())
    assert call("lisc", "--out", tmp_path, "--yes", said="y\n").exit_code == 0
    assert (tmp_path / "lisc" / "set" / "labels.csv").read_bytes() == LABELS


def test_kaggle_says_what_to_do_and_asks_for_nothing(tmp_path):
    result = call("kaggle-blood-cells", "--out", tmp_path)
    assert result.exit_code == 2 and "[y/N]" not in result.stderr
    assert "log in to Kaggle" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pcb"], "data set 'pcb' is unknown; choose lisc"),
        (["bccd", "--out", "FILE", "--yes"], "file"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_a_mistake_at_the_command_is_one_line(edition, tmp_path, arguments, message):
    (tmp_path / "file").write_text("in the way")
    result = call(*(str(a).replace("FILE", str(tmp_path / "file")) for a in arguments))
    assert result.exit_code == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: ") and message in last


def test_a_fetch_ended_by_kill_goes_on(server, tmp_path):
    content = os.urandom(200_000)
    whole = server.serve("/a.npz", content)
    give_all = server.answers["/a.npz"]

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("ETag", '"first"')
        handler.end_headers()
        for start in range(0, 100_000, 10_000):
            handler.wfile.write(content[start : start + 10_000])
            time.sleep(0.02)
        time.sleep(20)

    server.answers["/a.npz"] = drip
    code = (
        "from hybrid_wbc.data.sets import addresses\n"
        "from hybrid_wbc.data.sets.addresses import Edition, RemoteFile\n"
        f"file = RemoteFile({whole!r}, 'a.npz', size={len(content)})\n"
        "addresses.EDITIONS['bloodmnist'] = Edition('bloodmnist', (file,))\n"
        "from hybrid_wbc.cli.main import main\n"
        f"main(['data', 'fetch', 'bloodmnist', '--yes', '--out', {str(tmp_path)!r}])\n"
    )
    part = tmp_path / ".bloodmnist.part" / "a.npz.part"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    there = part.stat().st_size
    assert 0 < there < len(content)
    server.answers["/a.npz"] = give_all
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert server.asked[-1][1]["Range"] == f"bytes={there}-"
    assert (tmp_path / "bloodmnist" / "a.npz").read_bytes() == content
