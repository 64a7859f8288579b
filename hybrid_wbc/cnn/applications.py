"""Keras Applications as backbones: seeded, named alike every time, with their own preprocessing."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import applications, layers

from hybrid_wbc.errors import InputError

_BASE = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True)
class Application:
    """One of Keras Applications, and the file of its ImageNet weights as Keras asks for it.

    Parameters
    ----------
    constructor : callable
    preprocess : callable
        From RGB pixels in [0, 255] to what the ImageNet weights were trained on.
    smallest : int
        Fewest pixels on a side that Keras takes.
    url : str
        Where Keras loads the weights from.
    md5 : str, optional
        Keras' checksum of that file; it has none for MobileNetV2.
    last_layer : str, optional
        Name of the layer to end with, where dense layers of the original are kept.
    """

    constructor: Callable[..., keras.Model]
    preprocess: Callable[[Any], Any]
    smallest: int
    url: str
    md5: str | None
    last_layer: str | None = None

    def build(self, input_size: tuple[int, int], weights: str | None) -> keras.Model:
        """Call Keras' constructor; `weights` is None or "imagenet", which may download."""
        model = self.constructor(
            weights=weights,
            include_top=self.last_layer is not None,
            input_shape=(*input_size, 3),
            input_tensor=keras.Input((*input_size, 3), name="preprocessed"),
        )
        last = self.last_layer
        # Keras takes its input as a list of one, and would warn of a single tensor at every call.
        return keras.Model(model.inputs[0], model.get_layer(last).output if last else model.output)


_VGG_FILE = "vgg{0}/vgg{0}_weights_tf_dim_ordering_tf_kernels"
_RESNET_FILE = "resnet/resnet{0}_weights_tf_dim_ordering_tf_kernels_notop.h5"

APPLICATIONS = {
    "vgg16": Application(
        applications.VGG16,
        applications.vgg16.preprocess_input,
        32,
        f"{_BASE}/{_VGG_FILE.format(16)}_notop.h5",
        "6d6bbae143d832006294945121d1f1fc",
    ),
    "vgg19": Application(
        applications.VGG19,
        applications.vgg19.preprocess_input,
        32,
        f"{_BASE}/{_VGG_FILE.format(19)}_notop.h5",
        "253f8cb515780f3b799900260a226db6",
    ),
    "vgg19 with dense layers": Application(
        applications.VGG19,
        applications.vgg19.preprocess_input,
        32,
        f"{_BASE}/{_VGG_FILE.format(19)}.h5",
        "cbe5617147190e668d6c5d5026f83318",
        last_layer="fc2",
    ),
    "resnet50": Application(
        applications.ResNet50,
        applications.resnet.preprocess_input,
        32,
        f"{_BASE}/{_RESNET_FILE.format(50)}",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    "resnet101": Application(
        applications.ResNet101,
        applications.resnet.preprocess_input,
        32,
        f"{_BASE}/{_RESNET_FILE.format(101)}",
        "88cf7a10940856eca736dc7b7e228a21",
    ),
    "resnet152": Application(
        applications.ResNet152,
        applications.resnet.preprocess_input,
        32,
        f"{_BASE}/{_RESNET_FILE.format(152)}",
        "ee4c566cf9a93f14d82f913c2dc6dd0c",
    ),
    "inceptionv3": Application(
        applications.InceptionV3,
        applications.inception_v3.preprocess_input,
        75,
        f"{_BASE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "bcbd6486424b2319ff4ef7d526e38f63",
    ),
    "mobilenetv2": Application(
        applications.MobileNetV2,
        applications.mobilenet_v2.preprocess_input,
        32,
        f"{_BASE}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        None,
    ),
    "densenet201": Application(
        applications.DenseNet201,
        applications.densenet.preprocess_input,
        32,
        f"{_BASE}/densenet/densenet201_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "c13680b51ded0fb44dff2d8f86ac8bb1",
    ),
}


@keras.saving.register_keras_serializable("hybrid_wbc")
class Preprocessing(layers.Layer):
    """Pixels in [0, 255] as an application's ImageNet weights expect them, by Keras' own rule.

    Parameters
    ----------
    application : str
        A key of `APPLICATIONS`.
    """

    def __init__(self, application: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.application = application

    def call(self, images: Any) -> Any:
        """Give float32, same shape."""
        pixels = keras.ops.cast(images, self.compute_dtype)
        return APPLICATIONS[self.application].preprocess(pixels)

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        return {**super().get_config(), "application": self.application}


def backbone(application: str, input_size: tuple[int, int], seeds: Iterator[int]) -> keras.Model:
    """Build an application with random weights, as one layer named `backbone`.

    Keras draws the weights without a seed, and numbers unnamed layers through the whole process:
    the application is cloned with a seed in each initialiser and numbers that start anew.

    Parameters
    ----------
    application : str
        A key of `APPLICATIONS`.
    input_size : tuple of int
        Height and width, in pixels.
    seeds : iterator of int

    Returns
    -------
    keras.Model
        Takes preprocessed pixels, and gives the last feature map, or the last dense layer's units.

    Raises
    ------
    InputError
        If the input is smaller than Keras takes.
    """
    chosen = APPLICATIONS[application]
    if min(input_size) < chosen.smallest:
        raise InputError(
            f"data.size: {input_size[1]}×{input_size[0]} pixels are too few for '{application}', "
            f"which takes {chosen.smallest} or more"
        )
    numbers: Counter[str] = Counter()

    def seeded(layer: layers.Layer) -> layers.Layer:
        config = layer.get_config()
        base = re.sub(r"_\d+$", "", layer.name)
        if base.replace("_", "") == type(layer).__name__.lower():
            numbers[base] += 1
            config["name"] = f"{base}_{numbers[base]}"
        for initialiser in ("kernel_initializer", "depthwise_initializer"):
            if isinstance(config.get(initialiser), dict):
                config[initialiser]["config"]["seed"] = next(seeds)
        return type(layer).from_config(config)

    model = keras.models.clone_model(chosen.build(input_size, None), clone_function=seeded)
    model.name = "backbone"
    gc.collect()  # Keras' own copy lies in cycles of references, and may be 240 MB
    return model
