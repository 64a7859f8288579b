"""Files of a run as bytes: what is whole travels, and is listed where it arrives."""

import json

import pytest

from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs import moving
from hybrid_wbc.runs.checksums import Checksums
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run


@pytest.fixture
def folder(tmp_path):
    settings = load.load("quickstart-drawn")
    folder = RunFolder.create(tmp_path, settings.name, settings.to_yaml())
    with Checksums(folder.path).written(folder.manifest_path, folder.path / "provenance.json"):
        folder.manifest_path.write_text("id\n")
        (folder.path / "provenance.json").write_text("{}")
    return folder


def copied(folder, at, origin):
    at.mkdir()
    return moving.copy_at(at, moving.facts_of(folder, Run(folder).config()), origin)


def test_what_is_received_is_written_and_listed(folder):
    files = {"seed-0/history.csv": b"epoch\n", "seed-0/member-1/cnn.keras": b"network"}
    moving.receive(folder, files)
    assert moving.repeat_of(folder, "seed-0") == files
    assert {*files} < {*json.loads(Checksums(folder.path).path.read_text())}


def test_what_is_not_whole_does_not_travel(folder):
    moving.receive(folder, {"seed-0/history.csv": b"epoch\n"})
    (folder.path / "seed-0" / "cnn.keras").write_bytes(b"half of")
    (folder.path / "seed-0" / "training-state.npz").write_bytes(b"an epoch")
    assert [*moving.repeat_of(folder, "seed-0")] == ["seed-0/history.csv"]
    assert moving.repeat_of(folder, "seed-1") == {}


def test_what_was_changed_does_not_travel_unseen(folder):
    moving.receive(folder, {"seed-0/history.csv": b"epoch\n"})
    (folder.path / "seed-0" / "history.csv").write_bytes(b"other\n")
    with pytest.raises(InputError, match="changed since it was written"):
        moving.repeat_of(folder, "seed-0")


def test_a_copy_keeps_trainings_under_way_in_the_run_where_it_is_seen(folder, tmp_path):
    copy = copied(folder, tmp_path / "copy", folder.path)
    repeat = Run(copy).begin_repeat("seed-0")
    assert repeat.path == copy.path / "seed-0"
    assert repeat.training_state.parent == folder.path / "seed-0"
    (member,) = repeat.members(1)
    assert member.training_state.parent == folder.path / "seed-0" / "member-0"
    assert Run(copy).config() == Run(folder).config()


def test_a_copy_keeps_them_itself_where_the_run_is_not_seen_or_another_lies_there(folder, tmp_path):
    unseen = copied(folder, tmp_path / "copy", tmp_path / "elsewhere" / "00000-quickstart")
    assert Run(unseen).begin_repeat("seed-0").training_state.parent == unseen.path / "seed-0"
    facts = moving.facts_of(folder, Run(folder).config())
    (folder.path / "provenance.json").write_text('{"of": "another"}')
    place = tmp_path / "second"
    place.mkdir()
    assert moving.copy_at(place, facts, folder.path).under_way is None
