"""What each approach makes of a lent network, fitted on a training side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hybrid_wbc.config.choices import FINE_TUNED, GIVEN_EMBEDDING, NEW_EMBEDDING, Approach
from hybrid_wbc.config.settings import Config
from hybrid_wbc.progress import Reporter

if TYPE_CHECKING:
    import keras

    from hybrid_wbc.cnn.lent import Described, Linear


@dataclass(frozen=True)
class TrainingSide:
    """The training side of a repeat, as a lent network is made ready for it.

    Parameters
    ----------
    config : Config
    title : str
        Of what is done, for those who follow.
    seed : int
    classes : numpy.ndarray of str, shape (k,)
    images : numpy.ndarray of uint8, shape (n, height, width, 3)
    y : numpy.ndarray of int, shape (n,)
    sources : numpy.ndarray of str, shape (n,)
    scorable : numpy.ndarray of bool, shape (n,)
        Whether the lent network saw nothing of a cell's source.
    described : Described
        What the lent network says of the images.
    reporter : Reporter
    """

    config: Config
    title: str
    seed: int
    classes: np.ndarray
    images: np.ndarray
    y: np.ndarray
    sources: np.ndarray
    scorable: np.ndarray
    described: Described
    reporter: Reporter

    def taken(self, cells: np.ndarray, title: str) -> TrainingSide:
        """Take some cells, by a mask."""
        return TrainingSide(
            self.config,
            title,
            self.seed,
            self.classes,
            self.images[cells],
            self.y[cells],
            self.sources[cells],
            self.scorable[cells],
            type(self.described)(self.described.features[cells], self.described.embedding[cells]),
            self.reporter,
        )

    def linear(self, approach: Approach) -> Linear:
        """Fit the linear layer that an approach puts upon the frozen network."""
        from hybrid_wbc.cnn.lent import fit_linear

        kept = approach == GIVEN_EMBEDDING
        X = self.described.embedding if kept else self.described.features
        return fit_linear(X, self.y, classes=len(self.classes), on_embedding=kept)

    @property
    def keeps_units(self) -> bool:
        """Whether the given embedding has a unit a class, and is taken as it is."""
        return self.described.embedding.shape[1] == len(self.classes)


def make(
    side: TrainingSide, approach: Approach, checkpoint: Path | None
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Make the network of an approach.

    Parameters
    ----------
    side : TrainingSide
    approach : str
    checkpoint : Path, optional
        Where its training is kept after each epoch, for as long as it goes on.

    Returns
    -------
    network : keras.Model
    history : dict of str to list of float
        The figures of each epoch; of one where nothing but a linear layer is fitted.
    """
    from hybrid_wbc.cnn import lent
    from hybrid_wbc.cnn.fitting import fit_further

    model = lent.load(Path(side.config.network.weights))
    linear = side.linear(approach)
    if approach == GIVEN_EMBEDDING:
        return lent.with_given_embedding(model, linear), _figures(side, approach, linear)
    made = lent.with_new_embedding(model, linear)
    if approach == NEW_EMBEDDING:
        return made, _figures(side, approach, linear)
    made.trainable = True
    with side.reporter.job(f"{side.title}: training") as advance:
        history = fit_further(
            made,
            side.config.training,
            side.config.augmentation,
            side.images,
            side.y,
            seed=side.seed,
            checkpoint=checkpoint,
            advance=advance,
        )
    return made, history


def embedder(part: TrainingSide, approach: Approach) -> Callable[[TrainingSide], np.ndarray]:
    """Make what gives cells the embedding of an approach, fitted on one part of the side.

    Parameters
    ----------
    part : TrainingSide
    approach : str

    Returns
    -------
    callable
        Takes cells as a `TrainingSide`, and gives float32 of shape (n, k).
    """
    if approach == FINE_TUNED:
        from hybrid_wbc.cnn.extraction import extract

        model, _ = make(part, approach, None)
        return lambda asked: extract(model, asked.images, views=part.config.network.views)[0]
    if approach == GIVEN_EMBEDDING and part.keeps_units:
        return lambda asked: asked.described.embedding
    linear = part.linear(approach)
    if approach == GIVEN_EMBEDDING:
        return lambda asked: linear(asked.described.embedding)
    return lambda asked: linear(asked.described.features)


def _figures(side: TrainingSide, approach: Approach, linear: Linear) -> dict[str, list[float]]:
    """Say how well a linear layer fits the training side, as the figures of one epoch."""
    X = side.described.embedding if approach == GIVEN_EMBEDDING else side.described.features
    scores = linear(X).astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    of_truth = scores[np.arange(len(scores)), side.y] - np.log(np.exp(scores).sum(axis=1))
    right = scores.argmax(axis=1) == side.y
    return {"loss": [float(-of_truth.mean())], "accuracy": [float(right.mean())]}
