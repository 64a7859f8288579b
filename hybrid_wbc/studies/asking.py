"""What the network and the classifiers of one repeat say of pictures that are prepared for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.stages.classify import calibrated_probabilities


@dataclass(frozen=True)
class Answers:
    """What was said of n pictures, by classifier, in the order of `names.CLASSIFIERS`.

    Parameters
    ----------
    said : dict of str to numpy.ndarray of str, shape (n,)
    given : dict of str to numpy.ndarray of float32, shape (n, k)
        Class probabilities of those that give any.
    """

    said: dict[str, np.ndarray]
    given: dict[str, np.ndarray]


class Asked:
    """One repeat's network, ensemble and classifiers, read once.

    Parameters
    ----------
    repeat : RunRepeat
        Classified.
    config : Config
        The run's.
    """

    def __init__(self, repeat: RunRepeat, config: Config) -> None:
        self._views = config.network.views
        self._network = repeat.network()
        self._members = [m.network() for m in repeat.members(config.ensemble.networks or 0)]
        self._fitted = repeat.classifiers()
        self.classes = repeat.embeddings().classes

    def say(
        self, images: np.ndarray, progress: Callable[[int, int], None] | None = None
    ) -> Answers:
        """Class pictures.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, size, size, 3)
            As `hybrid_wbc.data.pixels` prepares them for this run.
        progress : callable, optional
            Called with the number of images done and of all.

        Returns
        -------
        Answers
        """
        from hybrid_wbc.cnn import extraction  # TensorFlow takes seconds to load

        X, softmax = extraction.extract(
            self._network, images, views=self._views, progress=progress
        )
        classes = self.classes
        said = {key: classes[fitted.predict(X)] for key, fitted in self._fitted.items()}
        given = {"cnn": softmax} | calibrated_probabilities(self._fitted, X, len(classes))
        if self._members:
            each = [extraction.extract(m, images, views=self._views)[1] for m in self._members]
            given["cnn_ensemble"] = np.mean(each, axis=0)
        for key in ("cnn", "cnn_ensemble"):
            if key in given:
                said[key] = classes[given[key].argmax(axis=1)]
        return Answers(
            {key: said[key] for key in CLASSIFIERS if key in said},
            {key: given[key] for key in CLASSIFIERS if key in given},
        )
