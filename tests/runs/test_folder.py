"""Run folders: numbered, found again, written whole, and able to say what made them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import write_text
from hybrid_wbc.runs import folder
from hybrid_wbc.runs.folder import CONFIG, PAGE, RunFolder
from hybrid_wbc.runs.results import Run


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
    monkeypatch.setattr(folder, "_numbered", lambda parent: [])
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
    write_text(run.path / PAGE, "<html>")  # by a process that was killed right after
    assert not run.is_complete
    Run(run).write_page("<html>")
    assert run.is_complete


def test_a_run_that_was_killed_before_its_config_was_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_text", kill)
        with pytest.raises(KeyboardInterrupt):
            RunFolder.create(tmp_path / "runs", "lisc", "")
    assert not list((tmp_path / "runs").iterdir())


def test_a_number_that_another_run_takes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_meanwhile(path: Path, text: str) -> None:
        write_text(path, text)
        write_text(tmp_path / "00000-lisc" / CONFIG, "another's")

    monkeypatch.setattr(folder, "write_text", taken_meanwhile)
    assert RunFolder.create(tmp_path, "lisc", "").path.name == "00001-lisc"
    assert (tmp_path / "00000-lisc" / CONFIG).read_text() == "another's"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        RunFolder.create(tmp_path / "file", "lisc", "")


def test_repeats_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "lisc", "")
    names = ["seed-10-fold-1", "seed-2-fold-10", "seed-2-fold-9"]
    assert all(run.repeat(name).is_dir() for name in names)
    assert run.repeat(names[0]) == run.path / names[0]
    (run.path / "figures").mkdir()
    assert [path.name for path in run.repeats()] == names[::-1]
