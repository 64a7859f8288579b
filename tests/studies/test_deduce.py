"""Each other value that a recipe leaves open is tried alone, and set beside the recipe's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid_wbc.cnn import networks
from hybrid_wbc.config import load, systems
from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.systems import PROTOCOLS
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies import deduce
from hybrid_wbc.studies.score import ScoredRun

SYSTEMS = {name: systems.load(name) for name in systems.names()}
NAMES = sorted(SYSTEMS)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_every_other_value_of_a_deduced_setting_can_be_run(name: str, protocol: Protocol) -> None:
    recipe = SYSTEMS[name].config(protocol)
    found = deduce.alternatives(SYSTEMS[name], protocol, recipe)
    choices = SYSTEMS[name].choices(protocol)
    assert len(found) == sum(len(choice.instead) for choice in choices.values())
    assert len({each.config.name for each in found}) == len(found)
    for each in found:
        section, _, setting = each.key.partition(".")
        assert each.config.model_dump()[section][setting] == each.instead != each.value
        assert each.config.evaluation.seeds == min(deduce.SEEDS, recipe.evaluation.seeds)
        networks.check(
            each.config.network.name,
            normalisation=each.config.network.normalisation,
            width=each.config.network.width,
        )


def test_what_the_user_chose_is_no_longer_open() -> None:
    system = SYSTEMS["s4-cnn"]
    settings = system.config("as published").model_dump()
    settings["training"]["learning_rate"] = 0.005
    tried = deduce.alternatives(system, "as published", load.resolve(settings, "here"))
    assert "training.learning_rate" not in {each.key for each in tried}
    assert "training.batch_size" in {each.key for each in tried}
    assert {each.config.training.learning_rate for each in tried} == {0.005}


@pytest.fixture(scope="module")
def scored(make_run, tmp_path_factory) -> dict[str, ScoredRun]:
    """A run and a sharper one on the same cells."""
    parent: Path = tmp_path_factory.mktemp("artifacts")
    folders = {
        "recipe": make_run(parent / "00000-recipe", seeds=(0, 1)),
        "other": make_run(parent / "00001-other", seeds=(0, 1), sharper=3.0),
    }
    return {name: ScoredRun(folder, Run(folder).config()) for name, folder in folders.items()}


def tried() -> deduce.Otherwise:
    system = SYSTEMS["s4-cnn"]
    return deduce.alternatives(system, "as published", system.config("as published"))[0]


def test_another_value_is_measured_on_the_recipes_own_test_cells(scored):
    each = tried()
    (measured,) = deduce.measure(
        [each], scored["recipe"], [("accuracy", "svm")], lambda _: scored["other"]
    )
    assert (measured["key"], measured["instead"]) == (each.key, each.instead)
    assert measured["failed"] is None
    assert (measured["folder"], measured["repeats"]) == ("00001-other", 2)
    (accuracy,) = measured["scores"]
    away = accuracy["score"]["mean"] - accuracy["recipe"]["mean"]
    assert accuracy["difference"]["mean"] == pytest.approx(away)
    assert accuracy["difference"]["low"] < away < accuracy["difference"]["high"]
    assert away > 0


def test_a_value_that_cannot_be_run_says_why_and_has_no_score(scored):
    def refuse(_: Config) -> ScoredRun:
        raise InputError("training.learning_rate: nothing but NaN is left")

    (measured,) = deduce.measure([tried()], scored["recipe"], [("accuracy", "svm")], refuse)
    assert measured["failed"] == "training.learning_rate: nothing but NaN is left"
    assert measured["scores"] == [] and "folder" not in measured
