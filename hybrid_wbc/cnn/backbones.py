"""The networks that stand on a backbone which was trained on other pictures."""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from hybrid_wbc.cnn import lite0
from hybrid_wbc.cnn.applications import Preprocessing, backbone
from hybrid_wbc.cnn.architecture import Builder, Network
from hybrid_wbc.cnn.weights import load_imagenet


def _features(x: keras.KerasTensor, build: Builder, application: str) -> keras.KerasTensor:
    # Deduced: Asghar et al. name only "the last dense layers"; Keras' own usage averages the map.
    x = backbone(application, x.shape[1:3], build.seeds)(x)
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
    return build.drop(x, "dropout")


def _lite0(x: keras.KerasTensor, build: Builder) -> keras.KerasTensor:
    x = lite0.backbone(x.shape[1:3], build)(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return build.drop(x, "dropout")


def _extended(x: keras.KerasTensor, build: Builder, application: str) -> keras.KerasTensor:
    # Deduced: widths and order. At 50 pixels VGG19 ends with one place and ResNet50 with two by
    # two, so that the three further pools must be padded, and then leave one place as it is.
    x = backbone(application, x.shape[1:3], build.seeds)(x)
    for block, width in enumerate((256, 128), start=1):
        x = build.convolve(x, width, f"extension{block}_convolution")
        x = build.normalise(x, f"extension{block}_normalisation")
        x = layers.MaxPooling2D(2, padding="same", name=f"extension{block}_pool")(x)
    x = layers.MaxPooling2D(2, padding="same", name="extension3_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = build.connect(x, 128, "dense1")
    return build.drop(x, "dropout")


def _network(
    application: str,
    *,
    extended: bool = False,
    rate: float = 0.0,
    freezes_backbone: bool = False,
) -> Network:
    return Network(
        partial(_extended if extended else _features, application=application),
        dropout=rate,
        scaling=partial(Preprocessing, application),
        load_imagenet=partial(load_imagenet, application),
        freezes_backbone=freezes_backbone,
        normalises=extended,
        widens=extended,
    )


# Asghar et al. compare these by their names in Keras Applications.
_COMPARED = (
    "vgg16", "vgg19", "resnet50", "resnet101", "resnet152", "inceptionv3", "mobilenetv2",
    "densenet201",
)  # fmt: skip

BACKBONES = {
    **{name: _network(name, freezes_backbone=True) for name in _COMPARED},
    "vgg19at224": _network("vgg19 with dense layers", rate=0.5),
    "resnet50at50": _network("resnet50", extended=True),
    "vgg19at50": _network("vgg19", extended=True),
    "efficientnet-lite0": Network(
        _lite0,
        dropout=0.2,
        scaling=partial(layers.Rescaling, **lite0.PIXEL_SCALING),
        load_imagenet=lite0.load_imagenet,
        find_imagenet=lite0.weights_file,
        normalises=True,
        normalises_backbone=True,
        widens=False,
    ),
}
