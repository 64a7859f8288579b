"""What a network is made of: its description, its body, and layers with names and seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from hybrid_wbc.data.arrays import PIXEL_SCALING

# Keras' default of 0.99 needs several hundred steps to forget its start; small sets take fewer.
BATCH_NORMALISATION_MOMENTUM = 0.9
NORMALISATIONS = ("batch", "group", "none")
# The networks' widths are multiples of it.
_GROUPS = 8


def _pixel_scaling(**arguments: Any) -> layers.Layer:
    return layers.Rescaling(**PIXEL_SCALING, **arguments)


@dataclass(frozen=True)
class Network:
    """A published network: what it is, and how its layers are put together.

    Parameters
    ----------
    description : str
        What it is, whose it is, and which parts of it are deduced.
    body : callable
        Takes the scaled pixels, the dropout rate, a source of seeds and the kind of its own
        normalisation layers; gives the features that the embedding or the class layer follows.
    embedding_may_be_class_layer : bool
        Whether five units may be the logits of five classes.
    dropout : float
        Rate of its dropout layers.
    scaling : callable
        Makes the layer that the pixels go through first, given its `name`.
    application : str, optional
        The entry of `hybrid_wbc.cnn.applications.APPLICATIONS` that is its backbone.
    freezes_backbone : bool
        Whether the paper trains only what stands after the backbone.
    normalises : bool
        Whether it has normalisation layers of its own, those of a backbone apart.
    """

    description: str
    body: Callable[[keras.KerasTensor, float, Iterator[int], str], keras.KerasTensor]
    embedding_may_be_class_layer: bool = False
    dropout: float = 0.0
    scaling: Callable[..., layers.Layer] = _pixel_scaling
    application: str | None = None
    freezes_backbone: bool = False
    normalises: bool = False


def convolution(
    x: keras.KerasTensor,
    filters: int,
    name: str,
    seeds: Iterator[int],
    *,
    kernel: int = 3,
    strides: int = 1,
    padding: str = "same",
) -> keras.KerasTensor:
    """Add a convolution with ReLU; the initialiser is the one made for ReLU (He et al. 2015)."""
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        activation="relu",
        kernel_initializer=keras.initializers.HeUniform(seed=next(seeds)),
        name=name,
    )(x)


def normalisation(x: keras.KerasTensor, name: str, kind: str) -> keras.KerasTensor:
    """Add a normalisation, or none.

    Batch normalisation has moving averages that forget quickly. Group normalisation (Wu and He
    2018, https://arxiv.org/abs/1803.08494) takes its statistics from each image alone, so that none
    of the training images' are kept for later ones; its groups are eight, or as many as divide the
    channels.

    Parameters
    ----------
    x : keras.KerasTensor, shape (n, height, width, channels)
    name : str
    kind : {"batch", "group", "none"}

    Returns
    -------
    keras.KerasTensor
        Of the same shape.
    """
    if kind == "none":
        return x
    if kind == "group":
        groups = math.gcd(_GROUPS, x.shape[-1])
        return layers.GroupNormalization(groups, name=name)(x)
    return layers.BatchNormalization(momentum=BATCH_NORMALISATION_MOMENTUM, name=name)(x)


def dropout(
    x: keras.KerasTensor, rate: float, name: str, seeds: Iterator[int]
) -> keras.KerasTensor:
    """Add a dropout layer, unless its rate is zero."""
    return layers.Dropout(rate, seed=next(seeds), name=name)(x) if rate else x


def dense(
    x: keras.KerasTensor, units: int, name: str, seeds: Iterator[int], activation: str = "linear"
) -> keras.KerasTensor:
    """Add a dense layer."""
    initialiser = keras.initializers.GlorotUniform(seed=next(seeds))
    return layers.Dense(units, activation=activation, kernel_initializer=initialiser, name=name)(x)
