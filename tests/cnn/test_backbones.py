import gc

import keras
import numpy as np
import pytest
import tensorflow as tf

from hybrid_wbc.cnn import extraction, networks, storage, training
from hybrid_wbc.cnn.applications import APPLICATIONS
from hybrid_wbc.cnn.optimisation import Recipe
from hybrid_wbc.errors import InputError

# Parameters of each application without its dense layers, as Keras' own summary gives them.
PARAMETERS = {
    "vgg16": 14_714_688,
    "vgg19": 20_024_384,
    "resnet50": 23_587_712,
    "resnet101": 42_658_176,
    "resnet152": 58_370_944,
    "inceptionv3": 21_802_784,
    "mobilenetv2": 2_257_984,
    "densenet201": 18_321_984,
}
# The others hold the same kinds of layers in greater number, and take long to run.
SMALL = ["mobilenetv2", "vgg19at50", *networks.PUBLISHED]


def build(name):
    size = 75 if name == "inceptionv3" else 32
    return networks.build(name, input_size=(size, size), classes=3)


@pytest.fixture(scope="module")
def model(request):
    """Build a network for all its tests, which follow one another, and have only one in memory."""
    yield build(request.param)
    gc.collect()


def random_images(model, count=2, seed=0):
    shape = (count, *model.input_shape[1:])
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def arrays(variables):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


@pytest.fixture
def run_eagerly():
    """Take one step without compiling it first, which would take longer than the step."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize(("model", "parameters"), PARAMETERS.items(), indirect=["model"])
def test_every_backbone_is_keras_own_with_its_parameters(model, parameters):
    backbone = model.get_layer("backbone")
    assert backbone.count_params() == parameters
    features = backbone.output_shape[-1]
    assert model.count_params() - parameters == (features * 5 + 5) + (5 * 3 + 3)


@pytest.mark.parametrize("model", ["vgg19at224", "vgg19at50"], indirect=True)
def test_every_changed_backbone_has_an_embedding_before_its_class_layer(model):
    assert model.get_layer("class_layer").input is model.get_layer("embedding").output


@pytest.mark.parametrize("model", ["vgg19at224"], indirect=True)
def test_vgg19at224_keeps_the_two_dense_layers_of_the_original(model):
    backbone = model.get_layer("backbone")
    dense = [layer.units for layer in backbone.layers if isinstance(layer, keras.layers.Dense)]
    assert dense == [4096, 4096]


def test_resnet50at50_has_the_papers_counts_of_further_layers():
    model = networks.build("resnet50at50", input_size=(50, 50), classes=4, embedding="none")
    kinds = [type(layer).__name__ for layer in model.layers]
    counted = {kind: kinds.count(kind) for kind in ("Conv2D", "MaxPooling2D", "BatchNormalization")}
    assert counted == {"Conv2D": 2, "MaxPooling2D": 3, "BatchNormalization": 2}
    assert kinds.count("Dense") == 2


@pytest.mark.parametrize("model", SMALL, indirect=True)
def test_a_network_trains_a_step(model, run_eagerly):
    before = arrays(model.trainable_weights)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    step = training.training_step(model, optimizer, Recipe().loss_function())
    loss, _ = step(random_images(model, 4), np.array([0, 1, 2, 0]), np.ones(4, np.float32))
    assert np.isfinite(loss)
    pairs = zip(before, arrays(model.trainable_weights), strict=True)
    changed = [not np.array_equal(a, b) for a, b in pairs]
    assert np.mean(changed) > 0.9


@pytest.mark.parametrize("model", SMALL, indirect=True)
def test_a_kept_network_gives_the_same_embeddings(model, tmp_path):
    storage.save(model, tmp_path / "cnn.keras")
    again = storage.load(tmp_path / "cnn.keras")
    images = random_images(model)
    embeddings, probabilities = extraction.extract(model, images)
    assert embeddings.shape == (2, 5)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    for a, b in zip(extraction.extract(again, images), (embeddings, probabilities), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("model", ["inceptionv3"], indirect=True)
def test_a_backbone_is_the_same_whatever_was_built_before_it(model):
    first = model.get_layer("backbone")  # Keras leaves most of its layers unnamed
    again = networks.build("inceptionv3", input_size=(75, 75), classes=3).get_layer("backbone")
    assert [layer.name for layer in first.layers] == [layer.name for layer in again.layers]
    pairs = list(zip(first.get_weights(), again.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("model", ["inceptionv3"], indirect=True)
def test_a_backbone_takes_keras_weights_into_the_right_branches(model):
    ours, original = model.get_layer("backbone"), APPLICATIONS["inceptionv3"]
    keras_own = original.build((75, 75), None)
    ours.set_weights(keras_own.get_weights())
    pixels = np.random.default_rng(0).uniform(-1, 1, (2, 75, 75, 3)).astype(np.float32)
    assert np.asarray(ours(pixels)) == pytest.approx(np.asarray(keras_own(pixels)), abs=1e-5)


def test_another_seed_gives_another_backbone():
    first, other = (
        networks.build("vgg16", input_size=(32, 32), classes=3, seed=seed) for seed in (3, 4)
    )
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize("model", ["vgg16", "mobilenetv2", "densenet201"], indirect=True)
def test_pixels_are_preprocessed_by_keras_own_rule_inside_the_network(model):
    images = random_images(model)
    scaled = np.asarray(model.get_layer("scaling")(images))
    expected = APPLICATIONS[model.name].preprocess(images.astype(np.float32))
    assert scaled == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("model", ["vgg16"], indirect=True)
def test_vgg_sees_blue_first_and_less_the_mean_of_imagenet(model):
    red = np.zeros((1, 32, 32, 3), np.uint8)
    red[..., 0] = 255
    scaled = np.asarray(model.get_layer("scaling")(red))
    assert scaled[0, 0, 0] == pytest.approx([-103.939, -116.779, 255 - 123.68])


@pytest.mark.parametrize("model", ["vgg16"], indirect=True)
def test_a_backbones_layers_are_found_by_keras_names(model):
    backbone = model.get_layer("backbone")
    assert backbone.get_layer("block5_conv3").filters == 512


@pytest.mark.parametrize(("name", "size", "smallest"), [("vgg16", 31, 32), ("inceptionv3", 64, 75)])
def test_an_input_below_keras_smallest_is_refused_with_the_smallest(name, size, smallest):
    message = f"{size}×{size} pixels are too few for '{name}', which takes {smallest} or more"
    with pytest.raises(InputError, match=message):
        networks.build(name, input_size=(size, size), classes=3)


@pytest.mark.parametrize(
    ("choice", "frozen"), [("auto", False), ("trained", False), ("frozen", True)]
)
def test_a_backbone_with_drawn_weights_is_trained_unless_it_is_frozen(choice, frozen):
    model = networks.build("vgg16", input_size=(32, 32), classes=3, backbone=choice)
    of_the_head = 4  # kernel and bias of the embedding and of the class layer
    assert (len(model.trainable_variables) == of_the_head) is frozen


@pytest.mark.parametrize(
    ("name", "backbone", "message"),
    [
        ("vgg16", "cold", "network.backbone: received 'cold', choose from auto, frozen, trained"),
        ("wbc23", "frozen", "'wbc23' has no backbone; set auto, or network.name to one of vgg16"),
    ],
)
def test_a_choice_for_the_backbone_that_cannot_be_is_refused(name, backbone, message):
    with pytest.raises(InputError, match=message):
        networks.build(name, input_size=(32, 32), classes=3, backbone=backbone)
