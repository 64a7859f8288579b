"""Fitting a network: steps, best weights, early stopping, and going on after a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from sklearn.utils.class_weight import compute_class_weight

from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.batches import ahead, batches
from hybrid_wbc.cnn.checkpoint import History, Progress, keep, restore
from hybrid_wbc.cnn.normalisation import fused, settle_batch_normalisation
from hybrid_wbc.cnn.optimisation import Optimizer, Recipe
from hybrid_wbc.config.choices import SQUARE_ROOT
from hybrid_wbc.data.rows import Images

_SHUFFLE = 1
_VALIDATED = 256


def fit(
    model: keras.Model,
    images: Images,
    labels: np.ndarray,
    *,
    recipe: Recipe,
    augmentation: Augmentation | None,
    seed: int,
    strata: np.ndarray | None = None,
    validation: tuple[Images, np.ndarray] | None = None,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
) -> History:
    """Train the model in place, average its last weights if asked, settle its normalisation.

    Parameters
    ----------
    model : keras.Model
        Gives class probabilities.
    images : Images of uint8, shape (n, height, width, 3)
        An array, or rows of one; it is read batch by batch.
    labels : numpy.ndarray of int, shape (n,)
    recipe : Recipe
    augmentation : Augmentation, optional
        Applied anew to each training batch; its form alone where the recipe refines.
    seed : int
        Seeds order, augmentation and every other draw.
    strata : numpy.ndarray of int, shape (n,), optional
        What is drawn alike often where the recipe is balanced; by default the labels.
    validation : tuple of Images and numpy.ndarray, optional
        Images and labels cut from the training side; needed for best weights and early stopping.
    checkpoint : Path, optional
        File that the state is kept in after each epoch; training goes on from it when it exists.
    on_epoch : callable, optional
        Called after each epoch with its number, from zero, and its figures.

    Returns
    -------
    dict of str to list of float
        One value an epoch: loss, accuracy and learning_rate, and validation_loss and
        validation_accuracy where there is a validation side.
    """
    steps_per_epoch = max(1, len(images) // recipe.batch_size)
    optimizer, loss_function = recipe.optimizer_of(model), recipe.loss_function()
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, loss_function)
    weight_of = class_weights(labels) if recipe.class_weights else np.ones(labels.max() + 1)
    progress = restore(checkpoint, model, optimizer)
    while progress.epoch < recipe.epochs and not _is_out_of_patience(progress, recipe):
        epoch = progress.epoch
        losses, hits, seen = [], [], 0
        changes = augmentation
        if augmentation is not None and epoch >= recipe.epochs - recipe.refined_epochs:
            changes = augmentation.of_form_alone()
        epoch_batches = batches(
            images,
            labels,
            batch_size=recipe.batch_size,
            augmentation=changes,
            strata=(labels if strata is None else strata) if recipe.balanced else None,
            root=recipe.balanced == SQUARE_ROOT,
            seed=[seed, _SHUFFLE, epoch],
        )
        for number, (batch, targets) in enumerate(ahead(epoch_batches)):
            rate = recipe.rate(epoch * steps_per_epoch + number, steps_per_epoch)
            optimizer.learning_rate.assign(rate)
            loss, right = step(batch, targets, weight_of[targets].astype(np.float32))
            losses.append(loss)
            hits.append(right)
            seen += len(batch)
        figures = {
            "loss": float(np.mean(losses)),
            "accuracy": float(np.sum(hits) / seen),
            "learning_rate": rate,
        }
        if validation is not None:
            # Training steps use each batch's own statistics, so that settling here changes none.
            settle_batch_normalisation(model, images, seed=seed)
            figures |= _validate(model, loss_function, *validation)
        if epoch >= recipe.epochs - recipe.averaged_epochs:
            _add_weights(progress, model)
        _record(progress, figures, model, keep_best=recipe.best_weights)
        if checkpoint is not None:
            keep(checkpoint, progress, model, optimizer)
        if on_epoch is not None:
            on_epoch(epoch, figures)
    if progress.best_weights:
        model.set_weights(progress.best_weights)
    if progress.summed_weights:
        for variable, total in zip(model.trainable_variables, progress.summed_weights, strict=True):
            variable.assign(total / recipe.averaged_epochs)
    settle_batch_normalisation(model, images, seed=seed)
    return progress.history


def training_step(
    model: keras.Model, optimizer: Optimizer, loss_function: keras.losses.Loss
) -> Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[tf.Tensor, tf.Tensor]]:
    """Compile one step of gradient descent.

    Parameters
    ----------
    model : keras.Model
        Gives class probabilities, shape (n, classes).
    optimizer : Optimizer
    loss_function : keras.losses.Loss
        Gives one number an image.

    Returns
    -------
    callable
        Takes images (n, height, width, 3) uint8, labels (n,) int and weights (n,) float32; gives
        the mean loss and the number of images classed right before the step.
    """
    classes = model.output_shape[-1]

    @tf.function(reduce_retracing=True, autograph=False)
    def step(
        images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # Of a frozen backbone nothing is differentiated.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in model.trainable_variables])
            # The step is traced once, and what is in the trace stays.
            with fused(model):
                probabilities = model(images, training=True)
            losses = loss_function(tf.one_hot(labels, classes), probabilities)
            loss = tf.reduce_mean(losses * weights)
        gradients = tape.gradient(loss, model.trainable_variables)
        # Outside a replica the optimiser leaves out its sum over devices, for which TensorFlow
        # would keep the graph of every training until the process ends.
        replica = tf.distribute.get_replica_context()
        replica.merge_call(lambda _: optimizer.apply(gradients, model.trainable_variables))
        right = tf.argmax(probabilities, axis=-1) == tf.cast(labels, tf.int64)
        return loss, tf.reduce_sum(tf.cast(right, tf.float32))

    return step


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weigh each class by the inverse of its frequency; the mean weight of an image is 1.

    Parameters
    ----------
    labels : numpy.ndarray of int, shape (n,)

    Returns
    -------
    numpy.ndarray of float64, shape (highest label + 1,)
        1 for a class that no image is of.
    """
    weights, present = np.ones(labels.max() + 1), np.unique(labels)
    weights[present] = compute_class_weight("balanced", classes=present, y=labels)
    return weights


def _validate(
    model: keras.Model, loss_function: keras.losses.Loss, images: Images, labels: np.ndarray
) -> dict[str, float]:
    # `predict` would copy all images first.
    starts = range(0, len(images), _VALIDATED)
    parts = [model.predict_on_batch(images[start : start + _VALIDATED]) for start in starts]
    probabilities = np.concatenate(parts)
    losses = loss_function(np.eye(probabilities.shape[1], dtype=np.float32)[labels], probabilities)
    return {
        "validation_loss": float(np.mean(losses)),
        "validation_accuracy": float((probabilities.argmax(axis=1) == labels).mean()),
    }


def _record(
    progress: Progress, figures: dict[str, float], model: keras.Model, *, keep_best: bool
) -> None:
    for name, value in figures.items():
        progress.history.setdefault(name, []).append(value)
    loss = figures.get("validation_loss", float("inf"))
    if loss < progress.best_loss:
        progress.best_loss, progress.best_epoch = loss, progress.epoch
        if keep_best:
            progress.best_weights = model.get_weights()
    progress.epoch += 1


def _add_weights(progress: Progress, model: keras.Model) -> None:
    weights = [np.asarray(variable, np.float64) for variable in model.trainable_variables]
    if progress.summed_weights:
        weights = [total + new for total, new in zip(progress.summed_weights, weights, strict=True)]
    progress.summed_weights = weights


def _is_out_of_patience(progress: Progress, recipe: Recipe) -> bool:
    if recipe.patience is None or progress.best_epoch < 0:
        return False
    return progress.epoch - 1 - progress.best_epoch >= recipe.patience
