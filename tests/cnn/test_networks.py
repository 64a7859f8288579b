from itertools import count

import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import networks, storage
from hybrid_wbc.cnn.architecture import Builder
from hybrid_wbc.cnn.extraction import extract
from hybrid_wbc.cnn.normalisation import settle_batch_normalisation
from hybrid_wbc.cnn.optimisation import Recipe
from hybrid_wbc.cnn.training import fit
from hybrid_wbc.config import names
from hybrid_wbc.errors import InputError


def test_table60_as_printed_has_every_row_of_the_papers_table():
    model = networks.build("table60", input_size=(60, 60), classes=4, embedding="none")
    rows = [
        (type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in model.layers
        if type(layer).__name__ not in {"InputLayer", "Rescaling", "Softmax"}
    ]
    assert rows == [
        ("Conv2D", (58, 58, 32), 896),
        ("MaxPooling2D", (29, 29, 32), 0),
        ("Dropout", (29, 29, 32), 0),
        ("Conv2D", (27, 27, 64), 18496),
        ("MaxPooling2D", (13, 13, 64), 0),
        ("Dropout", (13, 13, 64), 0),
        ("Conv2D", (11, 11, 128), 73856),
        ("MaxPooling2D", (5, 5, 128), 0),
        ("Dropout", (5, 5, 128), 0),
        ("Flatten", (3200,), 0),
        ("Dense", (64,), 204864),
        ("Dense", (128,), 8320),
        ("Dense", (4,), 516),
    ]
    assert model.count_params() == 306_948


def test_table60_with_an_embedding_differs_from_the_print_by_that_layer_only():
    model = networks.build("table60", input_size=(60, 60), classes=4)
    assert model.count_params() == 306_948 - 516 + (128 * 5 + 5) + (5 * 4 + 4)


def test_wbc23_has_the_deduced_twenty_three_layers():
    model = networks.build("wbc23", input_size=(64, 64), classes=5)
    names = [type(layer).__name__ for layer in model.layers]
    counted = {
        kind: names.count(kind)
        for kind in (
            "InputLayer", "Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D", "Dense", "Softmax"
        )
    }  # fmt: skip
    assert counted == {
        "InputLayer": 1, "Conv2D": 5, "BatchNormalization": 5, "ReLU": 5, "MaxPooling2D": 4,
        "Dense": 1, "Softmax": 1,
    }  # fmt: skip
    classification_output = 1  # MATLAB counts the loss as a layer
    assert sum(counted.values()) + classification_output == 23


def test_every_network_has_a_description_of_its_own():
    assert list(names.NETWORKS) == list(networks.NETWORKS)
    assert len(set(names.NETWORKS.values())) == len(networks.NETWORKS) == 18


def test_embedding_is_the_class_layer_where_wbc23_has_five_classes():
    model = networks.build("wbc23", input_size=(48, 48), classes=5)
    assert "class_layer" not in [layer.name for layer in model.layers]
    assert model.layers[-1].input is model.get_layer("embedding").output


@pytest.mark.parametrize("units", [2, 8, 64])
def test_the_embedding_has_as_many_units_as_asked_for(units):
    model = networks.build("wbc23", input_size=(48, 48), classes=8, embedding_units=units)
    assert model.get_layer("embedding").output.shape[-1] == units
    assert model.output.shape[-1] == 8
    has_class_layer = "class_layer" in [layer.name for layer in model.layers]
    assert has_class_layer == (units != 8)


def test_embedding_stands_before_the_class_layer_when_asked_for():
    model = networks.build("wbc23", input_size=(48, 48), classes=5, embedding="before class layer")
    assert model.get_layer("class_layer").input is model.get_layer("embedding").output


def test_equal_seeds_give_equal_weights_and_others_do_not():
    first, again, other = (
        networks.build("wbc23", input_size=(48, 48), classes=5, seed=seed) for seed in (3, 3, 4)
    )
    assert all(
        np.array_equal(a, b) for a, b in zip(first.get_weights(), again.get_weights(), strict=True)
    )
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_pixel_scaling_is_part_of_the_network():
    model = networks.build("wbc23", input_size=(48, 48), classes=5)
    scaled = keras.Model(model.input, model.get_layer("scaling").output)
    ends = np.stack([np.zeros((48, 48, 3), np.uint8), np.full((48, 48, 3), 255, np.uint8)])
    values = np.asarray(scaled(ends))
    assert values[0] == pytest.approx(-1) and values[1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "resnet"}, "received 'resnet', choose from wbc23, table60"),
        ({"embedding": "last"}, "network.embedding: received 'last'"),
        ({"classes": 4, "embedding": "class layer"}, "needs 5 classes.*the data have 4"),
        (
            {"classes": 5, "embedding": "class layer", "embedding_units": 3},
            "needs 3 classes, as many as network.embedding_units; the data have 5",
        ),
        ({"name": "table60", "input_size": (16, 16)}, "16×16 pixels are too few for 'table60'"),
        ({"normalisation": "layer"}, "received 'layer', choose from batch, group, none"),
        (
            {"name": "pbc22", "normalisation": "group"},
            "'pbc22' has no normalisation layers of its own; set batch, or network.name to one of "
            "wbc23, cnn50, alexnet50, resnet50at50, vgg19at50",
        ),
        ({"name": "vgg16", "normalisation": "none"}, "'vgg16' has no normalisation layers"),
    ],
)
def test_build_says_what_is_wrong_and_what_is_allowed(changes, message):
    arguments = {"name": "wbc23", "input_size": (48, 48), "classes": 5} | changes
    with pytest.raises(InputError, match=message):
        networks.build(arguments.pop("name"), **arguments)


def test_standardised_pixels_have_mean_zero_and_deviation_one():
    images = np.random.default_rng(0).integers(0, 90, (50, 48, 48, 3)).astype(np.uint8)
    axes = (0, 1, 2)
    model = networks.build(
        "wbc23", input_size=(48, 48), classes=3, pixels=(images.mean(axes), images.std(axes))
    )
    scaled = np.array(model.get_layer("scaling")(images))
    np.testing.assert_allclose(scaled.mean(axes), 0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axes), 1, atol=1e-3)


@pytest.mark.parametrize("name", ["wbc23", "cnn50"])
def test_networks_own_normalisations_are_of_the_kind_asked_for(name):
    def kinds(normalisation):
        model = networks.build(name, input_size=(50, 50), classes=4, normalisation=normalisation)
        names = [type(layer).__name__ for layer in model.layers]
        return names.count("BatchNormalization"), names.count("GroupNormalization")

    batch, group = kinds("batch"), kinds("group")
    assert batch[0] >= 2 and batch[1] == 0
    assert group == batch[::-1]
    assert kinds("none") == (0, 0)


def test_an_extended_backbone_keeps_its_own_normalisations():
    model = networks.build("resnet50at50", input_size=(50, 50), classes=4, normalisation="group")
    assert isinstance(model.get_layer("extension1_normalisation"), keras.layers.GroupNormalization)
    own = [type(layer).__name__ for layer in model.get_layer("backbone").layers]
    assert "BatchNormalization" in own and "GroupNormalization" not in own


@pytest.mark.parametrize("channels", [16, 12, 7])
def test_groups_divide_any_number_of_channels(channels):
    inputs = keras.Input((4, 4, channels))
    build = Builder(count(), normalisation="group")
    model = keras.Model(inputs, build.normalise(inputs, "normalisation"))
    images = np.random.default_rng(0).normal(3, 5, (2, 4, 4, channels)).astype(np.float32)
    assert abs(float(np.mean(model(images)))) < 1e-3


def test_an_image_alone_and_among_others_gives_the_same_under_group_normalisation():
    model = networks.build("wbc23", input_size=(32, 32), classes=5, normalisation="group")
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    together = np.asarray(model(images, training=True))
    np.testing.assert_allclose(together[:1], model(images[:1], training=False), atol=1e-5)


def test_settling_leaves_a_network_without_batch_normalisation_alone():
    model = networks.build("wbc23", input_size=(32, 32), classes=5, normalisation="group")
    before = [weights.copy() for weights in model.get_weights()]
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    settle_batch_normalisation(model, images, seed=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_twice_the_width_doubles_filters_and_dense_units_but_not_what_is_named_or_counted():
    plain, wide = (
        networks.build("cnn50", input_size=(32, 32), classes=4, width=width) for width in (1, 2)
    )
    units = [
        {layer.name: layer.output.shape[-1] for layer in model.layers if layer.weights}
        for model in (plain, wide)
    ]
    named = ("embedding", "class_layer")
    assert {k: v for k, v in units[1].items() if k not in named} == {
        k: 2 * v for k, v in units[0].items() if k not in named
    }
    assert [units[1][name] for name in named] == [5, 4]


def test_a_narrow_network_keeps_one_filter():
    model = networks.build("wbc23", input_size=(32, 32), classes=5, width=0.001)
    assert model.get_layer("block5_convolution").filters == 1


@pytest.mark.parametrize("name", ["wbc23", "mobilenetv2"])
def test_bfloat16_keeps_weights_embedding_and_probabilities_in_float32(name):
    model = networks.build(name, input_size=(32, 32), classes=4, precision="mixed bfloat16")
    precisions = {layer.name: layer.compute_dtype for layer in model.layers}
    ends = ("scaling", "embedding", "class_layer", "probabilities")
    assert {precisions.pop(end) for end in ends} == {"float32"}
    assert "bfloat16" in precisions.values()
    assert {weights.dtype for weights in model.get_weights()} == {np.dtype("float32")}
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    assert np.asarray(model(images)).dtype == np.float32


def test_a_bfloat16_network_is_trained_kept_and_read_again(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    model = networks.build("wbc23", input_size=(32, 32), classes=2, precision="mixed bfloat16")
    history = fit(
        model, images, np.arange(8) % 2, recipe=Recipe(epochs=1, batch_size=4), augmentation=None,
        seed=0,
    )  # fmt: skip
    assert np.isfinite(history["loss"]).all()
    storage.save(model, tmp_path / "cnn.keras")
    again = storage.load(tmp_path / "cnn.keras")
    np.testing.assert_array_equal(np.asarray(again(images)), np.asarray(model(images)))
    assert extract(again, images)[0].dtype == np.float32


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"width": 0}, "network.width: received 0, a number above 0"),
        ({"width": float("nan")}, "network.width: received nan, a number above 0"),
        ({"name": "vgg16", "width": 2}, "'vgg16' has no layers of its own to widen; set 1, or"),
        ({"precision": "float16"}, "network.precision: received 'float16', choose from float32"),
    ],
)
def test_widths_and_precisions_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(InputError, match=says):
        networks.build(**{"name": "cnn50", "input_size": (32, 32), "classes": 4} | wrong)


def test_bfloat16_is_for_the_network_that_asks_for_it_alone():
    networks.build("wbc23", input_size=(32, 32), classes=4, precision="mixed bfloat16")
    after = networks.build("wbc23", input_size=(32, 32), classes=4)
    assert {layer.compute_dtype for layer in after.layers} == {"float32"}


def test_bfloat16_starts_from_the_same_weights_and_says_nearly_the_same():
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    exact, rounded = (
        networks.build("cnn50", input_size=(32, 32), classes=4, precision=precision, seed=5)
        for precision in ("float32", "mixed bfloat16")
    )
    for one, other in zip(exact.get_weights(), rounded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(np.asarray(exact(images)), np.asarray(rounded(images)), atol=0.05)
