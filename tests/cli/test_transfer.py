"""The command `transfer`: which choices it hands on."""

import pytest
from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.config.names import NORMALISATIONS, STAINS
from hybrid_wbc.errors import InputError


@pytest.fixture
def handed_on(monkeypatch):
    """Give what the study is asked for, in place of doing it."""
    asked = {}

    def note(settings, train_path, test_path, out, **choices):
        asked.update(choices, settings=settings, out=out)
        raise InputError("noted")

    monkeypatch.setattr("hybrid_wbc.studies.transfer.transfer", note)
    return asked


def call(tmp_path, *more):
    sets = ["--train", str(tmp_path / "one"), "--test", str(tmp_path / "other")]
    result = CliRunner().invoke(main, ["transfer", "across-sets", *sets, *more])
    assert result.exit_code == 2 and result.stderr == "error: noted\n", result.output


def test_all_stands_for_every_choice(tmp_path, handed_on):
    call(tmp_path, "--stain", "all", "--stain", "macenko", "--normalisation", "all")
    assert tuple(handed_on["stains"]) == STAINS
    assert tuple(handed_on["normalisations"]) == NORMALISATIONS


def test_without_a_choice_the_configs_own_is_left(tmp_path, handed_on):
    call(tmp_path)
    assert not handed_on["stains"] and not handed_on["normalisations"]
    assert handed_on["resume"] is False


def test_each_set_is_one_side_whatever_the_config_says(tmp_path, handed_on):
    call(tmp_path, "--seeds", "3")
    settings = handed_on["settings"]
    assert settings.data.path == str(tmp_path / "one")
    assert settings.data.test_path == str(tmp_path / "other")
    assert (settings.data.layout, settings.split.method) == ("auto", "published")
    assert settings.evaluation.seeds == 3
