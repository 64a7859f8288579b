"""Which places of a picture raise and lower a network's numbers: by Grad-CAM, and by occlusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from hybrid_wbc.cnn.extraction import has_embedding, truncate
from hybrid_wbc.data.cells.clearing import GREY
from hybrid_wbc.errors import InputError

# On a side of a map. Of a smaller one neither a place nor a rank correlation says anything: the
# hybrid paper's network ends with two by two places whatever its input.
FEWEST_PLACES = 4
# The side of the grey patch, as a share of the picture's: 16 of them lie side by side on it.
PATCH = 0.25
_MOST_OCCLUDED = 64

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
_COARSER = (layers.MaxPooling2D, layers.AveragePooling2D, layers.ZeroPadding2D)


@dataclass(frozen=True)
class Maps:
    """What raises (above zero) and lowers (below) t numbers of each of n pictures.

    The numbers are the units of the embedding, where there is one, and then the classes' logits,
    from which the softmax makes probabilities; where the units are the logits they stand once.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (n, t)
        The numbers themselves.
    gradient : numpy.ndarray of float32, shape (n, t, h, w)
        Grad-CAM, without the rectification that would leave only what raises.
    occlusion : numpy.ndarray of float32, shape (n, t, h, w)
        By how much a number falls when a grey patch covers the place.
    """

    values: np.ndarray
    gradient: np.ndarray
    occlusion: np.ndarray


class Relevance:
    """A network that is asked which places its numbers come from.

    Grad-CAM (Selvaraju et al. 2017, https://doi.org/10.1109/ICCV.2017.74) weighs each channel of
    the last convolution's map by the mean gradient of the number with respect to it, and sums the
    channels. Taken is the last convolution whose map has `FEWEST_PLACES` places a side, after its
    normalisation and activation, in the network or in its backbone; every way from the picture to
    the numbers goes through it. Occlusion (Zeiler and Fergus 2014,
    https://doi.org/10.1007/978-3-319-10590-1_53) covers the surroundings of each place of that map
    in grey, and asks the network again. It needs no gradient and knows nothing of the layers.

    Parameters
    ----------
    model : keras.Model
        As `hybrid_wbc.cnn.networks.build` makes them. It is used as it is, and not changed.

    Attributes
    ----------
    layer : str
        Name of the layer whose map is taken.
    places : tuple of int
        Height and width of the map.
    units : int
        How many of the numbers are units of the embedding; they stand first.
    first_class : int
        Position of the first class's logit: 0 where the units are the logits.

    Raises
    ------
    InputError
        If no convolution has so large a map.
    """

    def __init__(self, model: keras.Model) -> None:
        numbers, self.units = _numbers(model)
        self.first_class = self.units if len(numbers) > 1 else 0
        layer, lower, upper = _cut(model, numbers)
        self.layer: str = layer.name
        self.places: tuple[int, int] = layer.output.shape[1:3]

        @tf.function(reduce_retracing=True)
        def answer(pictures: tf.Tensor) -> tf.Tensor:
            return _joined(upper(lower(pictures)))

        @tf.function(reduce_retracing=True)
        def grad_cam(pictures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            channels = lower(pictures)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(channels)
                given = _joined(upper(channels))
                # One number of all pictures at a time: no picture's depends on another picture.
                sums = [tf.reduce_sum(given[:, number]) for number in range(given.shape[1])]
            seen = tf.cast(channels, tf.float32)
            maps = []
            for total in sums:
                gradient = tf.cast(tape.gradient(total, channels), tf.float32)
                weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
                maps.append(tf.reduce_sum(weights * seen, axis=3))
            return given, tf.stack(maps, axis=1)

        self._answer, self._grad_cam = answer, grad_cam

    def __call__(
        self, images: np.ndarray, progress: Callable[[int, int], None] | None = None
    ) -> Maps:
        """Map the numbers of pictures.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, height, width, 3)
            As the network takes them.
        progress : callable, optional
            Called with the number of pictures done and of all.

        Returns
        -------
        Maps
        """
        values, gradients, falls = [], [], []
        for done, image in enumerate(images, start=1):
            given, gradient = self._grad_cam(tf.constant(image[None], tf.float32))
            values.append(given.numpy()[0])
            gradients.append(gradient.numpy()[0])
            falls.append(self._falls(image, values[-1]))
            if progress is not None:
                progress(done, len(images))
        return Maps(np.stack(values), np.stack(gradients), np.stack(falls))

    def _falls(self, image: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Give the fall of each number where each place is covered, shape (t, h, w)."""
        covers = patches(image.shape[:2], self.places)
        parts = np.array_split(np.arange(len(covers)), -(-len(covers) // _MOST_OCCLUDED))
        covered = []
        for part in parts:
            batch = np.repeat(image[None].astype(np.float32), len(part), axis=0)
            for picture, place in zip(batch, part, strict=True):
                picture[covers[place]] = GREY
            covered.append(self._answer(tf.constant(batch)).numpy())
        falls = values - np.concatenate(covered)
        return falls.T.reshape(-1, *self.places)


def patches(size: tuple[int, ...], places: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Lay a patch about the middle of each place of a map, row by row.

    Parameters
    ----------
    size : tuple of int
        Height and width of the picture, in pixels.
    places : tuple of int
        Height and width of the map.

    Returns
    -------
    list of tuple of slice
        Rows and columns of the picture. At its border a patch is cut.

    Examples
    --------
    >>> patches((8, 8), (4, 4))[:2]
    [(slice(0, 2, None), slice(0, 2, None)), (slice(0, 2, None), slice(2, 4, None))]
    """
    sides = []
    for pixels, count in zip(size, places, strict=True):
        length = max(1, round(PATCH * pixels))
        starts = [
            int(np.floor((place + 0.5) * pixels / count - length / 2 + 0.5))
            for place in range(count)
        ]
        sides.append([slice(max(0, start), min(pixels, start + length)) for start in starts])
    return [(rows, columns) for rows in sides[0] for columns in sides[1]]


def _numbers(model: keras.Model) -> tuple[list[keras.KerasTensor], int]:
    """Give the tensors of embedding and logits, once where they are one, and count the units."""
    logits = model.get_layer("probabilities").input
    if not has_embedding(model):
        return [logits], 0
    embedding = truncate(model).output
    same = embedding is logits
    return [embedding] if same else [embedding, logits], embedding.shape[-1]


def _joined(given: tf.Tensor | list[tf.Tensor]) -> tf.Tensor:
    return tf.concat([tf.cast(each, tf.float32) for each in tf.nest.flatten(given)], axis=1)


_Part = Callable[[tf.Tensor], tf.Tensor | list[tf.Tensor]]
_Cut = tuple[layers.Layer, _Part, _Part]


def _cut(model: keras.Model, numbers: list[keras.KerasTensor]) -> _Cut:
    """Give the layer of the map, and the parts of the network before and after it."""
    found = _last_map(model, numbers)
    if found is not None:
        return found
    for position, backbone in enumerate(model.layers):
        if not isinstance(backbone, keras.Model):
            continue
        inside = _last_map(backbone, backbone.outputs)
        if inside is not None:
            layer, lower, upper = inside
            # What stands before and after a backbone is a chain.
            before = keras.Model(model.inputs, model.layers[position - 1].output)
            after = keras.Model(model.layers[position + 1].input, numbers)
            return layer, _chained(before, lower), _chained(upper, after)
    raise InputError(
        f"{model.name}: no convolution has a map of {FEWEST_PLACES}×{FEWEST_PLACES} places or "
        "more, and of a smaller one nothing could be seen; explain a run with a larger data.size"
    )


def _chained(first: _Part, second: _Part) -> _Part:
    return lambda given: second(first(given))


def _last_map(model: keras.Model, outputs: list[keras.KerasTensor]) -> _Cut | None:
    """Find the last map that every way to the outputs goes through, and part the model there."""
    for layer in _candidates(model):
        lower = keras.Model(model.inputs, layer.output)
        if any(layer.output is output for output in outputs):
            return layer, lower, tf.identity
        try:
            return layer, lower, keras.Model(layer.output, outputs)
        except ValueError:  # Keras': an output is not connected to the inputs
            continue
    return None


def _candidates(model: keras.Model) -> Iterator[layers.Layer]:
    """Give the layers whose output is the map of a convolution, the last first.

    It is one until it is made coarser: through normalisation, activation, and sums and stacks of
    several such maps.
    """
    found, is_map = [], False
    for layer in model.layers:
        if isinstance(layer, _CONVOLUTIONS):
            is_map = True
        elif isinstance(layer, (*_COARSER, keras.Model)) or len(layer.output.shape) != 4:
            is_map = False
        if is_map and min(layer.output.shape[1:3]) >= FEWEST_PLACES:
            found.append(layer)
    return reversed(found)
