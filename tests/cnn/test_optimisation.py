"""Losses are Keras' own, and each optimiser moves the weights as its rule says."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import networks, training
from hybrid_wbc.cnn.optimisation import LOSSES, Recipe
from hybrid_wbc.errors import InputError


def test_binary_cross_entropy_asks_each_unit_of_the_softmax_for_itself():
    probabilities = np.array([[0.7, 0.2, 0.05, 0.05]], np.float32)
    truth = np.array([[1.0, 0.0, 0.0, 0.0]], np.float32)
    losses = {name: float(Recipe(loss=name).loss_function()(truth, probabilities)[0])
              for name in LOSSES}  # fmt: skip
    assert losses["categorical cross-entropy"] == pytest.approx(-np.log(0.7), abs=1e-5)
    by_hand = -np.mean([np.log(0.7), np.log(0.8), np.log(0.95), np.log(0.95)])
    assert losses["binary cross-entropy"] == pytest.approx(by_hand, abs=1e-5)


def test_gradient_descent_with_momentum_goes_on_after_the_gradient_is_gone():
    optimizer = Recipe(optimizer="sgd", momentum=0.9, learning_rate=0.1).make_optimizer()
    weight = keras.Variable(1.0)
    optimizer.build([weight])
    for gradient in (1.0, 0.0):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    assert float(weight) == pytest.approx(1.0 - 0.1 - 0.09)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_weight_decay_spares_biases_and_normalisation(optimizer):
    model = networks.build("wbc23", input_size=(16, 16), classes=3)
    chosen = Recipe(optimizer=optimizer, learning_rate=0.1, weight_decay=0.1).make_optimizer()
    chosen.build(model.trainable_variables)
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in model.trainable_variables]
    chosen.apply([keras.ops.zeros_like(v) for v in model.trainable_variables],
                 model.trainable_variables)  # fmt: skip
    for variable, was in zip(model.trainable_variables, before, strict=True):
        kernel = variable.name == "kernel"
        assert np.array_equal(keras.ops.convert_to_numpy(variable), was) == (not kernel), (
            variable.path
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": "binary cross-entropy"},
        {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.01},
    ],
)
def test_a_network_learns_by_each_loss_and_optimiser(discs, changes):
    images, labels = discs
    model = networks.build("wbc23", input_size=(32, 32), classes=3)
    history = training.fit(
        model,
        images,
        labels,
        recipe=Recipe(epochs=12, batch_size=12, **changes),
        augmentation=None,
        seed=1,
        validation=discs,
    )
    assert history["accuracy"][-1] > 0.9
    assert history["validation_loss"][-1] < history["validation_loss"][0]


def moved(backbone_rate, rate):
    """Say how far gradients of one move the weights of a backbone, and those behind it."""
    model = networks.build("mobilenetv2", input_size=(32, 32), classes=3)
    optimizer = Recipe(optimizer="sgd", backbone_rate=backbone_rate).optimizer_of(model)
    variables = model.trainable_variables
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
    optimizer.build(variables)
    optimizer.learning_rate.assign(rate)
    optimizer.apply([keras.ops.ones_like(variable) for variable in variables], variables)
    shifts = [b - keras.ops.convert_to_numpy(v) for b, v in zip(before, variables, strict=True)]
    of_backbone = len(model.get_layer("backbone").trainable_variables)
    return shifts[:of_backbone], shifts[of_backbone:], optimizer


def test_a_backbone_is_moved_at_its_own_share_of_the_rate():
    backbone, head, optimizer = moved(backbone_rate=0.1, rate=0.5)
    assert all(shift == pytest.approx(0.05, abs=1e-5) for shift in backbone)
    assert all(shift == pytest.approx(0.5, abs=1e-5) for shift in head)
    assert (
        len(optimizer.variables) >= 4
    )  # iterations and rate of both: a training goes on with them


def test_a_share_of_one_leaves_keras_optimiser_alone():
    _, _, optimizer = moved(backbone_rate=1.0, rate=0.5)
    assert isinstance(optimizer, keras.optimizers.SGD)


def test_a_share_for_a_network_without_backbone_is_refused():
    with pytest.raises(
        InputError, match=r"training\.backbone_rate: received 0\.1, but 'wbc23' has no"
    ):
        networks.check("wbc23", backbone_rate=0.1)
