"""A trained network cut off at its embedding layer, and what it says of each image."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np

from hybrid_wbc.cnn.networks import EMBEDDING, GIVEN_EMBEDDING
from hybrid_wbc.cnn.views import Answer, averaged, compiled
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
    extracted = Extractor(model)(images, views=views, batch_size=batch_size, progress=progress)
    return extracted.X, extracted.softmax


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


_FEATURES = "features"


class Extracted(NamedTuple):
    """What a network says of n cells.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, 5)
        The embedding, of shape (n, 0) where there is none.
    softmax : numpy.ndarray of float32, shape (n, k)
    outside : numpy.ndarray of float32, shape (n,), or None
        What was measured of the features that the embedding is made of.
    """

    X: np.ndarray
    softmax: np.ndarray
    outside: np.ndarray | None


class Extractor:
    """A network that gives its embedding and softmax, and what the embedding is made of.

    Parameters
    ----------
    model : keras.Model
    """

    def __init__(self, model: keras.Model) -> None:
        self.name, self._model = model.name, model

    @property
    def has_features(self) -> bool:
        """Whether there is an embedding, which is made of features."""
        return has_embedding(self._model)

    @cached_property
    def _both(self) -> Answer:
        return compiled(answering(self._model))

    @cached_property
    def _all(self) -> Answer:
        asked = answering(self._model)
        # An embedding that was lent is put under another one, which is made of its few units.
        names = {layer.name for layer in self._model.layers}
        embedding = GIVEN_EMBEDDING if GIVEN_EMBEDDING in names else EMBEDDING
        features = keras.ops.cast(self._model.get_layer(embedding).input, "float32")
        return compiled(keras.Model(asked.input, {**asked.output, _FEATURES: features}))

    def features(
        self,
        images: Images,
        *,
        views: int = 1,
        batch_size: int = 256,
        progress: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """Give what the embedding is made of.

        Parameters
        ----------
        images, views, batch_size, progress
            As for `extract`.

        Returns
        -------
        numpy.ndarray of float32, shape (n, f)

        Raises
        ------
        InputError
            If one is not a finite number.
        """
        answers = averaged(self._all, images, views=views, batch_size=batch_size, progress=progress)
        self._see_that_all_are_finite(answers[_FEATURES])
        return answers[_FEATURES]

    def __call__(
        self,
        images: Images,
        *,
        views: int = 1,
        batch_size: int = 256,
        progress: Callable[[int, int], None] | None = None,
        outside: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> Extracted:
        """Run the network over images; see `extract`.

        Parameters
        ----------
        images, views, batch_size, progress
            As for `extract`.
        outside : callable, optional
            Makes one number a cell, shape (n,), of the features, shape (n, f), that the embedding
            is made of.

        Returns
        -------
        Extracted
        """
        answers = averaged(
            self._all if outside else self._both,
            images,
            views=views,
            batch_size=batch_size,
            progress=progress,
            made_of={_FEATURES: outside} if outside else {},
        )
        softmax, measured = answers["probabilities"], answers.get(_FEATURES)
        X = answers.get(EMBEDDING, np.empty((len(softmax), 0), np.float32))
        self._see_that_all_are_finite(
            X, softmax, *([] if measured is None else [measured[:, None]])
        )
        return Extracted(X, softmax, measured)

    def _see_that_all_are_finite(self, *answers: np.ndarray) -> None:
        lost = sum(~np.isfinite(np.hstack(answers)).all(axis=1))
        if lost:
            raise InputError(
                f"{self.name}: gives no finite numbers for {lost} of {len(answers[0])} images: "
                "the training diverged; train again with a lower learning rate"
            )
