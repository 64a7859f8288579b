import keras
import numpy as np
import pytest
import tensorflow as tf

from hybrid_wbc.cnn import normalisation
from hybrid_wbc.cnn.architecture import FixedNormalization


def normalising(shape=(6, 6, 4), **arguments) -> keras.Model:
    """Build a network of one batch normalisation that has left its start."""
    pixels = keras.Input(shape)
    model = keras.Model(pixels, keras.layers.BatchNormalization(**arguments)(pixels))
    generator = np.random.default_rng(1)
    model.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model


def step(model, pixels, training=True):
    """Give the outputs and gradients of a step, and what the layer then holds."""
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        outputs = model(pixels, training=training)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 3)
    watched = [pixels, *[variable.value for variable in model.trainable_variables]]
    return [outputs, *tape.gradient(loss, watched), *model.get_weights()]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("arguments", [
    {}, {"trainable": False}, {"axis": 3}, {"scale": False}, {"center": False},
    {"epsilon": 0.1, "momentum": 0.6}, {"axis": 1}, {"renorm": True},
])  # fmt: skip
def test_a_step_and_an_answer_are_those_of_keras_own_layer(arguments, training):
    pixels = tf.constant(np.random.default_rng(0).normal(3, 2, (8, 6, 6, 4)), tf.float32)
    expected = step(normalising(**arguments), pixels, training)
    model = normalising(**arguments)
    with normalisation.fused(model):
        found = step(model, pixels, training)
    for a, b in zip(found, expected, strict=True):
        assert np.asarray(a) == pytest.approx(np.asarray(b), rel=1e-3, abs=1e-3)


def test_a_step_in_half_precision_gives_half_precision():
    model = normalising(dtype="mixed_bfloat16")
    with normalisation.fused(model):
        outputs, *_ = step(model, tf.ones((2, 6, 6, 4)))
    assert outputs.dtype == tf.bfloat16


@pytest.mark.parametrize("training", [True, False])
def test_the_normalisations_of_models_within_the_model_are_fused_too(on_a_backbone, training):
    model = on_a_backbone(depth=2)

    @tf.function
    def traced(pixels):
        with normalisation.fused(model):
            return model(pixels, training=training)

    graph = traced.get_concrete_function(tf.ones((2, 32, 32, 3))).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}


def test_what_is_no_picture_or_keeps_its_statistics_is_left_to_keras():
    flat = normalising((5,))
    rows = tf.constant(np.random.default_rng(0).normal(size=(8, 5)), tf.float32)
    expected = normalising((5,))(rows, training=True)
    with normalisation.fused(flat):
        assert np.array_equal(flat(rows, training=True), expected)
    pixels = keras.Input((6, 6, 4))
    fixed = keras.Model(pixels, FixedNormalization()(pixels))
    with normalisation.fused(fixed):
        assert type(fixed.layers[1]) is FixedNormalization


def test_outside_of_it_and_in_what_is_kept_the_layers_are_keras_own(tmp_path, on_a_backbone):
    model = on_a_backbone(depth=2)
    with pytest.raises(RuntimeError), normalisation.fused(model):
        assert "hybrid_wbc" in type(model.get_layer("last_normalisation")).__module__
        raise RuntimeError
    kinds = {type(layer) for layer in normalisation.trained_normalisations(model)}
    assert kinds == {keras.layers.BatchNormalization}


@pytest.mark.parametrize("depth", [1, 2])
def test_settling_reaches_the_normalisations_of_a_backbone(depth, discs, on_a_backbone):
    images, _ = discs
    model = on_a_backbone(depth=depth)
    normalisation.settle_batch_normalisation(model, images, seed=0)
    inside = model.get_layer("backbone")
    while "normalisation" not in [layer.name for layer in inside.layers]:
        inside = inside.layers[-1]
    values = inside.get_layer("convolution")(images / 255)
    mean = np.asarray(values).mean(axis=(0, 1, 2))
    layer = inside.get_layer("normalisation")
    assert np.asarray(layer.moving_mean) == pytest.approx(mean, abs=1e-4)
    assert layer.momentum == 0.99


def test_a_frozen_normalisation_uses_its_own_statistics_while_the_rest_is_trained(
    discs, on_a_backbone
):
    images, _ = discs
    model = on_a_backbone()
    backbone = model.get_layer("backbone")
    backbone.trainable = False
    pixels = images.astype(np.float32)
    assert np.array_equal(backbone(pixels, training=True), backbone(pixels, training=False))


def test_a_frozen_backbone_with_nothing_else_to_settle_is_not_run(discs, on_a_backbone):
    images, _ = discs
    model = on_a_backbone()
    model.trainable = False
    before = model.get_weights()
    normalisation.settle_batch_normalisation(model, images, seed=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(a, b)
