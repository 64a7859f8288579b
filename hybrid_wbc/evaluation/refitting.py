"""Owns the refits of the ablation: every classifier fitted anew on subsets of the features."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.classical.extra import Value
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.shapley import subsets

Spread = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterable[Any]]
"""Calls a function with each of some arguments, and gives what it gives in any order."""

SHUFFLES = 10
# 255 subsets; every further feature would double them.
MOST_IN_EVERY_SUBSET = 8


@dataclass(frozen=True)
class Refits:
    """What one classifier gets right on the test side of one repeat, from each subset.

    Parameters
    ----------
    right : numpy.ndarray of float64, shape (n, 1 + subsets)
        1 where a test cell is classed right, else 0. The first column knows no feature: the
        probability of guessing right by the classes' shares of the training side. The others are
        in the order of `ablated_subsets`.
    lost : numpy.ndarray of float64, shape (n, d)
        For each feature, how much of a right answer is lost, on average, when its test values are
        shuffled under the classifier fitted on all of them; negative where shuffling helps.
    """

    right: np.ndarray
    lost: np.ndarray


def ablated_subsets(count: int, learned: int | None = None) -> list[tuple[int, ...]]:
    """List the subsets that are fitted: every one of up to eight features.

    Of more features: each alone, all but each one, and all; and the network's and the hand-made
    ones by themselves, where there are both.

    Parameters
    ----------
    count : int
        At least 1.
    learned : int, optional
        How many of them are the network's, which stand first; all by default.

    Returns
    -------
    list of tuple of int
        By size and then in order; features are counted from 0.

    Examples
    --------
    >>> len(ablated_subsets(5)), len(ablated_subsets(8)), len(ablated_subsets(9))
    (31, 255, 19)
    >>> len(ablated_subsets(21, learned=5))
    45
    """
    if count <= MOST_IN_EVERY_SUBSET:
        return subsets(count)
    everything = tuple(range(count))
    alone = [(feature,) for feature in everything]
    without = [everything[:lost] + everything[lost + 1 :] for lost in reversed(everything)]
    kinds = [everything[:learned], everything[learned:]] if learned is not None else []
    # A kind of one feature, or of all but one, is there already.
    apart = [kind for kind in kinds if 1 < len(kind) < count - 1]
    return [*alone, *sorted(apart, key=lambda kind: (len(kind), kind)), *without, everything]


def refit(
    repeats: Sequence[Embeddings],
    seeds: Sequence[int],
    settings: Mapping[str, Any],
    *,
    chosen: Sequence[Mapping[str, Mapping[str, Value]]] | None = None,
    jobs: int = -1,
    spread: Spread | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[Refits]]:
    """Fit every classifier anew on `ablated_subsets` of the features, in every repeat.

    A feature that is left out is left out of the training too; nothing is masked or filled in.
    Where a classifier cannot be fitted on a subset, as QDA on a feature that is constant, the
    largest class of the training side is its answer.

    Parameters
    ----------
    repeats : sequence of Embeddings
        One per repeat, each with a training and a test side.
    seeds : sequence of int
        The repeats' seeds, which seed the forest as in the run itself, and the shuffles.
    settings : mapping
        What `classifiers.build` takes beside the seed and the chosen values.
    chosen : sequence of mapping, optional
        Of each repeat, the settings that a search on all its features chose, by classifier.
    jobs : int
        Fits at a time; -1 for one per core.
    spread : callable, optional
        Has the fits done elsewhere, as by a cluster; by default processes of this machine do them.
    progress : callable, optional
        Called with the number of fits done and of all.

    Returns
    -------
    dict of str to list of Refits
        By the classifier's key, one per repeat.

    Raises
    ------
    InputError
        If a repeat has no training or no test side.
    """
    for repeat in repeats:
        if not {TRAIN, TEST} <= set(repeat.split.tolist()):
            raise InputError("the ablation needs a training and a test side in every repeat")
    columns = ablated_subsets(repeats[0].X.shape[1], repeats[0].learned)
    built = [
        classifiers.build(seed=seed, **settings, chosen=values)
        for seed, values in zip(seeds, chosen or [{}] * len(seeds), strict=True)
    ]
    chance = [_chance(repeat) for repeat in repeats]
    refits = {
        key: [
            Refits(
                np.column_stack([guessed, np.empty((len(guessed), len(columns)))]),
                np.empty((len(guessed), repeat.X.shape[1])),
            )
            for guessed, repeat in zip(chance, repeats, strict=True)
        ]
        for key in built[0]
    }
    sides = [(*repeat.side(TRAIN), *repeat.side(TEST)) for repeat in repeats]
    # The longest first, lest one worker be left with them: all features, which are shuffled as
    # well, and then the smallest subsets, from which an SVM cannot part the classes.
    order = [len(columns) - 1, *range(len(columns) - 1)]
    tasks = [(subset, number) for subset in order for number in range(len(seeds))]
    arguments = [
        ((subset, number), columns[subset], built[number], sides[number], seeds[number])
        for subset, number in tasks
    ]
    fits = (spread or _in_processes(jobs))(_refit, arguments)
    for done, ((subset, number), found) in enumerate(fits, start=1):
        for key, (hits, lost) in found.items():
            refits[key][number].right[:, 1 + subset] = hits
            if lost is not None:
                refits[key][number].lost[:] = lost
        if progress is not None:
            progress(done, len(tasks))
    return refits


def _in_processes(jobs: int) -> Spread:
    def spread(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterable[Any]:
        # Processes, not threads: the forest and the SVM hold Python's lock for much of their time.
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        return cast(Iterable[Any], parallel(delayed(function)(*each) for each in arguments))

    return spread


def _refit(
    task: tuple[int, int],
    columns: tuple[int, ...],
    built: Mapping[str, Pipeline],
    sides: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    seed: int,
) -> tuple[tuple[int, int], dict[str, tuple[np.ndarray, np.ndarray | None]]]:
    """Fit each classifier on some columns; where they are all, shuffle each of them as well."""
    train_X, train_y, test_X, test_y = sides
    everything = len(columns) == test_X.shape[1]
    found = {}
    for key, classifier in built.items():
        with warnings.catch_warnings():
            # Of one subset after the other; the fit on all features has said it.
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                fitted = clone(classifier).fit(train_X[:, columns], train_y)
            except (ValueError, np.linalg.LinAlgError):
                fitted = DummyClassifier().fit(train_X[:, columns], train_y)
        hits = fitted.predict(test_X[:, columns]) == test_y
        found[key] = hits, _lost(fitted, test_X, test_y, hits, seed) if everything else None
    return task, found


def _lost(
    classifier: Pipeline, X: np.ndarray, y: np.ndarray, hits: np.ndarray, seed: int
) -> np.ndarray:
    """Shuffle each column in turn under a fitted classifier."""
    generator = np.random.default_rng(seed)
    lost = np.empty(X.shape)
    for column in range(X.shape[1]):
        shuffled = np.tile(X, (SHUFFLES, 1, 1))
        for copy in shuffled:
            copy[:, column] = generator.permutation(copy[:, column])
        answers = classifier.predict(shuffled.reshape(-1, X.shape[1])).reshape(SHUFFLES, -1)
        lost[:, column] = hits - (answers == y).mean(axis=0)
    return lost


def _chance(repeat: Embeddings) -> np.ndarray:
    """How probably each test cell is guessed right by the classes' shares of the training side."""
    _, train_y = repeat.side(TRAIN)
    _, test_y = repeat.side(TEST)
    shares = np.bincount(train_y, minlength=len(repeat.classes)) / len(train_y)
    return shares[test_y]
