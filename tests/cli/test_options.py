"""Options over settings: which of them wins, and how a path is taken."""

from pathlib import Path

import pytest

from hybrid_wbc.cli import options
from hybrid_wbc.errors import InputError


def test_options_of_their_own_go_over_changes():
    changes = ["data.path=elsewhere", "evaluation.seeds=9", "training.epochs=3"]
    settings = options.resolve("lisc", Path("/cells"), 2, changes)
    assert settings.data.path == "/cells"
    assert settings.evaluation.seeds == 2
    assert settings.training.epochs == 3


def test_what_is_not_given_is_the_configs():
    settings = options.resolve("lisc", None, None, [])
    assert settings.data.path is None and settings.evaluation.seeds == 10


@pytest.mark.parametrize("name", ["a: b", "[1, 2]", "'x'", "null", "ünder score"])
def test_a_data_path_is_no_yaml(tmp_path, name):
    assert options.resolve("lisc", tmp_path / name, None, []).data.path == str(tmp_path / name)


def test_a_relative_path_is_kept_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert options.resolve("lisc", Path("cells"), None, []).data.path == str(tmp_path / "cells")


def test_a_change_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"write section\.key=value"):
        options.resolve("lisc", None, None, ["epochs"])
