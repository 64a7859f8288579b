"""Recipes of the published systems: whole, checked, and refused in one line where they are not."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from hybrid_wbc.cnn import networks
from hybrid_wbc.config import shipped, systems
from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.systems import PROTOCOLS, Figure, System
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.data.sets.class_names import CLASS_NAMES
from hybrid_wbc.errors import InputError

SYSTEMS = {name: systems.load(name) for name in systems.names()}
NAMES = list(SYSTEMS)
BACKBONES = (
    "vgg16", "vgg19", "resnet50", "resnet101", "resnet152", "inceptionv3", "mobilenetv2",
    "densenet201",
)  # fmt: skip
# What no recipe may leave to a default that somebody could change without thinking of it.
ALWAYS = {
    "data.size", "data.through", "data.colour", "data.balance",
    "split.method", "split.test", "split.validation", "evaluation.seeds",
    "network.name", "network.embedding", "network.standardise", "network.dropout",
    "network.weights", "network.views", "augmentation.enabled",
    "training.epochs", "training.batch_size", "training.loss", "training.optimizer",
    "training.learning_rate", "training.schedule", "training.weight_decay",
    "training.class_weights", "training.best_weights",
}  # fmt: skip
OPERATIONS = {
    f"augmentation.{name}"
    for name in ("reflect_x", "reflect_y", "translate_x", "translate_y", "rotation", "scale")
}
CLASSIFIERS = {"classifiers.neighbours", "classifiers.svm", "classifiers.trees"}

# The least that is a recipe; the tests below spoil one thing of it at a time.
MINIMAL: dict[str, Any] = {
    "title": "A paper",
    "citation": "Somebody, somewhere",
    "url": None,
    "about": "a network",
    "dataset": {"name": "pbc", "says": "cells"},
    "settings": {"training.epochs": {"value": 3, "basis": "stated", "reason": "section 1"}},
    "protocols": {"as published": {"about": "files"}, "by source": {"about": "photographs"}},
    "figures": [
        {"metric": "accuracy", "value": 0.9, "words": "90 %", "basis": "stated", "place": "end"}
    ],
    "contradictions": [],
}


def refusal(recipe: dict[str, Any] | str) -> str:
    text = recipe if isinstance(recipe, str) else yaml.safe_dump(recipe)
    with pytest.raises(InputError) as caught:
        systems.parse(text, "mine")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("mine.yaml: ")
    return message.removeprefix("mine.yaml: ")


def figure(**changes: Any) -> Figure:
    return Figure.model_validate({**MINIMAL["figures"][0], **changes})


def reported(system: System, metric: str, **wanted: Any) -> list[float]:
    return [
        each.span[0]
        for each in system.figures
        if each.metric == metric
        and all(getattr(each, key) == value for key, value in wanted.items())
    ]


def test_every_published_system_has_a_recipe() -> None:
    assert {
        "s0-wbc23", "s0-table", "s1-own-cnn", *(f"s1-{name}" for name in BACKBONES), "s2-vgg19",
        "s3-sequential", "s4-cnn", "s4-alexnet", "s4-resnet50", "s4-vgg19",
    } == set(NAMES)  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_counts_the_side_that_a_recipe_takes(name: str, protocol: Protocol) -> None:
    part = SYSTEMS[name].config(protocol).data.part
    assert part is None or part in DATASETS[SYSTEMS[name].dataset.name].sides


def test_recipes_are_not_listed_as_configs() -> None:
    assert not set(NAMES) & set(shipped.files())


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_resolves_to_settings_that_hold_its_choices(
    name: str, protocol: Protocol
) -> None:
    system = SYSTEMS[name]
    settings = system.config(protocol)
    assert settings.name == f"{name}-{protocol.replace(' ', '-')}"
    assert settings.split.protocol == protocol
    assert settings.data.path is None
    for key, choice in system.choices(protocol).items():
        section, _, last = key.partition(".")
        assert getattr(getattr(settings, section), last) == choice.value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_no_recipe_takes_a_default_silently(name: str, protocol: Protocol) -> None:
    system = SYSTEMS[name]
    settings, listed = system.config(protocol), set(system.choices(protocol))
    wanted = set(ALWAYS)
    if settings.augmentation.enabled:
        wanted |= OPERATIONS
    if settings.training.optimizer == "sgd":
        wanted.add("training.momentum")
    if settings.network.weights == "imagenet":
        wanted.add("network.backbone")
    if settings.network.embedding != "none":
        wanted |= CLASSIFIERS
    assert not wanted - listed


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_names_a_known_data_set_and_its_classes(name: str) -> None:
    system = SYSTEMS[name]
    classes = set(DATASETS[system.dataset.name].classes)
    assert classes <= set(CLASS_NAMES)
    assert {each.class_name for each in system.figures} <= classes | {None}


def test_every_recipe_names_a_network_that_there_is() -> None:

    for name in NAMES:
        settings = SYSTEMS[name].config("as published")
        network = settings.network
        networks.check(network.name, weights=network.weights, backbone=network.backbone)


@pytest.mark.parametrize("name", NAMES)
def test_the_protocols_differ_in_where_sources_come_from(name: str) -> None:
    published, by_source = (SYSTEMS[name].config(protocol) for protocol in PROTOCOLS)
    assert published.split.protocol == "as published"
    assert published.split.method == "ratio"
    assert by_source.split.protocol == "by source"
    assert published.training == by_source.training
    assert published.network == by_source.network


@pytest.mark.parametrize("name", NAMES)
def test_no_figure_and_no_contradiction_is_listed_twice(name: str) -> None:
    system = SYSTEMS[name]
    figures = [each.model_dump_json() for each in system.figures]
    assert len(set(figures)) == len(figures)
    said = [each.says for each in system.contradictions]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("name", [f"s1-{name}" for name in BACKBONES])
def test_a_backbone_whose_errors_do_not_add_up_says_so(name: str) -> None:
    system = SYSTEMS[name]
    (total,) = reported(system, "misclassified", class_name=None)
    parts = [
        each.span[0]
        for each in system.figures
        if each.metric == "misclassified" and each.class_name
    ]
    assert len(parts) == 8
    said = " ".join(each.says for each in system.contradictions)
    assert (f"add up to {sum(parts):.0f}, not to the {total:.0f}" in said) == (sum(parts) != total)
    (accuracy,) = reported(system, "accuracy")
    assert f"{100 * (1 - total / 17_092):.2f} % right" in said
    assert f"{17_092 * (1 - accuracy):,.0f} errors" in said


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("s2-vgg19", dict.fromkeys(DATASETS["pbc"].classes, 364)),
        ("s3-sequential", dict.fromkeys(DATASETS["kaggle-blood-cells"].classes, 250)),
    ],
)
def test_figures_of_a_confusion_matrix_agree_with_each_other(
    name: str, sizes: dict[str, int]
) -> None:
    system = SYSTEMS[name]
    wrong = {each: reported(system, "misclassified", class_name=each)[0] for each in sizes}
    scored = sum(sizes.values())
    assert reported(system, "misclassified", class_name=None) == [sum(wrong.values())]
    (accuracy,) = reported(system, "accuracy", class_name=None, basis="computed")
    assert accuracy == pytest.approx(1 - sum(wrong.values()) / scored, abs=5e-6)
    for each, size in sizes.items():
        (recall,) = reported(system, "recall", class_name=each)
        assert recall == pytest.approx(1 - wrong[each] / size, abs=5.1e-4)


def test_recipes_of_one_paper_share_what_is_said_once() -> None:
    by_title = defaultdict(set)
    for name in NAMES:
        by_title[SYSTEMS[name].title].add(name.partition("-")[0])
    assert all(len(papers) == 1 for papers in by_title.values())
    assert len(by_title) == 5


def test_an_unknown_system_is_refused_with_the_names_and_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        systems.load("s3-sequental")
    message = str(caught.value)
    assert message.startswith("SYSTEM: received 's3-sequental', choose from s0-table, ")
    assert message.endswith("; did you mean 's3-sequential'?")


def test_the_least_recipe_is_one() -> None:
    system = systems.parse(yaml.safe_dump(MINIMAL), "mine")
    assert system.config("by source").training.epochs == 3


def test_own_settings_go_over_shared_ones_and_lists_are_added() -> None:
    shared = SYSTEMS["s4-cnn"]
    mine = {
        **{key: MINIMAL[key] for key in ("about", "settings", "figures", "contradictions")},
        "based_on": "s4",
    }
    system = systems.parse(yaml.safe_dump(mine), "mine")
    assert system.title == shared.title
    assert system.settings["training.epochs"].value == 3
    assert system.settings["data.through"] == shared.settings["data.through"]
    assert [each.words for each in system.figures] == ["90 %"]
    assert system.contradictions == shared.contradictions[: len(system.contradictions)]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"titel": "x"}, "titel: Extra inputs"),
        ({"title": ""}, "title: String should have"),
        ({"figures": []}, "figures: List should have"),
        ({"protocols": {"by source": {"about": "x"}}}, "protocols: 'as published' is missing"),
        ({"protocols": {"by hand": {"about": "x"}}}, "protocols.by hand.[key]: "),
        ({"settings": {"epochs": {"value": 3}}}, "settings.epochs.[key]: "),
        (
            {"settings": {"training.epochs": {"value": 3, "basis": "stated", "reason": ""}}},
            "settings.training.epochs.reason: ",
        ),
        (
            {"settings": {"training.epochs": {"value": 3, "basis": "guessed", "reason": "x"}}},
            "settings.training.epochs.basis: ",
        ),
        (
            {
                "settings": {
                    "training.epochs": {
                        "value": 3,
                        "basis": "stated",
                        "reason": "x",
                        "instead": [5],
                    }
                }
            },
            "settings.training.epochs: instead: a stated value leaves no other open",
        ),
        (
            {
                "settings": {
                    "training.epochs": {
                        "value": 3,
                        "basis": "deduced",
                        "reason": "x",
                        "instead": [5, 3],
                    }
                }
            },
            "settings.training.epochs: instead: 3 stands twice",
        ),
        ({"contradictions": [{"bears_on": ["luck"], "says": "x"}]}, "contradictions.0.bears_on.0"),
        ({"based_on": "s9"}, "based_on: received 's9', choose from s0, s1, "),
    ],
)
def test_what_is_no_recipe_is_refused_by_its_key(changes: dict[str, Any], complaint: str) -> None:
    assert refusal({**MINIMAL, **changes}).startswith(complaint)


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("training.epoch", 3, "unknown key 'training.epoch', choose from epochs, "),
        ("training.epochs", "many", "training.epochs: received 'many': "),
        ("trainings.epochs", 3, "unknown key 'trainings', choose from "),
    ],
)
def test_a_setting_that_there_is_not_is_refused_with_the_recipe_and_the_key(
    key: str, value: Any, complaint: str
) -> None:
    choice = {"value": value, "basis": "stated", "reason": "section 1"}
    system = systems.parse(yaml.safe_dump({**MINIMAL, "settings": {key: choice}}), "mine")
    with pytest.raises(InputError) as caught:
        system.config("as published")
    assert str(caught.value).startswith(f"mine.yaml, as published: {complaint}")


@pytest.mark.parametrize("text", ["- 1", "title: x\ntitle: y", "title: ["])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"value": 1.1}, "accuracy cannot be 1.1"),
        ({"value": -0.1}, "accuracy cannot be -0.1"),
        ({"metric": "element-wise accuracy", "value": 99.4}, "cannot be 99.4"),
        ({"metric": "misclassified", "value": 1.5}, "misclassified counts images"),
        ({"metric": "loss", "value": -1.0}, "loss cannot be -1.0"),
        ({"value": None}, "give either value, or both lowest and highest"),
        ({"lowest": 0.8, "highest": 0.9}, "give either value, or both lowest and highest"),
        ({"value": None, "lowest": 0.8}, "give either value, or both lowest and highest"),
        ({"highest": 0.95}, "give either value, or both lowest and highest"),
        ({"value": None, "lowest": 0.9, "highest": 0.8}, "lowest must not be above highest"),
        ({"metric": "kappa"}, "Input should be"),
        ({"scored_on": "train"}, "Input should be"),
        ({"words": ""}, "String should have"),
        ({"place": ""}, "String should have"),
    ],
)
def test_a_figure_out_of_the_range_of_its_metric_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        figure(**changes)


def test_a_figure_spans_its_value_or_its_range() -> None:
    assert figure().span == (0.9, 0.9)
    assert figure(value=None, lowest=0.9, highest=1.0).span == (0.9, 1.0)
    assert figure(metric="misclassified", value=169).span == (169, 169)
    assert figure(metric="loss", value=1.4).span == (1.4, 1.4)
