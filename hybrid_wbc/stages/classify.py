"""The classification stage: the classifiers on the embedding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.pipeline import Pipeline

from hybrid_wbc.classical import classifiers, tuning
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.classical.extra import EXTRA
from hybrid_wbc.classical.tuning import Tuned
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.tables import PredictionTable, ProbabilityTable

NO_FEATURES = "no embedding layer in this network: its own softmax alone is scored"


def classify_repeat(
    config: Config, repeat: RunRepeat, reporter: Reporter, *, synthetic: bool
) -> None:
    """Fit the classifiers on the training side of a repeat's embeddings and ask them about all.

    Parameters
    ----------
    config : Config
    repeat : RunRepeat
    reporter : Reporter
        Hears the test accuracy of each.
    synthetic : bool
        Whether the cells are drawn.
    """
    embeddings = repeat.embeddings()
    classes = embeddings.classes
    X, y = embeddings.side(TRAIN)
    fitted = _choose_classifiers(config, repeat, embeddings, reporter)
    said = {}
    for key, classifier in fitted.items():
        try:
            said[key] = classes[classifier.fit(X, y).predict(embeddings.X)]
        except (ValueError, np.linalg.LinAlgError) as error:
            if key not in EXTRA:
                raise
            raise InputError(
                f"classifiers.extra: '{key}' cannot be fitted on the {len(y)} training cells of "
                f"{repeat.name}: {' '.join(str(error).split())}; start a run without it"
            ) from error
    if embeddings.has_softmax:
        said["cnn"] = classes[embeddings.probabilities.argmax(axis=1)]
    softmax = repeat.ensemble()
    if softmax is not None:
        said["cnn_ensemble"] = classes[softmax.argmax(axis=1)]
    repeat.write_classifiers(fitted)
    repeat.write_probabilities(_probabilities(embeddings, fitted, softmax))
    truth = classes[embeddings.y]
    in_order = {key: said[key] for key in CLASSIFIERS if key in said}
    table = PredictionTable(embeddings.ids, truth, embeddings.split, in_order)
    repeat.write_predictions(table)
    tested = table.of_sides([TEST])
    mark = overlap.mark(config.split.protocol, synthetic=synthetic)
    shown = (f"{key} {np.mean(a == tested.labels):.3f}" for key, a in tested.said.items())
    reporter.say(f"{repeat.name}: {mark}test accuracy {', '.join(shown)}")


def _probabilities(
    embeddings: Embeddings, fitted: Mapping[str, ClassifierMixin], ensemble: np.ndarray | None
) -> ProbabilityTable:
    """Give what each classifier says of the test cells in probabilities.

    Those of KNN, SVM and forest are the calibrated ones that the soft vote is the mean of. Without
    a vote only the network has any.
    """
    tested = embeddings.split == TEST
    X = embeddings.X[tested]
    given = {"cnn": embeddings.probabilities[tested]} if embeddings.has_softmax else {}
    if ensemble is not None:
        given["cnn_ensemble"] = ensemble[tested]
    given |= calibrated_probabilities(fitted, X, len(embeddings.classes))
    in_order = {key: given[key] for key in CLASSIFIERS if key in given}
    return ProbabilityTable(embeddings.ids[tested], embeddings.classes.tolist(), in_order)


def calibrated_probabilities(
    fitted: Mapping[str, ClassifierMixin], X: np.ndarray, n_classes: int
) -> dict[str, np.ndarray]:
    """Give the class probabilities of a fitted vote and of those whose mean it is.

    Parameters
    ----------
    fitted : mapping of str to scikit-learn classifier
        Without a "vote" there are no probabilities.
    X : numpy.ndarray of float32, shape (n, d)
    n_classes : int

    Returns
    -------
    dict of str to numpy.ndarray of float32, shape (n, n_classes)
    """
    return said_and_given(fitted, X, n_classes, ())[1]


def said_and_given(
    fitted: Mapping[str, ClassifierMixin],
    X: np.ndarray,
    n_classes: int,
    asked: Iterable[str] | None = None,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Give what each classifier says, and `calibrated_probabilities`, asking each voter once.

    Parameters
    ----------
    fitted, X, n_classes
        As for `calibrated_probabilities`.
    asked : iterable of str, optional
        The classifiers whose answers are wanted; all by default.

    Returns
    -------
    said : dict of str to numpy.ndarray of int, shape (n,)
        Positions of classes.
    given : dict of str to numpy.ndarray of float32, shape (n, n_classes)
    """
    given: dict[str, np.ndarray] = {}
    voted = None
    if "vote" in fitted and len(X):
        vote = fitted["vote"]
        exact = {key: voter.predict_proba(X) for key, voter in vote.named_estimators_.items()}
        # As scikit-learn's soft vote does it, which would ask its voters again.
        exact["vote"] = np.average(list(exact.values()), axis=0)
        voted = vote.classes_[exact["vote"].argmax(axis=1)]
        for key, probabilities in exact.items():
            given[key] = np.zeros((len(X), n_classes), np.float32)
            # A class without a training cell is not among those of the vote.
            given[key][:, vote.classes_] = probabilities
    said = {
        key: voted if key == "vote" and voted is not None else fitted[key].predict(X)
        for key in (fitted if asked is None else asked)
    }
    return said, given


def _choose_classifiers(
    config: Config, repeat: RunRepeat, embeddings: Embeddings, reporter: Reporter
) -> dict[str, ClassifierMixin]:
    """Make what is to be fitted: nothing where the network has no embedding layer."""
    if not embeddings.has_features:
        return {}
    settings = config.classifiers.options
    built = classifiers.build(seed=repeat.seed, **settings)
    labels = embeddings.classes[embeddings.side(TRAIN)[1]]
    sources = embeddings.sources[embeddings.split == TRAIN]
    asked = config.classifiers.tune
    tuned: dict[str, Tuned] = {}
    if asked:
        searched = {key: built[key] for key in built if asked is True or key in asked}
        tuned = _tune(repeat, embeddings, searched, labels, sources)
        values = {key: found["settings"] for key, found in tuned.items()}
        built = classifiers.build(seed=repeat.seed, **settings, chosen=values)
    repeat.write_tuning(tuned)
    chosen: dict[str, ClassifierMixin] = dict(built)
    members = {key: built[key] for key in classifiers.PAPER}
    try:
        chosen["vote"] = classifiers.soft_vote(members, labels, sources, seed=repeat.seed)
    except InputError as error:
        reporter.say(f"{repeat.name}: no soft vote: {error}")
    return chosen


def _tune(
    repeat: RunRepeat,
    embeddings: Embeddings,
    searched: Mapping[str, Pipeline],
    labels: np.ndarray,
    sources: np.ndarray,
) -> dict[str, Tuned]:
    """Choose settings on the training side alone."""
    X, _ = embeddings.side(TRAIN)
    try:
        return tuning.tune(searched, X, labels, sources, seed=repeat.seed)
    except InputError as error:
        raise InputError(f"classifiers.tune: {repeat.name}: {error}") from error
