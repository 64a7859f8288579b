"""Every published network by name: layers are named, and `embedding` is the five-unit layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import keras
from keras import layers

from hybrid_wbc.data.arrays import PIXEL_SCALING
from hybrid_wbc.errors import InputError

EMBEDDING = "embedding"
EMBEDDING_UNITS = 5
# Keras' default of 0.99 needs several hundred steps to forget its start; small sets take fewer.
BATCH_NORMALISATION_MOMENTUM = 0.9


@dataclass(frozen=True)
class Network:
    """A published network: what it is, and how its layers are put together."""

    description: str
    body: Callable[[keras.KerasTensor, float, Iterator[int]], keras.KerasTensor]
    embedding_may_be_class_layer: bool
    dropout: float


def build(
    name: str,
    *,
    input_size: tuple[int, int],
    classes: int,
    embedding: str = "auto",
    dropout: float | None = None,
    seed: int = 0,
) -> keras.Model:
    """Build a published network for any input size and class count.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    input_size : tuple of int
        Height and width of the input, in pixels.
    classes : int
        How many classes the softmax tells apart.
    embedding : {"auto", "class layer", "before class layer", "none"}
        Where the linear five-unit layer stands. "class layer": its five units are the logits, as
        deduced for five classes (PAPERS S0); "before class layer": a class layer follows it;
        "auto": the first where the class count and the network allow it; "none": the network as
        printed, without one.
    dropout : float, optional
        Rate of the network's dropout layers; by default the network's own.
    seed : int
        Seeds every initialiser and dropout layer.

    Returns
    -------
    keras.Model
        Takes uint8 or float32 pixels in [0, 255], shape (n, height, width, 3), and gives class
        probabilities, float32, shape (n, classes). Pixel scaling is its first layer.

    Raises
    ------
    InputError
        If the name or the placing of the embedding is unknown or does not fit the class count, or
        the input is too small for the network.
    """
    if name not in NETWORKS:
        raise InputError(f"network.name: received '{name}', choose from {', '.join(NETWORKS)}")
    network = NETWORKS[name]
    placing = _place_embedding(network, embedding, classes)
    rate = network.dropout if dropout is None else dropout
    seeds = count(seed * 1000)
    inputs = keras.Input((*input_size, 3), name="image")
    x = layers.Rescaling(**PIXEL_SCALING, name="scaling")(inputs)
    try:
        x = network.body(x, rate, seeds)
    except ValueError as error:
        raise InputError(
            f"data.size: {input_size[1]}×{input_size[0]} pixels are too few for '{name}'"
        ) from error
    if placing != "none":
        x = _dense(EMBEDDING_UNITS, EMBEDDING, seeds)(x)
    if placing != "class layer":
        x = _dense(classes, "class_layer", seeds)(x)
    outputs = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, outputs, name=name)


def _place_embedding(network: Network, embedding: str, classes: int) -> str:
    choices = ("auto", "class layer", "before class layer", "none")
    if embedding not in choices:
        raise InputError(f"network.embedding: received '{embedding}', choose from {choices}")
    can_be_class_layer = classes == EMBEDDING_UNITS
    if embedding == "class layer" and not can_be_class_layer:
        raise InputError(
            f"network.embedding: 'class layer' needs {EMBEDDING_UNITS} classes, the data have "
            f"{classes}; use 'before class layer'"
        )
    if embedding != "auto":
        return embedding
    if can_be_class_layer and network.embedding_may_be_class_layer:
        return "class layer"
    return "before class layer"


def _dense(units: int, name: str, seeds: Iterator[int], activation: str = "linear") -> layers.Dense:
    initialiser = keras.initializers.GlorotUniform(seed=next(seeds))
    return layers.Dense(units, activation=activation, kernel_initializer=initialiser, name=name)


def _wbc23_body(x: keras.KerasTensor, dropout: float, seeds: Iterator[int]) -> keras.KerasTensor:
    # Neither filters nor pool sizes are given. The last pool leaves two by two places whatever the
    # input: where the cell lies then matters little, and the five units have few weights to learn.
    filters = (16, 32, 64, 128, 128)
    pools = (2, 2, 2, max(2, min(x.shape[1:3]) // 2**4))
    for block, width in enumerate(filters, start=1):
        x = layers.Conv2D(
            width,
            3,
            padding="same",
            kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
            name=f"block{block}_convolution",
        )(x)
        x = layers.BatchNormalization(
            momentum=BATCH_NORMALISATION_MOMENTUM, name=f"block{block}_normalisation"
        )(x)
        x = layers.ReLU(name=f"block{block}_relu")(x)
        if block <= len(pools):
            x = layers.MaxPooling2D(pools[block - 1], name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=next(seeds), name="dropout")(x)
    return x


def _table60_body(x: keras.KerasTensor, dropout: float, seeds: Iterator[int]) -> keras.KerasTensor:
    for block, width in enumerate((32, 64, 128), start=1):
        x = layers.Conv2D(
            width,
            3,
            activation="relu",
            kernel_initializer=keras.initializers.HeUniform(seed=next(seeds)),
            name=f"block{block}_convolution",
        )(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        x = layers.Dropout(dropout, seed=next(seeds), name=f"block{block}_dropout")(x)
    x = layers.Flatten(name="flatten")(x)
    x = _dense(64, "dense1", seeds, "relu")(x)
    return _dense(128, "dense2", seeds, "relu")(x)


NETWORKS = {
    "wbc23": Network(
        "the hybrid paper's 23 layers: four blocks of convolution, batch normalisation, ReLU and "
        "pooling, a fifth without pooling, and a five-unit layer",
        _wbc23_body,
        embedding_may_be_class_layer=True,
        dropout=0.0,
    ),
    "table60": Network(
        "the hybrid paper's printed Keras table: three convolutions with pooling and dropout, "
        "dense 64 and 128 (306,948 parameters as printed, at 60×60 and four classes)",
        _table60_body,
        embedding_may_be_class_layer=False,
        dropout=0.25,
    ),
}
