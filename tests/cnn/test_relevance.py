"""Maps of what raises and lowers a network's numbers, on networks whose answer is known."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from hybrid_wbc.cnn import networks
from hybrid_wbc.cnn.relevance import FEWEST_PLACES, Relevance, patches
from hybrid_wbc.data.cells.clearing import GREY
from hybrid_wbc.errors import InputError


def linear(weights: np.ndarray) -> keras.Model:
    """A network whose two units are sums of the red channel, weighed by place."""
    places = weights.shape[:2]
    inputs = keras.Input((*(2 * side for side in places), 3), name="image")
    convolution = layers.Conv2D(1, 2, strides=2, use_bias=False, name="block1_convolution")
    x = layers.Flatten(name="flatten")(convolution(inputs))
    embedding = layers.Dense(2, use_bias=False, name="embedding")
    x = layers.Softmax(name="probabilities")(embedding(x))
    red = np.zeros((2, 2, 3, 1))
    red[:, :, 0] = 1
    convolution.set_weights([red])
    embedding.set_weights([weights.reshape(-1, 2)])
    return keras.Model(inputs, x, name="linear")


def test_occlusion_of_a_linear_network_is_its_weights_times_what_is_covered():
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(4, 4, 2))
    images = generator.integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    relevance = Relevance(linear(weights))
    maps = relevance(images)
    assert (relevance.layer, relevance.places, relevance.units) == ("block1_convolution", (4, 4), 2)
    red = images[..., 0].astype(float).reshape(3, 4, 2, 4, 2).sum(axis=(2, 4))
    expected = np.einsum("nhw,hwt->nthw", red - 4 * GREY, weights)
    assert maps.occlusion == pytest.approx(expected, rel=1e-3, abs=0.05)
    assert maps.values == pytest.approx(np.einsum("nhw,hwt->nt", red, weights), rel=1e-3, abs=0.05)
    # Of one channel, Grad-CAM is the map times the mean weight.
    assert maps.gradient == pytest.approx(
        np.einsum("nhw,t->nthw", red, weights.mean(axis=(0, 1))), rel=1e-3, abs=0.05
    )


def test_both_maps_point_at_the_square_that_raises_and_the_one_that_lowers():
    inputs = keras.Input((32, 32, 3), name="image")
    scaled = layers.Rescaling(1 / 127.5, offset=-1, name="scaling")(inputs)
    convolution = layers.Conv2D(2, 3, strides=4, padding="same", activation="relu", name="last")
    x = layers.GlobalAveragePooling2D(name="pool")(convolution(scaled))
    unit = layers.Dense(1, use_bias=False, name="embedding")
    x = layers.Dense(2, name="class_layer")(unit(x))
    model = keras.Model(inputs, layers.Softmax(name="probabilities")(x))
    kernel = np.zeros((3, 3, 3, 2))
    kernel[1, 1] = np.array([[1, -1], [-1, -1], [-1, 1]])  # red, and blue
    convolution.set_weights([kernel, np.full(2, -0.5)])
    unit.set_weights([np.array([[1.0], [-1.0]])])
    image = np.full((1, 32, 32, 3), GREY, np.uint8)
    image[0, :8, 24:] = (255, 0, 0)
    image[0, 24:, :8] = (0, 0, 255)
    maps = Relevance(model)(image)
    for each in (maps.gradient[0, 0], maps.occlusion[0, 0]):
        rows, columns = np.unravel_index([each.argmax(), each.argmin()], each.shape)
        assert rows[0] < 2 and columns[0] >= 6
        assert rows[1] >= 6 and columns[1] < 2
        assert each.max() > 0 > each.min()


@pytest.mark.parametrize(
    ("name", "size", "layer"),
    [
        ("wbc23", 32, "block4_relu"),
        ("table60", 60, "block3_convolution"),
        ("cnn50", 50, "block3_convolution"),
        ("vgg16", 64, "block5_conv3"),
    ],
)
def test_the_last_map_of_every_kind_of_network_is_found_by_itself(name, size, layer):
    model = networks.build(name, input_size=(size, size), classes=3, embedding_units=4)
    images = np.random.default_rng(0).integers(0, 256, (1, size, size, 3)).astype(np.uint8)
    relevance = Relevance(model)
    maps = relevance(images)
    assert relevance.layer == layer and min(relevance.places) >= FEWEST_PLACES
    assert maps.gradient.shape == maps.occlusion.shape == (1, 7, *relevance.places)
    logits = maps.values[0, relevance.first_class :].astype(float)
    softmax = np.exp(logits) / np.exp(logits).sum()
    assert softmax == pytest.approx(model.predict_on_batch(images)[0], abs=1e-5)


def test_in_a_deep_backbone_the_last_map_that_is_large_enough_is_taken():
    model = networks.build("efficientnet-lite0", input_size=(64, 64), classes=3)
    relevance = Relevance(model)  # asking it would take ten seconds
    assert (relevance.layer, relevance.places) == ("block12_expand_relu", (4, 4))


def test_units_that_are_the_logits_are_mapped_once():
    model = networks.build("wbc23", input_size=(32, 32), classes=5)
    relevance = Relevance(model)
    assert (relevance.units, relevance.first_class) == (5, 0)
    assert relevance(np.zeros((2, 32, 32, 3), np.uint8)).values.shape == (2, 5)


def test_without_an_embedding_layer_the_classes_alone_are_mapped():
    model = networks.build("wbc23", input_size=(32, 32), classes=3, embedding="none")
    relevance = Relevance(model)
    assert (relevance.units, relevance.first_class) == (0, 0)
    assert relevance(np.zeros((1, 32, 32, 3), np.uint8)).gradient.shape[1] == 3


def test_a_map_that_a_way_goes_past_is_not_taken():
    inputs = keras.Input((16, 16, 3), name="image")
    whole = layers.Conv2D(4, 3, padding="same", name="whole")(inputs)
    one_way = layers.Conv2D(4, 3, strides=2, padding="same", name="one_way")(whole)
    other_way = layers.MaxPooling2D(2, name="other_way")(whole)
    x = layers.Concatenate(name="joined")([one_way, other_way])
    x = layers.MaxPooling2D(4, name="pool")(x)
    x = layers.Dense(2, name="class_layer")(layers.Flatten(name="flatten")(x))
    model = keras.Model(inputs, layers.Softmax(name="probabilities")(x))
    assert Relevance(model).layer == "whole"


def test_a_network_whose_maps_are_too_small_is_refused():
    inputs = keras.Input((6, 6, 3), name="image")
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="last")(inputs)
    x = layers.Dense(2, name="class_layer")(layers.Flatten(name="flatten")(x))
    model = keras.Model(inputs, layers.Softmax(name="probabilities")(x), name="tiny")
    with pytest.raises(InputError, match="tiny: no convolution has a map of 4×4 places"):
        Relevance(model)


def test_patches_lie_about_the_middle_of_their_places_and_inside_the_picture():
    laid = patches((96, 96), (12, 12))
    assert len(laid) == 144
    rows, columns = laid[5 * 12 + 6]
    assert (rows.start + rows.stop) / 2 == 44 and (columns.start + columns.stop) / 2 == 52
    assert rows.stop - rows.start == 24
    assert laid[0] == (slice(0, 16), slice(0, 16)) and laid[-1] == (slice(80, 96), slice(80, 96))
