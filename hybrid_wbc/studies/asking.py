"""What the networks and classifiers of a finished run say of pictures prepared for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings, complete
from hybrid_wbc.config.choices import CNN
from hybrid_wbc.config.names import ANSWERING, CLASSIFIERS, TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat, SelfTest
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import said_and_given

if TYPE_CHECKING:
    import keras

    from hybrid_wbc.cnn.adapting import Adapter
    from hybrid_wbc.cnn.extraction import Extracted, Extractor


# From what a network said on another machine: as a probability, or a share of the largest feature.
_FURTHEST = 0.01


@dataclass(frozen=True)
class Answers:
    """What was said of n pictures, by classifier, in the order of `names.CLASSIFIERS`.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
        What the classifiers take: the embedding, and then the hand-made features.
    said : dict of str to numpy.ndarray of str, shape (n,)
    given : dict of str to numpy.ndarray of float32, shape (n, k)
        Class probabilities of those that give any.
    outside : numpy.ndarray of float32, shape (n,), or None
        How much of what the embedding is made of lies outside the training cells' subspace, where
        that is known.
    """

    X: np.ndarray
    said: dict[str, np.ndarray]
    given: dict[str, np.ndarray]
    outside: np.ndarray | None = None


def answering(config: Config, there: Collection[str]) -> str:
    """Say whose answer is counted, gets a probability and a prediction set.

    Parameters
    ----------
    config : Config
    there : collection of str
        The classifiers that answer.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If the one that the config names is not there.
    """
    wanted = config.classifiers.answer
    if wanted == "auto":
        return next(key for key in ANSWERING if key in there)
    if wanted not in there:
        raise InputError(
            f"classifiers.answer: {wanted} was named, and this run has none; it has "
            f"{', '.join(sorted(there))}"
        )
    return wanted


class Asked:
    """One repeat's network, ensemble and classifiers, read once; there may be no network.

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
        self.fitted = repeat.classifiers()
        self.embedded = repeat.embeddings()
        self.classes = self.embedded.classes
        subspace = self.embedded.subspace
        self._outside = None if subspace is None else subspace.outside
        self._networks: list[keras.Model] = []
        self._extractors: list[Extractor] = []
        self._adapters: list[Adapter] = []
        if self.embedded.has_softmax:
            # TensorFlow takes seconds to load.
            from hybrid_wbc.cnn.adapting import Adapter
            from hybrid_wbc.cnn.extraction import Extractor

            members = repeat.members(config.ensemble.networks or 0)
            self._networks = [trained.network() for trained in (repeat, *members)]
            self._extractors = list(map(Extractor, self._networks))
            self._test(repeat)
            if config.network.statistics == TARGET:
                self._adapters = list(map(Adapter, self._networks, self._extractors))

    def tested_by(self, images: np.ndarray) -> SelfTest:
        """Make of a few pictures what the network can be tested by elsewhere.

        With the training's statistics, as it is tested before anything is asked.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (m, size, size, 3)
        """
        for adapter in self._adapters:
            adapter.restore()
        said = self._ask_own(images)
        return SelfTest(images, said.X, said.softmax)

    def _ask_own(
        self, images: np.ndarray, progress: Callable[[int, int], None] | None = None
    ) -> Extracted:
        """Ask the repeat's own network, always alike: another answer would be compiled anew."""
        own = self._extractors[0]
        return own(images, views=self._views, progress=progress, outside=self._outside)

    def _test(self, repeat: RunRepeat) -> None:
        """See that the network says here of a few cells what it said where it was trained."""
        test = repeat.self_test()
        if test is None:
            return
        X, probabilities, _ = self._ask_own(test.images)
        scale = max(1.0, float(np.abs(test.X).max(initial=0)))
        furthest = max(
            float(np.abs(X - test.X).max(initial=0)) / scale,
            float(np.abs(probabilities - test.probabilities).max()),
        )
        if not furthest <= _FURTHEST:
            raise InputError(
                f"{repeat.path.parent.name}: does not answer here as it did where it was made (of "
                f"{len(X)} cells that it keeps, its numbers lie up to {furthest:.2g} apart); get "
                "the file again, or install the versions of TensorFlow and Keras that it names"
            )

    @property
    def network(self) -> keras.Model | None:
        """The repeat's own network, as it last answered; None where none was trained."""
        return self._networks[0] if self._networks else None

    def say(
        self,
        images: np.ndarray,
        measured: np.ndarray | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Answers:
        """Class pictures.

        Parameters
        ----------
        images : numpy.ndarray of uint8, shape (n, size, size, 3)
            As `hybrid_wbc.data.pixels` prepares them for this run.
        measured : numpy.ndarray of float32, shape (n, m), optional
            The hand-made features of the same cells, where the run takes any: the median of its
            training side stands in for what is not a number.
        progress : callable, optional
            Called with the number of images done and of all.

        Returns
        -------
        Answers
        """
        for adapter in self._adapters:
            adapter.adapt_to(images)
        asked = [self._ask_own(images, progress)] if self._extractors else []
        asked += [
            member(images, views=self._views, progress=progress) for member in self._extractors[1:]
        ]
        X = asked[0].X if asked else np.empty((len(images), 0), np.float32)
        if measured is not None:
            e = self.embedded
            known = e.measured[e.split == TRAIN]
            X = np.hstack([X, complete(measured, known, e.hand_made.tolist())])
        classes = self.classes
        positions, given = said_and_given(self.fitted, X, len(classes))
        said = {key: classes[position] for key, position in positions.items()}
        for key, softmax in zip(("cnn", "cnn_ensemble"), _softmax(asked), strict=False):
            given[key] = softmax
        for key in ("cnn", "cnn_ensemble"):
            if key in given:
                said[key] = classes[given[key].argmax(axis=1)]
        return Answers(
            X,
            {key: said[key] for key in CLASSIFIERS if key in said},
            {key: given[key] for key in CLASSIFIERS if key in given},
            asked[0].outside if asked else None,
        )


def _softmax(asked: Sequence[Extracted]) -> list[np.ndarray]:
    """Give the class probabilities of a network, and the mean of its ensemble's."""
    own, members = asked[:1], [member.softmax for member in asked[1:]]
    found = [said.softmax for said in own]
    return [*found, np.mean(members, axis=0)] if members else found


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
        self.measures = config.classifiers.features != CNN
        self.groups = [repeat.seed for repeat in self.repeats]

    @cached_property
    def asked(self) -> list[Asked]:
        """What is asked, of each repeat."""
        return [Asked(repeat, self.config) for repeat in self.repeats]
