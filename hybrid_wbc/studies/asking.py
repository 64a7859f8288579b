"""What the networks and classifiers of a finished run say of pictures prepared for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import TARGET
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import calibrated_probabilities


@dataclass(frozen=True)
class Answers:
    """What was said of n pictures, by classifier, in the order of `names.CLASSIFIERS`.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
        The embedding.
    said : dict of str to numpy.ndarray of str, shape (n,)
    given : dict of str to numpy.ndarray of float32, shape (n, k)
        Class probabilities of those that give any.
    """

    X: np.ndarray
    said: dict[str, np.ndarray]
    given: dict[str, np.ndarray]


class Asked:
    """One repeat's network, ensemble and classifiers, read once.

    Where the run takes the statistics of batch normalisation from what it is asked about, an answer
    depends on the other pictures that are asked about with it.

    Parameters
    ----------
    repeat : RunRepeat
        Classified.
    config : Config
        The run's.
    """

    def __init__(self, repeat: RunRepeat, config: Config) -> None:
        self._views = config.network.views
        self._adapts = config.network.statistics == TARGET
        from hybrid_wbc.cnn.extraction import Extractor  # TensorFlow takes seconds to load

        members = repeat.members(config.ensemble.networks or 0)
        self._networks = [trained.network() for trained in (repeat, *members)]
        self._extract, *self._members = map(Extractor, self._networks)
        self.fitted = repeat.classifiers()
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
        if self._adapts:
            from hybrid_wbc.cnn.extraction import adapt

            for network in self._networks:
                adapt(network, images)
        X, softmax = self._extract(images, views=self._views, progress=progress)
        classes = self.classes
        said = {key: classes[fitted.predict(X)] for key, fitted in self.fitted.items()}
        given = {"cnn": softmax} | calibrated_probabilities(self.fitted, X, len(classes))
        if self._members:
            each = [
                extract(images, views=self._views, progress=progress)[1]
                for extract in self._members
            ]
            given["cnn_ensemble"] = np.mean(each, axis=0)
        for key in ("cnn", "cnn_ensemble"):
            if key in given:
                said[key] = classes[given[key].argmax(axis=1)]
        return Answers(
            X,
            {key: said[key] for key in CLASSIFIERS if key in said},
            {key: given[key] for key in CLASSIFIERS if key in given},
        )


class AskedRun:
    """A finished run, of which the first repeats are asked.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    most : int
        Repeats that are asked: the first, and not the best.
    reporter : Reporter

    Raises
    ------
    InputError
        If no repeat is classified yet.
    """

    def __init__(self, config: Config, folder: RunFolder, most: int, reporter: Reporter) -> None:
        self.config, self.folder, self.reporter = config, folder, reporter
        self.files = Run(folder)
        classified = [repeat for repeat in self.files.repeats() if repeat.is_classified]
        if not classified:
            raise InputError(f"{folder.path}: nothing is classified yet; finish the run first")
        self.repeats = classified[:most]
        self.data = self.files.provenance()["data"]
        self.embedded: list[Embeddings] = [repeat.embeddings() for repeat in self.repeats]
        self.classes: list[str] = self.embedded[0].classes.tolist()
        self.seed = config.seed
        self.groups = [repeat.seed for repeat in self.repeats]

    @cached_property
    def asked(self) -> list[Asked]:
        """What is asked, of each repeat."""
        return [Asked(repeat, self.config) for repeat in self.repeats]
