"""Settings: the paper's by default, strict, and refused in one line that says what to write."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from hybrid_wbc.config import shipped
from hybrid_wbc.config.load import load, resolve
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a config file."""

    def write(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(source: str | Path, *changes: str) -> str:
    with pytest.raises(InputError) as caught:
        load(source, changes)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_defaults_are_those_of_the_hybrid_paper(write: Write) -> None:
    config = load(write("{}"))
    training, classifiers = config.training, config.classifiers
    assert (training.epochs, training.learning_rate, training.batch_size) == (50, 0.001, 32)
    assert training.schedule == "constant"
    assert (classifiers.neighbours, classifiers.svm, classifiers.trees) == (1, "matlab", 20)
    assert config.augmentation.enabled


def test_a_config_is_named_by_its_file_unless_it_names_itself(write: Write) -> None:
    assert load(write("{}")).name == "mine"
    assert load(write("name: yours")).name == "yours"


def test_values_of_a_file_are_taken_and_the_rest_filled_in(write: Write) -> None:
    config = load(write("data: {size: 64}\nevaluation: {folds: 4}\n"))
    assert (config.data.size, config.data.margin) == (64, 0.25)
    assert (config.evaluation.folds, config.evaluation.seeds) == (4, 1)


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("trainning: {}", "trainning", "training"),
        ("training: {epoch: 3}", "training.epoch", "epochs"),
        ("data: {synthetic: {per_clas: 3}}", "data.synthetic.per_clas", "per_class"),
    ],
)
def test_unknown_key_is_refused_with_the_choices_and_the_nearest(
    write: Write, text: str, key: str, nearest: str
) -> None:
    message = refusal(write(text))
    assert f"mine.yaml: unknown key '{key}', choose from " in message
    assert message.endswith(f"; did you mean '{nearest}'?")


@pytest.mark.parametrize("units", ["1", "65", "2.5"])
def test_a_number_of_units_that_cannot_be_drawn_is_refused(write: Write, units: str) -> None:
    message = refusal(write(f"network: {{embedding_units: {units}}}"))
    assert f"network.embedding_units: received {units}: " in message


def test_unknown_key_that_is_near_to_none_names_the_choices_alone(write: Write) -> None:
    message = refusal(write("classifiers: {xyz: 3}"))
    assert message.endswith(
        "unknown key 'classifiers.xyz', choose from features, neighbours, svm, trees, extra, tune, "
        "answer"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("training: {epochs: '3'}", "training.epochs: received '3': "),
        ("training: {epochs: 3.0}", "training.epochs: received 3.0: "),
        ("training: {epochs: true}", "training.epochs: received True: "),
        ("training: {class_weights: 1}", "training.class_weights: received 1: "),
        ("training: 3", "training: received 3: "),
        ("data: {path: 3}", "data.path: received 3: "),
        ("data: {classes: [1]}", "data.classes.0: received 1: "),
        ("1: 2", "1: received 1: Keys should be strings"),
    ],
)
def test_a_value_of_another_type_is_never_converted(
    write: Write, text: str, complaint: str
) -> None:
    assert f"mine.yaml: {complaint}" in refusal(write(text))


def test_a_whole_number_may_stand_for_a_fraction(write: Write) -> None:
    rate = load(write("training: {learning_rate: 1}")).training.learning_rate
    assert (rate, type(rate)) == (1.0, float)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("training: {epochs: 0}", "training.epochs"),
        ("training: {learning_rate: 0}", "training.learning_rate"),
        ("training: {learning_rate: .nan}", "training.learning_rate"),
        ("training: {batch_size: 1}", "training.batch_size"),
        ("training: {schedule: linear}", "training.schedule"),
        ("classifiers: {svm: octave}", "classifiers.svm"),
        ("split: {test: 1.0}", "split.test"),
        ("split: {test: 0}", "split.test"),
        ("split: {validation: -0.1}", "split.validation"),
        ("evaluation: {folds: 1}", "evaluation.folds"),
        ("split: {method: random}", "split.method"),
        ("ensemble: {networks: 1}", "ensemble.networks"),
        ("data: {size: 8}", "data.size"),
        ("data: {middle: 0}", "data.middle"),
        ("data: {crop: found}", "data.crop"),
        ("data: {bundled: lisc}", "data.bundled"),
        ("data: {draw: {basophil: 0}}", "data.draw.basophil"),
        ("data: {classes: [basophil]}", "data.classes"),
        ("training: {learning_rate: .inf}", "training.learning_rate"),
        ("seed: 5000000000", "seed"),
        ("data: {synthetic: {per_class: 0}}", "data.synthetic.per_class"),
        ("network: {views: 3}", "network.views"),
        ("augmentation: {scale: [1.0]}", "augmentation.scale"),
        ("augmentation: {scale: [0, 1]}", "augmentation.scale.0"),
        ("augmentation: {rotation: 181}", "augmentation.rotation"),
        ("seed: -1", "seed"),
        ("evaluation: {seeds: 0}", "evaluation.seeds"),
        ("name: ../elsewhere", "name"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(write: Write, text: str, key: str) -> None:
    assert f"mine.yaml: {key}: received " in refusal(write(text))


def test_a_scale_the_wrong_way_round_is_refused(write: Write) -> None:
    message = refusal(write("augmentation: {scale: [1.2, 0.9]}"))
    assert message.endswith("mine.yaml: augmentation: scale must be [smallest, largest]")
    assert load(write("augmentation: {scale: [1, 1]}")).augmentation.scale == [1.0, 1.0]


def test_a_split_that_leaves_none_to_train_on_is_refused(write: Write) -> None:
    sides = "test: 0.6, validation: 0.4"
    assert "split: test and validation together must leave" in refusal(write(f"split: {{{sides}}}"))
    assert load(write(f"split: {{method: published, {sides}}}")).split.test == 0.6


def test_folds_of_a_published_split_are_refused(write: Write) -> None:
    message = refusal(write("split: {method: published}\nevaluation: {folds: 5}"))
    assert "evaluation.folds cuts the whole set anew" in message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("data: {classes: [a]}", "data.classes: received ['a']: write at least 2"),
        ("augmentation: {scale: [1.0, 2.0, 3.0]}", "[1.0, 2.0, 3.0]: write at most 2"),
    ],
)
def test_a_list_of_a_wrong_length_says_how_many_it_takes(
    write: Write, text: str, complaint: str
) -> None:
    assert f"{complaint} in the list, not " in refusal(write(text))


@pytest.mark.parametrize("other", ["split: {method: ratio}", "evaluation: {folds: 2}"])
def test_a_second_set_is_the_test_side_and_nothing_else_may_be(write: Write, other: str) -> None:
    message = refusal(write(f"data: {{test_path: there}}\n{other}"))
    assert "set split.method: published" in message
    assert load(write("data: {test_path: there}")).split.method == "auto"
    both = "data: {test_path: there, part: train}\nsplit: {method: published}"
    assert "without data.part" in refusal(write(both))


def test_a_list_of_sets_is_the_first_and_more(write: Write) -> None:
    data = load(write("data: {path: [one, two, three]}")).data
    assert (data.path, data.more_paths) == ("one", ["two", "three"])
    assert load(write("data: {path: one}")).data.more_paths == []
    assert "give path" in refusal(write("data: {more_paths: [two]}"))
    assert "data.path" in refusal(write("data: {path: [3, one]}"))


def test_changes_of_colour_are_read_and_refused_for_grey_pictures(write: Write) -> None:
    colour = load(write("augmentation: {colour: {hue: 8, stain_scale: 0.2}}")).augmentation.colour
    assert (colour.hue, colour.stain_scale, colour.brightness) == (8, 0.2, 0)
    assert not load(write("{}")).augmentation.colour.changes_light
    grey = "data: {colour: grey}\naugmentation: {colour: {"
    assert "set data.colour: rgb" in refusal(write(grey + "hue: 8}}"))
    assert load(write(grey + "contrast: 0.2}}")).augmentation.colour.contrast == 0.2


def test_statistics_of_a_target_need_one_and_batch_normalisation(write: Write) -> None:
    target = "network: {statistics: target}"
    two = "data: {test_path: there}\nsplit: {method: published}\n"
    assert load(write(two + target)).network.statistics == "target"
    assert "give data.test_path" in refusal(write(target))
    grouped = two + "network: {statistics: target, normalisation: group}"
    assert "set normalisation: batch" in refusal(write(grouped))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("classifiers: {features: ruler}", "classifiers.features: received 'ruler'"),
        ("classifiers: {features: both}\nnetwork: {embedding: none}", "set features: shape"),
        ("classifiers: {features: shape}\nensemble: {networks: 3}", "leave the ensemble out"),
        (
            "data: {test_path: there}\nnetwork: {statistics: target}\n"
            "classifiers: {features: shape}",
            "network.statistics: training",
        ),
    ],
)
def test_hand_made_features_are_refused_where_they_cannot_be_had(
    write: Write, text: str, complaint: str
) -> None:
    assert complaint in refusal(write(text))


def test_features_are_the_networks_unless_others_are_asked_for(write: Write) -> None:
    assert load(write("{}")).classifiers.features == "cnn"
    shape = load(write("classifiers: {features: shape}\nnetwork: {embedding: none}")).classifiers
    assert shape.features == "shape"
    assert not {"features", "tune"} & set(shape.options)


def test_scarcity_is_made_up_for_once(write: Write) -> None:
    message = refusal(write("training: {class_weights: true, balanced: true}"))
    assert "choose one" in message


def test_stains_of_grey_pictures_are_refused_and_no_choice_is_a_yaml_boolean(write: Write) -> None:
    message = refusal(write("data: {stain: macenko, colour: grey}"))
    assert "macenko needs colours; set colour: rgb" in message
    assert load(write("data: {stain: as is}")).data.stain == "as is"


@pytest.mark.parametrize("choice", ["best_weights: true", "patience: 5"])
def test_choosing_by_a_validation_side_needs_one(write: Write, choice: str) -> None:
    training = f"training: {{{choice}}}\n"
    assert refusal(write(training)).endswith("set split.validation above 0")
    for split in ("{validation: 0.1}", "{method: published}"):  # a published split may bring one
        assert load(write(f"{training}split: {split}"))


def test_changes_are_read_as_yaml_and_go_over_the_file(write: Write) -> None:
    path = write("training: {epochs: 3, batch_size: 8}\nseed: 1\nclassifiers:\n")
    config = load(
        path,
        [
            "training.epochs=7",
            "seed=2",
            "data.classes=[basophil, neutrophil]",
            "data.synthetic.per_class=4",
            "classifiers.trees=5",
            "training.epochs=8",
            "description=a = b",
        ],
    )
    assert (config.training.epochs, config.training.batch_size, config.seed) == (8, 8, 2)
    assert config.data.classes == ["basophil", "neutrophil"]
    assert config.data.synthetic is not None
    assert config.data.synthetic.per_class == 4
    assert config.classifiers.trees == 5
    assert config.description == "a = b"


@pytest.mark.parametrize(
    ("setting", "key"),
    [
        ("network: {weights: none}", "network.weights"),
        ("network: {weights: imagenet}", "network.weights"),
        ("network: {weights: a.keras}\nclassifiers: {features: shape}", "classifiers.features"),
        ("network: {weights: a.keras}\nensemble: {networks: 2}", "ensemble.networks"),
    ],
)
def test_a_network_of_a_given_one_takes_no_setting_that_does_not_fit(
    write: Write, setting: str, key: str
) -> None:
    said = refusal(write(f"training: {{approach: best of folds}}\n{setting}"))
    assert f"best of folds makes the network of a given one, and {key} does not fit" in said


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("training.epochs", "--set: received 'training.epochs', write section.key=value"),
        ("=3", "--set: received '=3', write section.key=value"),
        ("training.epochs=[", "--set training.epochs: '[' is not a YAML value"),
        ("training.epochs=&a 3", "is not a YAML value: line 1: anchors, aliases and tags"),
        ("seed.epochs=3", "--set: unknown key 'seed.epochs': 'seed' holds no further keys"),
        ("training.epoch=3", "unknown key 'training.epoch', choose from epochs"),
        ("training.epochs=many", "training.epochs: received 'many': "),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(write: Write, change: str, complaint: str) -> None:
    assert complaint in refusal(write("seed: 0"), change)


@pytest.mark.parametrize("text", ["training: [", "a: 1\n  b: 2", "!!python/name:os.system x"])
def test_what_is_not_plain_yaml_is_refused(write: Write, text: str) -> None:
    assert "mine.yaml: not YAML: " in refusal(write(text))


def test_what_is_not_yaml_is_refused_by_its_line(write: Write) -> None:
    assert refusal(write("seed: 1\nseed: 2")).endswith(
        "mine.yaml: not YAML: line 2: key 'seed' is given twice"
    )


def test_a_file_larger_than_any_config_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.symlink_to("/dev/zero")
    assert refusal(path).endswith("not YAML: more than 100,000 characters are not read")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mine.yaml")
    assert refusal(tmp_path / "mine.yaml").endswith("a pipe, not a file")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 90_000,
        f"seed: {'x' * 90_000}",
        f"{'x' * 90_000}: 1",
        '"seed\\nx": 1',
        f"[{'1, ' * 9_000}]",
        f"data: {{draw: {{{'x' * 80_000}: 0, b: 1}}}}",
    ],
)
def test_a_refusal_is_one_line_that_can_be_read(write: Write, text: str) -> None:
    assert len(refusal(write(text))) < 1000


@pytest.mark.parametrize(
    ("text", "received"), [("", "None"), ("[1]", "[1]"), ("training", "'training'")]
)
def test_what_is_not_a_mapping_is_refused(write: Write, text: str, received: str) -> None:
    message = refusal(write(text))
    assert message.endswith(f"mine.yaml: a config is a mapping of keys, received {received}")


def test_a_missing_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert refusal(path).endswith(
        "mine.yaml: cannot be read as a config: No such file or directory"
    )
    path.write_bytes(b"name: \xff")
    assert refusal(path).endswith("mine.yaml: cannot be read as a config: not UTF-8 text")


def test_a_name_that_is_not_shipped_is_refused_with_the_names() -> None:
    message = refusal("quickstar")
    assert "received 'quickstar', which is neither a file or folder here nor one of " in message
    assert all(name in message for name in shipped.files())


def test_a_file_without_a_suffix_is_read_as_a_config(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    path.write_text("seed: 4")
    assert (load(path).name, load(path).seed) == ("settings", 4)


@pytest.mark.parametrize("name", shipped.files())
def test_every_shipped_config_loads_by_its_name(name: str) -> None:
    config = load(name)
    assert resolve(yaml.safe_load(config.to_yaml()), name) == config


def test_resolved_settings_are_the_same_when_they_are_read_again(write: Write) -> None:
    text = """
        name: mine
        description: "neutrófilos: 1"
        evaluation: {seeds: 3, folds: 4}
        data: {synthetic: {seed: 3}, draw: {basophil: 3, eosinophil: 2}, classes: ["no", "1"]}
        split: {validation: 0.1, test: 0.3}
        network: {dropout: 0.5}
        augmentation: {scale: [0.5, 1]}
        training: {learning_rate: 0.0000001, patience: 5}
    """
    config = load(write(text))
    resolved = config.to_yaml()
    again = load(write(resolved))
    assert again == config
    assert again.to_yaml() == resolved
    assert "neutrófilos" in resolved
    settings: dict[str, Any] = yaml.safe_load(resolved)
    assert set(settings) == set(Config.model_fields)
    assert settings["training"]["epochs"] == 50


def test_settings_cannot_be_changed_afterwards(write: Write) -> None:
    config = load(write("{}"))
    with pytest.raises(ValidationError, match="frozen"):
        config.training.epochs = 3


def test_a_rate_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("training: {learning_rate: 1e-3}")
    assert load(file).training.learning_rate == 0.001
    assert load(file, ["training.learning_rate=5E-4"]).training.learning_rate == 0.0005


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {draw: {}}", "data.draw: .*at least 2"),
        ("data: {bundled: bcisc, synthetic: {seed: 3}}", "bundled and synthetic both say which"),
        ("training: {epochs: 3, epochs: 4}", "key 'epochs' is given twice"),
    ],
)
def test_an_empty_draw_a_doubled_key_and_two_sets_of_cells_are_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        load(file)
