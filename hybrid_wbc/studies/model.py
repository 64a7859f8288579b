"""What a finished run, or an estimator in one file, can be asked about new cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings, column
from hybrid_wbc.config.choices import CNN
from hybrid_wbc.config.names import TARGET, Statistics
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import is_private
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import calibrated_probabilities
from hybrid_wbc.stages.data_facts import samples_of
from hybrid_wbc.studies.asking import Answers, Asked, answering
from hybrid_wbc.studies.framing import Framing, found_otherwise
from hybrid_wbc.studies.opening import open_finished

if TYPE_CHECKING:
    import keras

Say = Callable[[np.ndarray, np.ndarray | None], Answers]


@dataclass(frozen=True)
class HeldOut:
    """The cells that took no part in making a model: n of them.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
    y : numpy.ndarray of int, shape (n,)
    sources : numpy.ndarray of str, shape (n,)
    said : numpy.ndarray of int, shape (n,)
        The class that the answering classifier gave each.
    probabilities : numpy.ndarray of float, shape (n, k)
        By the same.
    outside : numpy.ndarray of float32, shape (n,), or None
        As `Answers` has it.
    """

    X: np.ndarray
    y: np.ndarray
    sources: np.ndarray
    said: np.ndarray
    probabilities: np.ndarray
    outside: np.ndarray | None = None


@dataclass(frozen=True)
class Model:
    """What answers, and what it knows of the cells that it was made from.

    Parameters
    ----------
    name : str
        The path that it was opened by.
    classes : list of str, length k
    framing : Framing
    say : callable
        Given pictures as `framing.pixels` prepares them, and the hand-made features of their cells
        where the model `measures`, gives `Answers`.
    answered_by : str
        The classifier, a key of `names.CLASSIFIERS`, whose answer is counted.
    columns : list of str, length d
        Names of the features.
    measures : bool
        Whether it takes hand-made features, which are the last of its features.
    trained : numpy.ndarray of float32, shape (t, d), or None
        Embeddings of the training cells.
    held_out : HeldOut or None
    adapts : bool
        Whether an answer depends on the other pictures that are asked about with it.
    mark : str
        What stands before any figure of its held-out cells.
    warnings : list of str
        What must be known to read its answers.
    seed : int
    network : keras.Model or None
        Whose answers can be explained.
    embedded : Embeddings or None
        Its training cells, by which neighbours are named; they are those of `trained`.
    training_samples : callable or None
        Gives the samples of these cells by id, where their pictures can be found.
    private : bool
        Whether their pictures may not be passed on.
    """

    name: str
    classes: list[str]
    framing: Framing
    say: Say
    answered_by: str
    columns: list[str]
    measures: bool = False
    trained: np.ndarray | None = None
    held_out: HeldOut | None = None
    adapts: bool = False
    mark: str = ""
    warnings: list[str] = field(default_factory=list)
    seed: int = 0
    network: keras.Model | None = None
    embedded: Embeddings | None = None
    training_samples: Callable[[], dict[str, Sample]] | None = None
    private: bool = False


def open_model(path: Path, statistics: Statistics | None = None) -> Model:
    """Open a run's folder, a run in one file, or a file that `HybridClassifier.save` wrote.

    Parameters
    ----------
    path : Path
        Or "packaged", the model that comes with the program.
    statistics : {"training", "target"}, optional
        As for `open_finished`.

    Returns
    -------
    Model
        Of a run its first repeat, and not its best: choosing among repeats by their test scores
        would make those scores untrue.

    Raises
    ------
    InputError
        If it is neither, or the run is not far enough, or there are no statistics to choose.
    """
    if path.is_file() and sealing.is_estimator(path):
        if statistics == TARGET:
            raise InputError(
                f"--statistics {TARGET}: {path.name} is a single estimator, which keeps its "
                "training's; leave it out, or name a run's folder or a run in one file"
            )
        return _of_estimator(path)
    return replace(of_run(*open_finished(path, statistics)), name=str(path))


def of_run(config: Config, folder: RunFolder) -> Model:
    """Take the first repeat of a run.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If nothing is classified yet.
    """
    run = Run(folder)
    repeats = run.repeats()
    if not repeats or not repeats[0].is_classified:
        raise InputError(f"{folder.path}: nothing has been trained yet; finish the run first")
    data = run.provenance()["data"]
    asked = Asked(repeats[0], config)
    e = asked.embedded
    there = {*asked.fitted, *(["cnn"] if e.has_softmax else [])}
    if config.ensemble.networks:
        there.add("cnn_ensemble")
    answered_by = answering(config, there)
    warnings = []
    if data["synthetic"]:
        warnings.append("the run was trained on SYNTHETIC cells: its answers say nothing of blood")
    warnings += found_otherwise(config, e)
    if config.network.statistics != run.config().network.statistics:
        warnings.append(
            "prediction sets, what is unlike anything seen and the limits of the differential are "
            "by held-out cells that were asked about with the statistics of "
            f"{run.config().network.statistics}: they may not hold with those of "
            f"{config.network.statistics}"
        )
    return Model(
        name=str(folder.path),
        classes=e.classes.tolist(),
        framing=Framing.of_run(config, data, run.manifest()),
        say=asked.say,
        answered_by=answered_by,
        columns=[column(name) for name in e.names],
        measures=config.classifiers.features != CNN,
        trained=e.X[e.split == TRAIN] if e.has_features else None,
        held_out=_held_out(asked, repeats[0], e, answered_by),
        adapts=config.network.statistics == TARGET,
        mark=overlap.mark(config.split.protocol, synthetic=data["synthetic"]),
        warnings=warnings,
        seed=repeats[0].seed,
        network=asked.network,
        embedded=e if e.has_features else None,
        training_samples=lambda: samples_of(config, folder, Reporter(Console(quiet=True))),
        private=is_private(data),
    )


def _held_out(asked: Asked, repeat: RunRepeat, e: Embeddings, key: str) -> HeldOut | None:
    """Give the test cells, which chose nothing: those of the validation side chose the epoch."""
    tested = e.split == TEST
    if not tested.any():
        return None
    X = e.X[tested]
    if key == "cnn":
        probabilities = e.probabilities[tested]
    elif key == "cnn_ensemble":
        ensemble = repeat.ensemble()
        if ensemble is None:
            return None
        probabilities = ensemble[tested]
    else:
        given = calibrated_probabilities(asked.fitted, X, len(e.classes))
        if key not in given:
            return None
        probabilities = given[key]
    return HeldOut(
        X=X,
        y=e.y[tested],
        sources=e.sources[tested],
        said=probabilities.argmax(axis=1),
        probabilities=probabilities,
        outside=e.outside[tested] if len(e.outside) else None,
    )


def _of_estimator(path: Path) -> Model:
    estimator = HybridClassifier.load(path)
    classes = [str(name) for name in estimator.classes_]

    def say(
        images: np.ndarray,
        measured: np.ndarray | None,  # noqa: ARG001
    ) -> Answers:
        said = estimator.predict(images).astype(str)
        given = {}
        if hasattr(estimator, "predict_proba"):
            given[estimator.head] = estimator.predict_proba(images).astype(np.float32)
        return Answers(estimator.transform(images), {estimator.head: said}, given)

    return Model(
        name=str(path),
        classes=classes,
        framing=Framing(estimator.pixels_, guessed=True),
        say=say,
        answered_by=estimator.head,
        columns=[f"feature_{number}" for number in range(1, estimator.embedding_units + 1)],
        warnings=[
            f"{path.name} keeps no training and no held-out cells: no prediction sets, no distance "
            "to a training cell, nothing is called unlike anything seen, and the differential has "
            "no limits that hold the classifier's errors; a run's folder has all of these"
        ],
        network=estimator.network_,
    )


def named(classes: Sequence[str], said: np.ndarray) -> np.ndarray:
    """Give the position of each class that was said, as an array of int."""
    position = {name: i for i, name in enumerate(classes)}
    return np.array([position[name] for name in said.tolist()], dtype=int)
