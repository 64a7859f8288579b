"""A run's folder made, gone on with, and left or removed where a run comes to nothing."""

from __future__ import annotations

import pytest

from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import begun, discarded_unless_begun, open_run
from hybrid_wbc.runs.results import Run

CONFIG = load.load("quickstart-drawn")


def make(parent, *, trained: bool = False) -> RunFolder:
    folder = RunFolder.create(parent, CONFIG.name, CONFIG.to_yaml())
    if trained:
        folder.repeat("seed-0")
    return folder


def test_a_run_is_opened_with_its_settings_and_its_log(tmp_path, capsys):
    made = make(tmp_path)
    settings, folder, reporter = open_run(made.path)
    reporter.say("it works [bold] :smile:")
    assert (settings, folder) == (CONFIG, made)
    said = capsys.readouterr()
    assert said.out == "" and said.err == "it works [bold] :smile:\n"
    assert made.log.read_text().endswith(" it works [bold] :smile:\n")


def test_a_folder_is_kept_where_its_run_goes_well(tmp_path):
    with begun(CONFIG, tmp_path, resume=False) as folder:
        pass
    assert RunFolder.lies_at(folder.path)


def test_a_folder_in_which_nothing_was_trained_goes_with_the_users_mistake(tmp_path):
    with pytest.raises(InputError, match="no cell"), begun(CONFIG, tmp_path, resume=False):
        raise InputError("no cell")
    assert not list(tmp_path.iterdir())


def test_a_folder_stays_where_the_mistake_is_the_programs(tmp_path):
    with pytest.raises(ZeroDivisionError), begun(CONFIG, tmp_path, resume=False):
        _ = 1 / 0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_begun_run_outlives_a_mistake_and_the_others_go(tmp_path):
    folders = make(tmp_path, trained=True), make(tmp_path)
    with pytest.raises(InputError), discarded_unless_begun(*folders):
        raise InputError("later")
    assert [folder.path.exists() for folder in folders] == [True, False]


def test_the_newest_run_is_gone_on_with(tmp_path):
    make(tmp_path)
    newest = make(tmp_path)
    with begun(CONFIG, tmp_path, resume=True) as folder:
        assert folder == newest


def test_a_run_gone_on_with_is_never_removed(tmp_path):
    made = make(tmp_path)
    with pytest.raises(InputError), begun(CONFIG, tmp_path, resume=True):
        raise InputError("no")
    assert made.path.exists()


def test_other_settings_are_named_and_nothing_is_gone_on_with(tmp_path):
    make(tmp_path)
    other = load.load("quickstart-drawn", ["training.epochs=3", "data.synthetic.seed=4"])
    wrong = r"begun with other settings \(data\.synthetic\.seed, training\.epochs\)"
    with pytest.raises(InputError, match=wrong), begun(other, tmp_path, resume=True):
        pytest.fail("begun")


@pytest.mark.parametrize("method", ["ratio", "published"])
def test_a_run_goes_on_with_what_the_data_decided_of_its_split(tmp_path, method):
    decided = CONFIG.decided(method)
    RunFolder.create(tmp_path, CONFIG.name, decided.to_yaml())
    with begun(CONFIG, tmp_path, resume=True) as folder:
        assert open_run(folder.path)[0] == decided
        assert Run(folder).is_of(CONFIG)
    other = load.load(
        "quickstart-drawn", [f"split.method={'ratio' if method != 'ratio' else 'published'}"]
    )
    with pytest.raises(InputError, match=r"split\.method"), begun(other, tmp_path, resume=True):
        pytest.fail("begun")
    assert not Run(folder).is_of(other)


def test_a_run_goes_on_where_only_the_description_of_its_config_was_changed(tmp_path):
    make(tmp_path)
    with begun(
        load.load("quickstart-drawn", ["description=another"]), tmp_path, resume=True
    ) as folder:
        assert open_run(folder.path)[0] == CONFIG
