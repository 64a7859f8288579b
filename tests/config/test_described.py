"""Every setting can be asked for, with what it takes, its default and what it does."""

import pytest
from pydantic import BaseModel

from hybrid_wbc.config.described import find, sections
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError


def keys_of(settings: BaseModel, within: str = "") -> set[str]:
    found = set()
    for name, value in settings:
        key = f"{within}{name}"
        found |= keys_of(value, f"{key}.") if isinstance(value, BaseModel) else {key}
    return found


ALL = {setting.key: setting for section in sections() for setting in section.settings}


def test_every_key_of_a_config_is_described_once():
    wanted = keys_of(Config(name="x")) - {"data.synthetic"}
    assert wanted <= set(ALL)
    assert set(ALL) - wanted == {"data.synthetic.per_class", "data.synthetic.seed"}
    assert sum(len(section.settings) for section in sections()) == len(ALL)


def test_every_setting_says_what_it_does():
    assert [key for key, setting in ALL.items() if len(setting.description) < 8] == []


@pytest.mark.parametrize(
    ("key", "takes", "default"),
    [
        ("training.epochs", "whole number, at least 1", "50"),
        ("augmentation.enabled", "true or false", "true"),
        ("training.patience", "whole number, at least 1", ""),
        ("network.precision", "one of float32, mixed bfloat16", "float32"),
        ("data.draw", "mapping of text to (whole number, at least 1), at least 2 entries", ""),
        ("data.middle", "number, above 0 and at most 1", "1.0"),
    ],
)
def test_a_setting_says_what_it_takes_and_its_default(key, takes, default):
    assert (ALL[key].takes, ALL[key].default) == (takes, default)


def test_a_section_brings_what_lies_within_it():
    assert [section.key for section in find("data")] == ["data", "data.synthetic"]


def test_one_setting_comes_alone():
    (section,) = find("training.epochs")
    assert [setting.key for setting in section.settings] == ["training.epochs"]


def test_an_unknown_key_is_answered_with_the_nearest():
    with pytest.raises(InputError, match=r"received 'training.epoch'.*training\.epochs"):
        find("training.epoch")
