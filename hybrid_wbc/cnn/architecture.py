"""What a network is made of: its body, and layers with names and seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from hybrid_wbc.data.sizing import PIXEL_SCALING

# Keras' default of 0.99 needs several hundred steps to forget its start; small sets take fewer.
BATCH_NORMALISATION_MOMENTUM = 0.9
# The networks' own widths are multiples of it.
_GROUPS = 8


def _pixel_scaling(**arguments: Any) -> layers.Layer:
    return layers.Rescaling(**PIXEL_SCALING, **arguments)


@dataclass(frozen=True)
class Network:
    """A published network: how its layers are put together.

    Parameters
    ----------
    body : callable
        Takes the scaled pixels and what adds layers to them; gives the features that the embedding
        or the class layer follows.
    embedding_may_be_class_layer : bool
        Whether the embedding's units may be the logits, where there are as many classes.
    dropout : float
        Rate of its dropout layers.
    scaling : callable
        Makes the layer that the pixels go through first, given its `name`.
    load_imagenet : callable, optional
        Starts the layer `backbone` of a model from ImageNet; none where there is no backbone.
    find_imagenet : callable, optional
        Raises an `InputError` where those weights come with a package that is not installed.
    freezes_backbone : bool
        Whether the paper trains only what stands after the backbone.
    normalises : bool
        Whether it has normalisation layers of a kind that can be chosen.
    normalises_backbone : bool
        Whether the layers of its backbone are among them.
    widens : bool
        Whether it has layers of its own that can be made wider.
    """

    body: Callable[[keras.KerasTensor, Builder], keras.KerasTensor]
    embedding_may_be_class_layer: bool = False
    dropout: float = 0.0
    scaling: Callable[..., layers.Layer] = _pixel_scaling
    load_imagenet: Callable[[keras.Model], None] | None = None
    find_imagenet: Callable[[], object] | None = None
    freezes_backbone: bool = False
    normalises: bool = False
    normalises_backbone: bool = False
    widens: bool = True


@keras.saving.register_keras_serializable("hybrid_wbc")
class FixedNormalization(layers.BatchNormalization):
    """Batch normalisation by the statistics that it started with, while it is trained as well.

    Scale and shift are trained; mean and variance stay. A frozen layer would keep all four.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: ARG002
        """Normalise by the kept statistics, whatever `training` says."""
        return super().call(inputs, training=False, mask=mask)


@dataclass(frozen=True)
class Builder:
    """Adds layers with names and seeds to a network.

    Parameters
    ----------
    seeds : iterator of int
        One for each initialiser and dropout layer.
    rate : float
        Of the dropout layers; at zero there are none.
    normalisation : {"batch", "group", "none", "fixed"}
        Kind of the normalisation layers.
    width : float
        How many times as many filters and dense units each layer has as the network's own.
    """

    seeds: Iterator[int]
    rate: float = 0.0
    normalisation: str = "batch"
    width: float = 1.0

    def convolve(
        self,
        x: keras.KerasTensor,
        filters: int,
        name: str,
        *,
        kernel: int = 3,
        strides: int = 1,
        padding: str = "same",
        activation: str = "relu",
        initialiser: type[keras.initializers.Initializer] = keras.initializers.GlorotUniform,
    ) -> keras.KerasTensor:
        """Add a convolution, drawn as Keras does (Glorot) where nothing else is said."""
        return layers.Conv2D(
            self._widened(filters),
            kernel,
            strides=strides,
            padding=padding,
            activation=activation,
            kernel_initializer=initialiser(seed=next(self.seeds)),
            name=name,
        )(x)

    def normalise(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Add a normalisation, or none.

        Batch normalisation has moving averages that forget quickly. Group normalisation (Wu and He
        2018, https://arxiv.org/abs/1803.08494) takes its statistics from each image alone, so that
        none of the training images' are kept for later ones; its groups are eight, or as many as
        divide the channels. Fixed is batch normalisation with the statistics that it starts with.
        """
        if self.normalisation == "none":
            return x
        if self.normalisation == "group":
            groups = math.gcd(_GROUPS, x.shape[-1])
            return layers.GroupNormalization(groups, name=name)(x)
        if self.normalisation == "fixed":
            return FixedNormalization(name=name)(x)
        return layers.BatchNormalization(momentum=BATCH_NORMALISATION_MOMENTUM, name=name)(x)

    def drop(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Add a dropout layer, unless its rate is zero."""
        if not self.rate:
            return x
        return layers.Dropout(self.rate, seed=next(self.seeds), name=name)(x)

    def connect(self, x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
        """Add a dense layer with ReLU."""
        return dense(x, self._widened(units), name, self.seeds, "relu")

    def _widened(self, units: int) -> int:
        return max(1, round(units * self.width))


def dense(
    x: keras.KerasTensor, units: int, name: str, seeds: Iterator[int], activation: str = "linear"
) -> keras.KerasTensor:
    """Add a dense layer."""
    initialiser = keras.initializers.GlorotUniform(seed=next(seeds))
    return layers.Dense(units, activation=activation, kernel_initializer=initialiser, name=name)(x)
