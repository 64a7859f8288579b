"""A trained network cut off at its embedding layer, and what it says of each image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from hybrid_wbc.cnn.networks import EMBEDDING
from hybrid_wbc.cnn.normalisation import (
    fused,
    settle_batch_normalisation,
    trained_normalisations,
)
from hybrid_wbc.data.rows import Images
from hybrid_wbc.errors import InputError


def truncate(model: keras.Model) -> keras.Model:
    """Cut the network off at its layer named `embedding`.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    keras.Model
        Shares the weights; gives float32, shape (n, 5).

    Raises
    ------
    InputError
        If the network has no such layer.
    """
    if not has_embedding(model):
        names = [layer.name for layer in model.layers]
        raise InputError(f"{model.name}: no layer named '{EMBEDDING}' among {', '.join(names)}")
    return keras.Model(model.input, model.get_layer(EMBEDDING).output, name=f"{model.name}_cut")


def has_embedding(model: keras.Model) -> bool:
    """Say whether the network has an embedding layer."""
    return any(layer.name == EMBEDDING for layer in model.layers)


def adapt(model: keras.Model, images: Images) -> None:
    """Give batch normalisation the statistics of the images that a network is to be used on.

    Parameters
    ----------
    model : keras.Model
        Changed in place.
    images : Images of uint8, shape (n, height, width, 3)
        Their classes are not looked at.

    Raises
    ------
    InputError
        If the network has no batch normalisation that was trained.
    """
    if not trained_normalisations(model):
        raise InputError(
            f"network.statistics: '{model.name}' has no batch normalisation that was trained; set "
            "statistics: training, or network.normalisation: batch"
        )
    settle_batch_normalisation(model, images, seed=0)


def extract(
    model: keras.Model,
    images: Images,
    *,
    views: int = 1,
    batch_size: int = 256,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Run the network over images, in batches, and keep two of its layers.

    Parameters
    ----------
    model : keras.Model
    images : Images of uint8, shape (n, height, width, 3)
        An array, or rows of one; it is read batch by batch.
    views : {1, 8}
        1: each image as it is. 8: the means over its four quarter-turns and their mirror images; a
        cell on a slide has no upright position.
    batch_size : int
    progress : callable, optional
        Called with the number of images done and of all images.

    Returns
    -------
    embeddings : numpy.ndarray of float32, shape (n, 5)
        Of shape (n, 0) for a network without an embedding layer.
    probabilities : numpy.ndarray of float32, shape (n, classes)

    Raises
    ------
    InputError
        If a feature or probability is not a finite number.
    """
    return Extractor(model)(images, views=views, batch_size=batch_size, progress=progress)


def answering(model: keras.Model) -> keras.Model:
    """Give the network that answers with its softmax, and with its embedding where it has one.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    keras.Model
        Gives a dict of "probabilities" and, where there is such a layer, "embedding".
    """
    layers = {"probabilities": model.output}
    if has_embedding(model):
        layers[EMBEDDING] = truncate(model).output
    return keras.Model(model.input, layers)


Answer = Callable[[np.ndarray], dict[str, np.ndarray]]
"""Gives named layers, float32 of shape (n, units), of uint8 pictures."""


def compiled(model: keras.Model) -> Answer:
    """Make of a network what answers for any number of pictures, compiled once for all.

    Keras' own `predict_on_batch` is compiled again at the second number of pictures.

    Parameters
    ----------
    model : keras.Model
        Gives a dict of arrays.

    Returns
    -------
    Answer
        Follows the network where its weights or statistics are changed.
    """
    taken = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)

    @tf.function(input_signature=[taken], autograph=False, jit_compile=model.jit_compile)
    def answer(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        with fused(model):
            return model(pictures, training=False)

    return lambda pictures: {name: given.numpy() for name, given in answer(pictures).items()}


def averaged(
    answer: Answer,
    images: Images,
    *,
    views: int = 1,
    batch_size: int = 256,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, np.ndarray]:
    """Run a network that gives several layers over images, in batches.

    Parameters
    ----------
    answer : Answer
        As `compiled` makes it.
    images, views, batch_size, progress
        As for `extract`.

    Returns
    -------
    dict of str to numpy.ndarray of float32, shape (n, units)
        The mean over the views.
    """
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        parts.append(_mean(answer, list(_views(batch, views)), batch_size))
        if progress is not None:
            progress(start + len(batch), len(images))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class Extractor:
    """A network that gives two of its layers, built once for several calls.

    Parameters
    ----------
    model : keras.Model
    """

    def __init__(self, model: keras.Model) -> None:
        self.name = model.name
        self._both = compiled(answering(model))

    def __call__(
        self,
        images: Images,
        *,
        views: int = 1,
        batch_size: int = 256,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network over images; see `extract`."""
        answers = averaged(
            self._both, images, views=views, batch_size=batch_size, progress=progress
        )
        softmax = answers["probabilities"]
        X = answers.get(EMBEDDING, np.empty((len(softmax), 0), np.float32))
        lost = int((~(np.isfinite(X).all(axis=1) & np.isfinite(softmax).all(axis=1))).sum())
        if lost:
            raise InputError(
                f"{self.name}: gives no finite numbers for {lost} of {len(images)} images: "
                "the training diverged; train again with a lower learning rate"
            )
        return X, softmax


def _mean(answer: Answer, views: Sequence[np.ndarray], batch_size: int) -> dict[str, np.ndarray]:
    """Ask about all views of a batch, and give the mean of the answers."""
    # A call costs milliseconds by itself, which is most of what a few pictures take.
    together = max(1, batch_size // len(views[0]))
    answers = []
    for start in range(0, len(views), together):
        stacked = views[start : start + together]
        said = answer(np.concatenate(stacked))
        answers.append({n: a.reshape(len(stacked), -1, a.shape[-1]) for n, a in said.items()})
    return {
        name: np.concatenate([given[name] for given in answers]).mean(axis=0) for name in answers[0]
    }


def _views(images: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """Give the images themselves, then (for 8) what quarter-turns and a mirror make of them."""
    yield images
    if count == 8:
        yield images[:, :, ::-1]
        for turns in (1, 2, 3):
            turned = np.rot90(images, turns, axes=(1, 2))
            yield turned
            yield turned[:, :, ::-1]
