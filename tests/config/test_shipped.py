"""What comes with the program is found, and says what it is without being read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.config import load, shipped, systems
from hybrid_wbc.errors import InputError


@pytest.fixture
def lying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for an installed package, and give the folder of its configs."""
    configs = tmp_path / "configs"
    configs.mkdir()
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "config" / "shipped.py"))
    return configs


def test_a_config_is_described_as_its_checked_settings_say() -> None:
    described = shipped.descriptions("description")
    assert described == {name: load.load(name).description for name in shipped.files()}
    assert all(described.values())


def test_a_system_is_described_as_its_checked_recipe_says() -> None:
    described = shipped.descriptions("about", shipped.PAPERS)
    assert described == {name: systems.load(name).about for name in systems.names()}
    assert "s0-wbc23" in described


def test_only_what_stands_above_a_description_is_read(lying: Path) -> None:
    (lying / "b.yaml").write_text("data: {size: 64}\ndescription: >-\n  a\n  b\nseed: [", "utf-8")
    (lying / "a.yaml").write_text('name: a\ndescription: "neutrófilos: 1"\n', "utf-8")
    (lying / "README.md").write_text("no config")
    assert list(shipped.descriptions("description").items()) == [
        ("a", "neutrófilos: 1"),
        ("b", "a b"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 3\ndata: {description: inside}\n", "the key 'description' is missing, which says"),
        ("description: [a, b]\n", "the key 'description' is missing"),
        ("", "the key 'description' is missing"),
        ("- description: a\n", "the key 'description' is missing"),
        ("seed: }\ndescription: a\n", "not YAML: line 1: "),
        ("seed: &here 3\ndescription: a\n", "not YAML: line 1: anchors, aliases and tags"),
    ],
)
def test_a_file_that_does_not_say_what_it_is_is_named(lying: Path, text: str, message: str) -> None:
    (lying / "mine.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        shipped.descriptions("description")
    assert str(caught.value).startswith(f"{lying / 'mine.yaml'}: {message}")
    assert "\n" not in str(caught.value)
