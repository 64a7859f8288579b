"""Places that cannot be written to are refused by every command before its work begins."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli import places
from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError


@pytest.mark.parametrize(
    ("files", "folders", "message"),
    [
        ({"--json": "folder"}, {}, "--json: folder is a folder; name a file in it"),
        ({}, {"--out": "file"}, "--out: file is a file; name a folder"),
        ({"--json": "a", "--csv": "./a"}, {}, "--json and --csv: both are a; name two places"),
        ({"--json": "a"}, {"--out": "a"}, "--json and --out: both are a; name two places"),
        ({"--json": "file/a"}, {}, "--json: file/a lies below {here}/file, a file; name another"),
        ({}, {"--out": "file/a/b"}, "--out: file/a/b lies below {here}/file, a file; name"),
    ],
)
def test_a_place_of_the_wrong_kind_or_named_twice_is_refused(
    tmp_path, monkeypatch, files, folders, message
):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("folder").mkdir()
    with pytest.raises(InputError, match=re.escape(message.format(here=tmp_path))):
        places.check(
            {option: Path(place) for option, place in files.items()},
            {option: Path(place) for option, place in folders.items()},
        )


def test_a_folder_that_may_not_be_written_to_is_refused_and_stdout_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(InputError, match=re.escape(f"--csv: a.csv: {tmp_path} may not be written")):
        places.check({"--csv": Path("a.csv")})
    places.check({"--csv": places.STDOUT})


def test_a_place_that_nothing_is_written_to_is_not_checked(tmp_path):
    (tmp_path / "file").touch()
    done = CliRunner().invoke(main, ["run", "quickstart", "--dry-run", "--out", f"{tmp_path}/file"])
    assert done.exit_code == 0, done.output


def test_new_places_and_files_to_be_replaced_are_taken(tmp_path):
    (tmp_path / "old.json").touch()
    files = {"--json": tmp_path / "old.json", "--csv": tmp_path / "new" / "a.csv", "--page": None}
    places.check(files, {"--out": tmp_path, "--png": tmp_path / "new" / "png"})
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["stress", "NONE", "--json", "FOLDER"], "--json"),
        (["attributes", "NONE", "NONE", "--json", "FOLDER"], "--json"),
        (["attributes", "NONE", "NONE", "--csv", "FOLDER"], "--csv"),
        (["suspects", "NONE", "--csv", "FOLDER"], "--csv"),
        (["plot", "NONE", "--figure", "roc", "--out", "FOLDER"], "--out"),
        (["export", "NONE", "--onnx", "FOLDER"], "--onnx"),
        (["export", "NONE", "--bundle", "FOLDER"], "--bundle"),
        (["export", "NONE", "--bundle", "FOLDER/card.hybrid"], "the card of --bundle"),
        (["explain", "NONE.png", "--page", "FOLDER"], "--page"),
        (["explain", "NONE.png", "--png", "FILE"], "--png"),
        (["predict", "NONE.png", "--counts", "FOLDER"], "--counts"),
        (["agree", "NONE", "NONE", "--json", "FOLDER"], "--json"),
        (["agree", "NONE", "NONE", "--figure", "FOLDER"], "--figure"),
        (["data", "audit", "NONE", "--out", "FILE/inside"], "--out"),
        (["data", "audit", "NONE", "--json", "FILE/inside.json"], "--json"),
        (["data", "crop", "NONE", "FILE"], "OUT"),
        (["data", "synth", "FILE"], "OUT"),
        (["data", "fetch", "pbc", "--out", "FILE"], "--out"),
        (["run", "quickstart", "--out", "FILE"], "--out"),
        (["train", "quickstart", "--out", "FILE"], "--out"),
        (["train-on", "NONE", "--out", "FILE"], "--out"),
        (["transfer", "across-sets", "--train", "a", "--test", "b", "--out", "FILE"], "--out"),
        (["reproduce", "s3-sequential", "--data", "NONE", "--out", "FILE"], "--out"),
    ],
)  # fmt: skip
def test_every_command_checks_its_places_before_it_looks_at_anything_else(
    tmp_path, arguments, option
):
    (tmp_path / "file").touch()
    (tmp_path / "folder" / "card.md").mkdir(parents=True)
    given = {"FILE": "file", "FOLDER": "folder", "NONE": "none"}
    for name, place in given.items():
        arguments = [each.replace(name, str(tmp_path / place)) for each in arguments]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith(f"error: {option}: {tmp_path}"), result.stderr
    assert len(result.stderr.splitlines()) == 1 and result.stdout == ""
