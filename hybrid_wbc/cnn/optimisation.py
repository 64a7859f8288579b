"""How a network's weights are moved: loss, optimiser, and the learning rate of each step."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

# On a softmax of k classes binary cross-entropy takes each unit for a question of its own and
# averages the k answers.
LOSSES = {
    "categorical cross-entropy": keras.losses.CategoricalCrossentropy,
    "binary cross-entropy": keras.losses.BinaryCrossentropy,
}


@dataclass(frozen=True)
class Recipe:
    """How a network is fitted; the defaults are the hybrid paper's where it states them.

    Parameters
    ----------
    epochs, batch_size : int
    loss : str
        A key of `LOSSES`.
    optimizer : {"adam", "sgd"}
    momentum : float
        Of stochastic gradient descent; Adam has its own.
    learning_rate : float
        The rate at the start.
    schedule : {"constant", "cosine"}
        Kept, or lowered along half a cosine to zero at the last step.
    warmup_epochs : float
        Epochs over which the rate rises linearly from zero.
    weight_decay : float
        Decoupled decay of the kernels; biases and normalisation are spared.
    class_weights : bool
        Weigh each image by the inverse of its class's frequency.
    best_weights : bool
        End with the weights of the lowest validation loss rather than the last.
    patience : int, optional
        Stop after so many epochs without a lower validation loss.
    """

    epochs: int = 50
    batch_size: int = 32
    loss: str = "categorical cross-entropy"
    optimizer: str = "adam"
    momentum: float = 0.0
    learning_rate: float = 0.001
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    weight_decay: float = 0.0
    class_weights: bool = False
    best_weights: bool = False
    patience: int | None = None

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
