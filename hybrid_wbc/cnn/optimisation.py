"""How a network's weights are moved: loss, optimiser, and the learning rate of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import keras
import numpy as np

from hybrid_wbc.config.choices import BINARY, CATEGORICAL, Loss
from hybrid_wbc.config.network import Training

# On a softmax of k classes binary cross-entropy takes each unit for a question of its own and
# averages the k answers.
LOSSES: dict[Loss, type[keras.losses.Loss]] = {
    CATEGORICAL: keras.losses.CategoricalCrossentropy,
    BINARY: keras.losses.BinaryCrossentropy,
}


class Optimizer(Protocol):
    """What training asks of an optimiser: one of Keras', or two of them as one."""

    @property
    def learning_rate(self) -> Any:
        """Takes the rate of the next step by `assign`."""

    @property
    def variables(self) -> list[keras.Variable]:
        """Everything that a training which goes on needs of it."""

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make its moments."""

    def apply(self, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
        """Move the variables by their gradients."""


class TwoRates:
    """Two optimisers as one: a backbone is moved at its own share of the learning rate.

    Parameters
    ----------
    make : callable
        Makes an optimiser.
    backbone : sequence of keras.Variable
        The variables moved at the other rate.
    share : float
        How many times the learning rate that is.
    """

    def __init__(
        self,
        make: Callable[[], keras.optimizers.Optimizer],
        backbone: Sequence[keras.Variable],
        share: float,
    ):
        self._head, self._backbone = make(), make()
        self._of_backbone = {id(variable) for variable in backbone}
        self._share = share

    @property
    def learning_rate(self) -> TwoRates:
        """Itself: it takes the rate of the next step by `assign`."""
        return self

    def assign(self, rate: float) -> None:
        """Set the rate of the next step."""
        self._head.learning_rate.assign(rate)
        self._backbone.learning_rate.assign(rate * self._share)

    @property
    def variables(self) -> list[keras.Variable]:
        """Those of both."""
        return [*self._head.variables, *self._backbone.variables]

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the moments of both."""
        for optimizer, of_backbone in ((self._head, False), (self._backbone, True)):
            optimizer.build([v for v in variables if (id(v) in self._of_backbone) is of_backbone])

    def apply(self, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
        """Move the variables by their gradients."""
        for optimizer, of_backbone in ((self._head, False), (self._backbone, True)):
            pairs = [
                (gradient, variable)
                for gradient, variable in zip(gradients, variables, strict=True)
                if (id(variable) in self._of_backbone) is of_backbone
            ]
            if pairs:
                optimizer.apply(*zip(*pairs, strict=True))


class Recipe(Training):
    """The settings of a training, and what they make: the rate of each step, loss and optimiser."""

    def rate(self, step: int, steps_per_epoch: int) -> float:
        """Learning rate of a step, counted from zero."""
        warmup = self.warmup_epochs * steps_per_epoch
        total = self.epochs * steps_per_epoch
        rate = self.learning_rate
        if step < warmup:
            return rate * (step + 1) / warmup
        if self.schedule == "cosine":
            rate *= 0.5 * (1 + np.cos(np.pi * (step - warmup) / max(1, total - warmup)))
        return float(rate)

    def loss_function(self) -> keras.losses.Loss:
        """Make the loss: one number an image, from one-hot targets and probabilities."""
        return LOSSES[self.loss](reduction="none")

    def optimizer_of(self, model: keras.Model) -> Optimizer:
        """Make what moves a model's weights, its layer `backbone` at a rate of its own if set."""
        if self.backbone_rate == 1:
            return self.make_optimizer()
        backbone = model.get_layer("backbone").variables
        return TwoRates(self.make_optimizer, backbone, self.backbone_rate)

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        """Make the optimiser, its decay of weights sparing biases and normalisation."""
        decay = self.weight_decay or None
        optimizer: keras.optimizers.Optimizer
        if self.optimizer == "sgd":
            optimizer = keras.optimizers.SGD(
                self.learning_rate, momentum=self.momentum, weight_decay=decay
            )
        else:
            optimizer = keras.optimizers.Adam(self.learning_rate, weight_decay=decay)
        if self.weight_decay:
            optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer
