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
    description: str,
    application: str,
    *,
    extended: bool = False,
    rate: float = 0.0,
    freezes_backbone: bool = False,
) -> Network:
    return Network(
        description,
        partial(_extended if extended else _features, application=application),
        dropout=rate,
        scaling=partial(Preprocessing, application),
        load_imagenet=partial(load_imagenet, application),
        freezes_backbone=freezes_backbone,
        normalises=extended,
        widens=extended,
    )


def _of_asghar(title: str, application: str, *, smallest: int = 32) -> Network:
    return _network(
        f"Keras Applications' {title}, its map averaged and then the class layer, as in Asghar et "
        f"al.'s comparison on PBC: ImageNet weights stay as they are ({smallest} pixels or more)",
        application,
        freezes_backbone=True,
    )


BACKBONES = {
    "vgg16": _of_asghar("VGG16", "vgg16"),
    "vgg19": _of_asghar("VGG19", "vgg19"),
    "resnet50": _of_asghar("ResNet50", "resnet50"),
    "resnet101": _of_asghar("ResNet101", "resnet101"),
    "resnet152": _of_asghar("ResNet152", "resnet152"),
    "inceptionv3": _of_asghar("InceptionV3", "inceptionv3", smallest=75),
    "mobilenetv2": _of_asghar("MobileNetV2", "mobilenetv2"),
    "densenet201": _of_asghar("DenseNet201", "densenet201"),
    "vgg19at224": _network(
        "VGG19 at 224×224 with its two dense layers of 4,096, the class layer put anew, all of it "
        "trained, as deduced from Jarjees et al.'s transfer on PBC (32 pixels or more; ImageNet "
        "weights fit 224×224 only)",
        "vgg19 with dense layers",
        rate=0.5,
    ),
    "resnet50at50": _network(
        "the ResNet50 of the comparison at 50×50 in grey: two convolutions, three pools, two batch "
        "normalisations and one dense layer after it (256, 128 and dense 128 deduced)",
        "resnet50",
        extended=True,
    ),
    "vgg19at50": _network(
        "the VGG19 of the comparison at 50×50 in grey: two convolutions, three pools, two batch "
        "normalisations and one dense layer after it (256, 128 and dense 128 deduced)",
        "vgg19",
        extended=True,
    ),
    "efficientnet-lite0": Network(
        "EfficientNet-Lite0 (Tan and Le 2019, https://arxiv.org/abs/1905.11946, without squeeze-"
        "and-excitation and with ReLU6), its map averaged; ImageNet weights come with the extra "
        '"hybrid-wbc[lite0]", without a download, and are trained on',
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
