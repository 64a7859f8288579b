"""Batch normalisation: as one fused operation, and settled after a training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from hybrid_wbc.cnn.architecture import FixedNormalization
from hybrid_wbc.data.rows import Images

_SETTLE = 2
# Position of the channels in an image batch (n, height, width, channels).
_CHANNELS = 3


class _Fused(keras.layers.BatchNormalization):
    """Keras' layer, but for the operation that it consists of.

    Keras takes mean, variance and the rest as operations of their own, each of which goes through
    all of the layer's inputs: a third of a step, and of an answer, of `wbc23` and of
    EfficientNet-Lite0.
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalise images, shape (n, height, width, channels)."""
        if mask is not None or len(inputs.shape) != _CHANNELS + 1:
            return super().call(inputs, training=training, mask=mask)
        by_batch = bool(training and self.trainable)
        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=tf.cast(inputs, tf.float32),
            scale=tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels),
            offset=tf.convert_to_tensor(self.beta) if self.center else tf.zeros(channels),
            mean=tf.zeros(0) if by_batch else tf.convert_to_tensor(self.moving_mean),
            variance=tf.zeros(0) if by_batch else tf.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            is_training=by_batch,
        )
        if by_batch:
            # The operation divides by one value less; Keras' layer does not.
            values = tf.cast(tf.size(inputs) // channels, tf.float32)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance * (values - 1) / values)
        return tf.cast(outputs, self.compute_dtype)

    def _move(self, average: keras.Variable, new: tf.Tensor) -> None:
        average.assign(average * self.momentum + new * (1 - self.momentum))


@contextmanager
def fused(model: keras.Model) -> Iterator[None]:
    """Let the batch normalisations of a model use the fused operation for a while.

    What TensorFlow traces meanwhile keeps it. Only the layers' class is another one, and only
    within: what is kept of a network is made of Keras' own layers.

    Parameters
    ----------
    model : keras.Model
        Those of models within it too.
    """
    layers = [
        layer
        for layer in _normalisations(model)
        if type(layer) is keras.layers.BatchNormalization
        and layer.axis in (-1, _CHANNELS)
        and not layer.renorm
    ]
    # Keras' own `__setattr__` would take the class for something to be tracked.
    for layer in layers:
        object.__setattr__(layer, "__class__", _Fused)
    try:
        yield
    finally:
        for layer in layers:
            object.__setattr__(layer, "__class__", keras.layers.BatchNormalization)


def settle_batch_normalisation(
    model: keras.Model, images: Images, *, seed: int, batch_size: int = 256
) -> None:
    """Replace the moving statistics by plain averages over the training images, weights held still.

    Moving averages lag behind the weights, and what they have seen is augmented: a warp's
    interpolation blurs, so its statistics are not those of the untouched images that the network
    is used on. On a small set the softmax then guesses while the features are sound. The batches
    are large and untouched for that reason. (Wu and Johnson 2021, "Rethinking 'Batch' in
    BatchNorm", sections 3 and 5, https://arxiv.org/abs/2105.07576)

    Parameters
    ----------
    model : keras.Model
        Changed in place; a model without batch normalisation is left as it is, and so are frozen
        layers, whose statistics belong to the weights that they came with.
    images : Images of uint8, shape (n, height, width, 3)
        Training images, or those of another set that the network is to be used on.
    seed : int
        Seeds the order, so that each batch holds a mixture of the classes.
    batch_size : int
        A smaller set makes one batch; of a larger one, the images left over after the last full
        batch do not count.
    """
    normalisations = trained_normalisations(model)
    if not normalisations:
        return
    momenta = [layer.momentum for layer in normalisations]
    order = np.random.default_rng([seed, _SETTLE]).permutation(len(images))
    size = min(batch_size, len(images))
    for number, start in enumerate(range(0, len(images) - size + 1, size)):
        for layer in normalisations:
            layer.momentum = number / (number + 1)
        model(images[order[start : start + size]], training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum


def trained_normalisations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Find the batch normalisations that are trained, those of models within the model too."""
    return [
        layer
        for layer in _normalisations(model)
        if not isinstance(layer, FixedNormalization) and layer.trainable
    ]


def _normalisations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += _normalisations(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
    return found
