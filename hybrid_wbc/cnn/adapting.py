"""Batch normalisation by the statistics of the pictures that a network is asked about."""

from __future__ import annotations

from hashlib import sha256

import keras
import numpy as np

from hybrid_wbc.cnn.batches import evened_out
from hybrid_wbc.cnn.extraction import Extractor
from hybrid_wbc.cnn.normalisation import settle_batch_normalisation, trained_normalisations
from hybrid_wbc.data.rows import Images, Rows
from hybrid_wbc.errors import InputError

# As many pictures of the target as the training's statistics count for.
_PICTURES_OF_TRAINING = 32
# To which a class's number of pictures is raised for its share of those drawn.
_POWER = 0.5
_SEED = 0
# Pictures, at most.
_BATCH = 256


class Adapter:
    """Gives a network's batch normalisation the statistics of a target, without its labels.

    Plain statistics of a target mix up two things: its stain and light, which a network should get
    used to, and how many of its cells are of each class, which it should not. So that the second
    counts for less, the pictures are drawn by what the network says of them when it normalises as
    in training: each class's share is proportional to the square root of how many pictures are
    named it. Equal shares (Gong et al. 2022, section 3.2, https://arxiv.org/abs/2208.05117) would
    trust too much in answers that are wrong as yet.

    A few pictures say little of a microscope: the statistics of training count as so many pictures
    of it. (Schneider et al. 2020, equation 3, https://arxiv.org/abs/2006.16971)

    Parameters
    ----------
    model : keras.Model
        Changed in place by `adapt_to`.
    extractor : Extractor
        Asks the same network.

    Raises
    ------
    InputError
        If the network has no batch normalisation that was trained.
    """

    def __init__(self, model: keras.Model, extractor: Extractor) -> None:
        self._layers = trained_normalisations(model)
        if not self._layers:
            raise InputError(
                f"'{model.name}' has no batch normalisation that was trained, whose statistics "
                "could be the target's: set network.statistics: training, or leave --statistics out"
            )
        self._model, self._extractor = model, extractor
        self._of_training = self._statistics()

    def adapt_to(self, images: Images) -> None:
        """Change the statistics to those of a target, whatever it was adapted to before.

        Parameters
        ----------
        images : Images of uint8, shape (n, height, width, 3)
            Their classes are not looked at.
        """
        self.restore()
        count = len(images)
        # By content, so that the order in which they are asked about changes nothing.
        sums = [sha256(images[row : row + 1].tobytes()).digest() for row in range(count)]
        order = sorted(range(count), key=sums.__getitem__)
        target = Rows.of(images, np.array(order))
        said = self._extractor(target).softmax.argmax(axis=1)
        drawn = evened_out(said, _POWER, np.random.default_rng(_SEED))
        settle_batch_normalisation(
            self._model,
            Rows.of(target, drawn),
            seed=_SEED,
            # What is left over after the last batch does not count: hardly any.
            batch_size=count // -(-count // _BATCH),
        )
        share = count / (count + _PICTURES_OF_TRAINING)
        pairs = zip(self._of_training, self._statistics(), strict=True)
        self._set([(1 - share) * training + share * target for training, target in pairs])

    def restore(self) -> None:
        """Take the training's statistics again."""
        self._set(self._of_training)

    def _statistics(self) -> list[np.ndarray]:
        """Copy means and variances of all layers, one after the other."""
        return [each.numpy().copy() for layer in self._layers for each in _of(layer)]

    def _set(self, statistics: list[np.ndarray]) -> None:
        own = [each for layer in self._layers for each in _of(layer)]
        for variable, values in zip(own, statistics, strict=True):
            variable.assign(values)


def _of(layer: keras.layers.BatchNormalization) -> tuple[keras.Variable, keras.Variable]:
    return layer.moving_mean, layer.moving_variance
