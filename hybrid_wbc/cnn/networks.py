"""Every published network by name: layers are named, and `embedding` is where they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import keras
import numpy as np
from keras import layers

from hybrid_wbc.cnn import weights as starting
from hybrid_wbc.cnn.architecture import Builder, Network, dense
from hybrid_wbc.cnn.backbones import BACKBONES
from hybrid_wbc.cnn.published import PUBLISHED
from hybrid_wbc.cnn.weights import IMAGENET, NONE
from hybrid_wbc.config.choices import BACKBONE_CHOICES, PLACINGS
from hybrid_wbc.config.names import FIXED, NORMALISATION_CHOICES
from hybrid_wbc.errors import InputError

EMBEDDING = "embedding"
# What was the embedding of a network that is lent for other classes.
GIVEN_EMBEDDING = "given_embedding"
_POLICIES = {"float32": "float32", "mixed bfloat16": "mixed_bfloat16"}
NETWORKS = PUBLISHED | BACKBONES


def check(
    name: str,
    *,
    weights: str = NONE,
    backbone: str = "auto",
    normalisation: str = "batch",
    precision: str = "float32",
    width: float = 1.0,
    backbone_rate: float = 1.0,
) -> None:
    """Refuse what no network can be built from, without building it.

    Parameters
    ----------
    name, weights, backbone, normalisation, precision : str
        As `build` takes them.
    width : float
        As well.
    backbone_rate : float
        How many times the learning rate a backbone is trained at; 1 where there is none.

    Raises
    ------
    InputError
    """
    if name not in NETWORKS:
        raise InputError(f"network.name: received '{name}', choose from {', '.join(NETWORKS)}")
    with_backbone = ", ".join(BACKBONES)
    if backbone not in BACKBONE_CHOICES:
        raise InputError(
            f"network.backbone: received '{backbone}', choose from {', '.join(BACKBONE_CHOICES)}"
        )
    if backbone != "auto" and name not in BACKBONES:
        raise InputError(
            f"network.backbone: received '{backbone}', but '{name}' has no backbone; set auto, or "
            f"network.name to one of {with_backbone}"
        )
    if backbone_rate != 1 and name not in BACKBONES:
        raise InputError(
            f"training.backbone_rate: received {backbone_rate}, but '{name}' has no backbone; set "
            f"1, or network.name to one of {with_backbone}"
        )
    if normalisation not in NORMALISATION_CHOICES:
        raise InputError(
            f"network.normalisation: received '{normalisation}', choose from "
            f"{', '.join(NORMALISATION_CHOICES)}"
        )
    if normalisation != "batch" and not NETWORKS[name].normalises:
        normalising = ", ".join(key for key, network in NETWORKS.items() if network.normalises)
        raise InputError(
            f"network.normalisation: received '{normalisation}', but '{name}' has no normalisation "
            f"layers of its own; set batch, or network.name to one of {normalising}"
        )
    if precision not in _POLICIES:
        raise InputError(
            f"network.precision: received '{precision}', choose from {', '.join(_POLICIES)}"
        )
    if not 0 < width < float("inf"):
        raise InputError(f"network.width: received {width}, a number above 0 is expected")
    if width != 1 and not NETWORKS[name].widens:
        widening = ", ".join(key for key, network in NETWORKS.items() if network.widens)
        raise InputError(
            f"network.width: received {width}, but '{name}' has no layers of its own to widen; set "
            f"1, or network.name to one of {widening}"
        )
    if weights == IMAGENET and name not in BACKBONES:
        raise InputError(
            f"network.weights: there are none of ImageNet for '{name}'; set {NONE}, a file, or "
            f"network.name to one of {with_backbone}"
        )
    _check_start(name, weights, normalisation)
    if weights not in {NONE, IMAGENET}:
        starting.check_file(Path(weights))


def _check_start(name: str, weights: str, normalisation: str) -> None:
    """Refuse normalisation layers that the starting weights are not for, and weights not there."""
    network = NETWORKS[name]
    without_statistics = weights == IMAGENET and not network.normalises_backbone
    if normalisation == FIXED and (weights == NONE or without_statistics):
        raise InputError(
            f"network.normalisation: '{FIXED}' keeps the statistics of the starting weights, and "
            f"'{name}' with weights: {weights} has none for its layers; set batch or group"
        )
    if normalisation == "none" and weights == IMAGENET and network.normalises_backbone:
        raise InputError(
            f"network.normalisation: '{name}' with weights: {IMAGENET} does not work without its "
            f"normalisation layers; set batch, group or {FIXED}"
        )
    if weights == IMAGENET and network.find_imagenet is not None:
        network.find_imagenet()


def build(
    name: str,
    *,
    input_size: tuple[int, int],
    classes: int,
    embedding: str = "auto",
    embedding_units: int = 5,
    dropout: float | None = None,
    weights: str = NONE,
    backbone: str = "auto",
    pixels: tuple[np.ndarray, np.ndarray] | None = None,
    normalisation: str = "batch",
    precision: str = "float32",
    width: float = 1.0,
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
        Where the linear embedding layer stands. "class layer": its units are the logits, as
        deduced for five units and five classes (PAPERS S0); "before class layer": a class layer
        follows it; "auto": the first where there are as many classes as units and the network
        allows it; "none": the network as printed, without one.
    embedding_units : int
        How many units the embedding layer has; 5 in the hybrid paper.
    dropout : float, optional
        Rate of the network's dropout layers; by default the network's own.
    weights : str
        "none": drawn by the seed. "imagenet": the backbone's, by Keras Applications, which may
        download them, or of EfficientNet-Lite0 from the package of the extra `[lite0]`. Else the
        path of a `.keras` or `.weights.h5` file of this network, its class layer apart where the
        classes are others, or of its backbone.
    backbone : {"auto", "frozen", "trained"}
        Whether a backbone's weights stay as they are. "auto": as in the network's paper, but
        trained where its weights are drawn. Frozen batch normalisation keeps the statistics of the
        pictures that the weights come from, ImageNet's photographs, in training and after it;
        trained, it takes each batch's in training and the training images' after it.
    pixels : tuple of numpy.ndarray, shape (3,), optional
        Mean and standard deviation of each channel, in [0, 255]: pixels are standardised by them
        rather than scaled as is the network's way.
    normalisation : {"batch", "group", "none", "fixed"}
        Kind of the network's own normalisation layers; one of Keras Applications keeps those that
        it has. "fixed": batch normalisation that keeps the statistics of its starting weights,
        while its scale and shift are trained.
    precision : {"float32", "mixed bfloat16"}
        What the features are computed in. "mixed bfloat16": their weights stay float32, and pixel
        scaling, embedding, class layer and softmax are float32 altogether. Faster where the
        processor multiplies bfloat16. (Kalamkar et al. 2019,
        https://arxiv.org/abs/1905.12322)
    width : float
        How many times as many filters and dense units each of its own layers has.
    seed : int
        Seeds every initialiser and dropout layer.

    Returns
    -------
    keras.Model
        Takes uint8 or float32 pixels in [0, 255], shape (n, height, width, 3), and gives class
        probabilities, float32, shape (n, classes). Pixel scaling is its first layer, `scaling`; a
        backbone is one layer, `backbone`, with the application's own layers inside.

    Raises
    ------
    InputError
        If the name, the placing of the embedding, the weights or the choice for the backbone is
        unknown or does not fit, or the input is too small for the network.
    """
    check(
        name,
        weights=weights,
        backbone=backbone,
        normalisation=normalisation,
        precision=precision,
        width=width,
    )
    network = NETWORKS[name]
    placing = _place_embedding(network, embedding, embedding_units, classes)
    rate = network.dropout if dropout is None else dropout
    seeds = count(seed * 1000)
    builder = Builder(seeds, rate, normalisation, width)
    inputs = keras.Input((*input_size, 3), name="image")
    try:
        scaled = _scaling(network, pixels)(inputs)
        with _policy(precision):
            features = network.body(scaled, builder)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"data.size: {input_size[1]}×{input_size[0]} pixels are too few for '{name}'"
        ) from error
    x = features
    if placing != "none":
        x = dense(x, embedding_units, EMBEDDING, seeds)
    if placing != "class layer":
        x = dense(x, classes, "class_layer", seeds)
    outputs = layers.Softmax(name="probabilities")(x)
    model = keras.Model(inputs, outputs, name=name)
    if weights == IMAGENET and network.load_imagenet is not None:
        network.load_imagenet(model)
    elif weights != NONE:
        starting.load_file(Path(weights), model, keras.Model(inputs, features))
    if network.load_imagenet is not None:
        as_published = network.freezes_backbone and weights != NONE
        frozen = as_published if backbone == "auto" else backbone == "frozen"
        model.get_layer("backbone").trainable = not frozen
    return model


def _scaling(network: Network, pixels: tuple[np.ndarray, np.ndarray] | None) -> layers.Layer:
    if pixels is None:
        return network.scaling(name="scaling")
    mean, deviation = (values.astype(float) for values in pixels)
    return layers.Normalization(
        mean=mean.tolist(), variance=(deviation**2).tolist(), name="scaling"
    )


@contextmanager
def _policy(precision: str) -> Iterator[None]:
    """Give layers that are made here their precision, those of a backbone too."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(_POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _place_embedding(network: Network, embedding: str, units: int, classes: int) -> str:
    if embedding not in PLACINGS:
        raise InputError(f"network.embedding: received '{embedding}', choose from {PLACINGS}")
    can_be_class_layer = classes == units
    if embedding == "class layer" and not can_be_class_layer:
        raise InputError(
            f"network.embedding: 'class layer' needs {units} classes, as many as "
            f"network.embedding_units; the data have {classes}; use 'before class layer'"
        )
    if embedding != "auto":
        return embedding
    if can_be_class_layer and network.embedding_may_be_class_layer:
        return "class layer"
    return "before class layer"
