"""Asks a network about pictures in batches, each seen from one side or from eight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import keras
import numpy as np
import tensorflow as tf

from hybrid_wbc.cnn.normalisation import fused
from hybrid_wbc.data.rows import Images

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
    made_of: Mapping[str, Callable[[np.ndarray], np.ndarray]] = MappingProxyType({}),
) -> dict[str, np.ndarray]:
    """Run a network that gives several layers over images, in batches.

    Parameters
    ----------
    answer : Answer
        As `compiled` makes it.
    images, views, batch_size, progress
        As for `extraction.extract`.
    made_of : mapping of str to callable, optional
        What is kept in place of a layer of this name, made of a batch's: of a wide layer there
        would be more than memory holds.

    Returns
    -------
    dict of str to numpy.ndarray of float32, shape (n, units)
        The mean over the views.
    """
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        part = _mean(answer, list(_views(batch, views)), batch_size)
        parts.append(part | {name: make(part[name]) for name, make in made_of.items()})
        if progress is not None:
            progress(start + len(batch), len(images))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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
