"""The networks that the papers drew up themselves, layer by layer."""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from hybrid_wbc.cnn.architecture import Builder, Network


def _wbc23(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    # Neither filters nor pool sizes are given. The last pool leaves two by two places whatever the
    # input: where the cell lies then matters little, and the five units have few weights to learn.
    filters = (16, 32, 64, 128, 128)
    # No initialiser is given either: these are drawn as is made for ReLU (He et al. 2015), and the
    # published figures of this network were measured so.
    pools = (2, 2, 2, max(2, min(x.shape[1:3]) // 2**4))
    for block, width in enumerate(filters, start=1):
        x = build.convolve(
            x,
            width,
            f"block{block}_convolution",
            activation="linear",
            initialiser=keras.initializers.HeNormal,
        )
        x = build.normalise(x, f"block{block}_normalisation")
        x = layers.ReLU(name=f"block{block}_relu")(x)
        if block <= len(pools):
            x = layers.MaxPooling2D(pools[block - 1], name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return build.drop(x, "dropout")


def _table60(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    for block, width in enumerate((32, 64, 128), start=1):
        x = build.convolve(x, width, f"block{block}_convolution", padding="valid")
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        x = build.drop(x, f"block{block}_dropout")
    x = layers.Flatten(name="flatten")(x)
    x = build.connect(x, 64, "dense1")
    return build.connect(x, 128, "dense2")


def _pbc22(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    for block, width in enumerate((32, 64, 64, 64, 128, 256, 256), start=1):
        x = build.convolve(x, width, f"block{block}_convolution")
        # The paper's stride of 1 would make 283 million weights of the first dense layer.
        x = layers.MaxPooling2D(2, padding="same", name=f"block{block}_pool")(x)
        x = build.drop(x, f"block{block}_dropout")
    x = layers.Flatten(name="flatten")(x)
    return build.connect(x, 128, "dense1")


def _sequential128(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    # Deduced: the filters, the first dense layer's width, where the dropout layers stand, and that
    # the second of the two dense layers is the class layer.
    for block, width in enumerate((16, 32, 64), start=1):
        x = build.convolve(x, width, f"block{block}_convolution", padding="valid")
        if block < 3:
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = build.drop(x, "dropout1")
    x = build.connect(x, 128, "dense1")
    return build.drop(x, "dropout2")


def _cnn50(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    # Deduced: every width, and that the two normalisations follow the first two convolutions.
    for block, width in enumerate((32, 64, 128), start=1):
        x = build.convolve(x, width, f"block{block}_convolution")
        if block < 3:
            x = build.normalise(x, f"block{block}_normalisation")
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = build.connect(x, 128, "dense1")
    return build.drop(x, "dropout")


def _alexnet50(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    # Deduced: AlexNet's own widths, kernels and strides. Its first convolution and its pools take
    # no padding; at 50 pixels nothing would be left for the third pool, so here all are padded.
    # Batch normalisation stands where AlexNet normalises by neighbouring channels.
    filters, kernels = (96, 256, 384, 384, 256), (11, 5, 3, 3, 3)
    for block, (width, kernel) in enumerate(zip(filters, kernels, strict=True), start=1):
        strides = 4 if block == 1 else 1
        name = f"block{block}_convolution"
        x = build.convolve(x, width, name, kernel=kernel, strides=strides)
        if block <= 2:
            x = build.normalise(x, f"block{block}_normalisation")
        if block in {1, 2, 5}:
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    for number in (1, 2):
        x = build.connect(x, 4096, f"dense{number}")
        x = build.drop(x, f"dropout{number}")
    return x


PUBLISHED = {
    "wbc23": Network(
        _wbc23,
        embedding_may_be_class_layer=True,
        normalises=True,
    ),
    "table60": Network(
        _table60,
        dropout=0.25,
    ),
    "pbc22": Network(
        _pbc22,
        dropout=0.25,
    ),
    "sequential128": Network(
        _sequential128,
        dropout=0.5,
        scaling=partial(layers.Rescaling, scale=1 / 255),
    ),
    "cnn50": Network(
        _cnn50,
        normalises=True,
    ),
    "alexnet50": Network(
        _alexnet50,
        normalises=True,
    ),
}
