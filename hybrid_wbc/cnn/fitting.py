"""A network built and fitted as the settings say: for a run and for the estimator alike."""

from __future__ import annotations

import gc
import math
from pathlib import Path

import keras
import numpy as np
from tensorflow.python.eager import context

from hybrid_wbc.cnn import networks, training
from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.checkpoint import History
from hybrid_wbc.cnn.optimisation import Recipe
from hybrid_wbc.config import network as settings
from hybrid_wbc.data.pieces import pieces_of
from hybrid_wbc.data.rows import Images
from hybrid_wbc.progress import Advance

_SHOWN = ("loss", "accuracy", "validation_accuracy")


def fit_network(
    network: settings.Network,
    recipe: settings.Training,
    augmentation: settings.Augmentation,
    images: Images,
    labels: np.ndarray,
    *,
    classes: int,
    strata: np.ndarray | None = None,
    seed: int,
    validation: tuple[Images, np.ndarray] | None = None,
    checkpoint: Path | None = None,
    advance: Advance,
) -> tuple[keras.Model, History]:
    """Build a network and fit it.

    Parameters
    ----------
    network, recipe, augmentation
        The settings of these names.
    images : Images of uint8, shape (n, height, width, 3)
        Of the training side.
    labels : numpy.ndarray of int, shape (n,)
        Position of each image's class.
    classes : int
        How many classes there are.
    strata : numpy.ndarray of int, shape (n,), optional
        What is drawn alike often where the recipe is balanced; by default the labels.
    seed, validation, checkpoint
        As `training.fit` takes them.
    advance : callable
        Told of each epoch.

    Returns
    -------
    network : keras.Model
    history : dict of str to list of float

    Raises
    ------
    InputError
        If the network cannot be built so.
    """
    model = networks.build(
        network.name,
        input_size=(images.shape[1], images.shape[2]),
        classes=classes,
        embedding=network.embedding,
        embedding_units=network.embedding_units,
        dropout=network.dropout,
        weights=network.weights,
        backbone=network.backbone,
        pixels=_pixel_statistics(images) if network.standardise else None,
        normalisation=network.normalisation,
        precision=network.precision,
        width=network.width,
        seed=seed,
    )

    history = fit_further(
        model,
        recipe,
        augmentation,
        images,
        labels,
        strata=strata,
        seed=seed,
        validation=validation,
        checkpoint=checkpoint,
        advance=advance,
    )
    return model, history


def fit_further(
    model: keras.Model,
    recipe: settings.Training,
    augmentation: settings.Augmentation,
    images: Images,
    labels: np.ndarray,
    *,
    strata: np.ndarray | None = None,
    seed: int,
    validation: tuple[Images, np.ndarray] | None = None,
    checkpoint: Path | None = None,
    advance: Advance,
) -> History:
    """Train a network that there is, in place; the parameters are those of `fit_network`.

    Returns
    -------
    dict of str to list of float
    """

    def on_epoch(epoch: int, figures: dict[str, float]) -> None:
        shown = [(name, figures[name]) for name in _SHOWN if name in figures]
        detail = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in shown)
        advance(epoch + 1, recipe.epochs, detail)

    history = training.fit(
        model,
        images,
        labels,
        recipe=Recipe(**recipe.model_dump()),
        augmentation=Augmentation(**augmentation.model_dump()) if augmentation.enabled else None,
        seed=seed,
        strata=strata,
        validation=validation,
        checkpoint=checkpoint,
        on_epoch=on_epoch,
    )
    _free()
    return history


def _free() -> None:
    """Give back what a training leaves: a process that trains for days would grow with each."""
    gc.collect()  # the optimiser, the graphs and earlier networks lie in cycles of references
    # TensorFlow keeps what it has compiled of each graph after the graph has gone, one or two
    # megabytes a training. Only `keras.utils.clear_session` does the same in public, and that
    # forgets what its caller's other networks need.
    context.context().clear_kernel_cache()


def _pixel_statistics(images: Images) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean and standard deviation of each channel, each of shape (3,).

    To the last bit what NumPy gives of the whole array, which it adds up in this order as well.
    """
    count = math.prod(images.shape[:3])
    total = np.zeros(3)
    for piece in pieces_of(images):
        total += piece.sum(axis=(0, 1, 2), dtype=np.float64)
    mean, squares = total / count, np.zeros(3)
    for piece in pieces_of(images):
        apart = (piece - mean).reshape(-1, 3)
        np.square(apart, out=apart)
        apart[0] += squares
        squares = apart.sum(axis=0)
    return mean, np.sqrt(squares / count)
