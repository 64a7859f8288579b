"""How a network's weights are moved: loss, optimiser, and the learning rate of each step."""

from __future__ import annotations

import keras
import numpy as np

from hybrid_wbc.config.settings import BINARY, CATEGORICAL, Loss, Training

# On a softmax of k classes binary cross-entropy takes each unit for a question of its own and
# averages the k answers.
LOSSES: dict[Loss, type[keras.losses.Loss]] = {
    CATEGORICAL: keras.losses.CategoricalCrossentropy,
    BINARY: keras.losses.BinaryCrossentropy,
}


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
