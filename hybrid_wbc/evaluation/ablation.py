"""Owns the ablation: every classifier fitted anew on subsets of the features, all up to eight."""

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
from typing_extensions import TypedDict

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings, count_learned
from hybrid_wbc.classical.extra import Value
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import PossibleScore, Score
from hybrid_wbc.evaluation.shapley import shapley_weights, subsets

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


class Subset(TypedDict):
    """What one classifier reaches on some features, counted from 1; recall by class."""

    features: list[int]
    accuracy: Score
    recall: dict[str, PossibleScore]


class BestSubset(TypedDict):
    """The subset of the highest accuracy among those of one size."""

    size: int
    features: list[int]
    accuracy: Score


class Shapley(TypedDict):
    """What each feature is worth, one score a feature, for the accuracy and for each recall.

    They add up to the score of all features less chance.
    """

    accuracy: list[Score]
    recall: dict[str, list[PossibleScore]]


class ClassifierAblation(TypedDict):
    """One classifier on the subsets; `permutation` has one score a feature.

    There are no Shapley values of more than eight features: they need every subset.
    """

    subsets: list[Subset]
    best: list[BestSubset]
    shapley: Shapley | None
    permutation: list[Score]


class Chance(TypedDict):
    """What guessing by the classes' shares of the training side reaches; recall by class."""

    accuracy: Score
    recall: dict[str, PossibleScore]


class Ablation(TypedDict):
    """Every classifier on `ablated_subsets` of the features, over the repeats that are named."""

    repeats: list[str]
    features: list[str]
    classes: list[str]
    chance: Chance
    classifiers: dict[str, ClassifierAblation]


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


def summarise(
    refits: Mapping[str, Sequence[Refits]],
    repeats: Sequence[Embeddings],
    *,
    names: Sequence[str],
    groups: Sequence[int],
    seed: int,
) -> Ablation:
    """Score every subset, and give each feature's Shapley value and permutation importance.

    All of them are means over test cells, so that one resampling of sources serves them all.

    Parameters
    ----------
    refits : mapping
        What `refit` gives.
    repeats : sequence of Embeddings
        The same.
    names : sequence of str
        Theirs.
    groups : sequence of int
        The seed of each repeat; the folds of one seed are resampled together.
    seed : int
        Seeds the resampling.

    Returns
    -------
    Ablation
    """
    classes = repeats[0].classes.tolist()
    width = repeats[0].X.shape[1]
    columns = ablated_subsets(width, repeats[0].learned)
    weights = shapley_weights(width) if width <= MOST_IN_EVERY_SUBSET else None
    labels = [repeat.side(TEST)[1] for repeat in repeats]
    resampling = Resampling(
        [repeat.sources[repeat.split == TEST] for repeat in repeats], groups=groups, seed=seed
    )

    def overall(parts: Sequence[np.ndarray], lowest: float | None = 0.0) -> list[Score]:
        # Every cell counts: there is always a figure.
        return cast(list[Score], resampling.column_scores(parts, lowest=lowest))

    def of_class(
        parts: Sequence[np.ndarray], lowest: float | None = 0.0
    ) -> dict[str, list[PossibleScore]]:
        found = {}
        for label, name in enumerate(classes):
            pairs = zip(labels, parts, strict=True)
            own = [np.where((y == label)[:, None], part, np.nan) for y, part in pairs]
            found[name] = resampling.column_scores(own, lowest=lowest)
        return found

    summary: dict[str, ClassifierAblation] = {}
    for key, kept in refits.items():
        right = [one.right for one in kept]
        shapley: Shapley | None = None
        if weights is not None:
            worth = [one @ weights.T for one in right]
            for parts, one in zip(worth, right, strict=True):
                assert np.allclose(parts.sum(axis=1), one[:, -1] - one[:, 0], rtol=0, atol=1e-9)
            shapley = {"accuracy": overall(worth, None), "recall": of_class(worth, None)}
        accuracy, recall = overall(right), of_class(right)
        entries: list[Subset] = [
            {
                "features": [1 + feature for feature in subset],
                "accuracy": accuracy[number],
                "recall": {name: found[number] for name, found in recall.items()},
            }
            for number, subset in enumerate(columns, start=1)
        ]
        summary[key] = {
            "subsets": entries,
            "best": [_best([e for e in entries if len(e["features"]) == size])
                     for size in sorted({len(subset) for subset in columns})],
            "shapley": shapley,
            "permutation": overall([one.lost for one in kept], None),
        }  # fmt: skip
    return {
        "repeats": list(names),
        "features": repeats[0].names,
        "classes": classes,
        "chance": {
            "accuracy": accuracy[0],
            "recall": {name: found[0] for name, found in recall.items()},
        },
        "classifiers": summary,
    }


def listed(features: Sequence[int], names: Sequence[str], between: str) -> str:
    """Write a subset in one line of a table.

    Parameters
    ----------
    features : sequence of int
        Counted from 1.
    names : sequence of str
        Of all features.
    between : str
        Stands between two numbers.

    Returns
    -------
    str
        The numbers of a network's features; where others are hand-made, names between semicolons.

    Examples
    --------
    >>> listed([1, 3], ["feature 1", "feature 2", "feature 3"], ",")
    '1,3'
    >>> listed([1, 2], ["feature 1", "nucleus area"], ",")
    'feature 1; nucleus area'
    """
    if count_learned(names) == len(names):
        return between.join(map(str, features))
    return "; ".join(names[feature - 1] for feature in features)


def rows(summary: Ablation) -> list[tuple[str | float | None, ...]]:
    """List every refit: classifier, features, repeat, accuracy, and recall of each class.

    Parameters
    ----------
    summary : Ablation

    Returns
    -------
    list of tuple
    """
    return [
        (
            key,
            listed(entry["features"], summary["features"], " "),
            name,
            entry["accuracy"]["raw"][number],
            *(entry["recall"][label]["raw"][number] for label in summary["classes"]),
        )
        for key, found in summary["classifiers"].items()
        for entry in found["subsets"]
        for number, name in enumerate(summary["repeats"])
    ]


def _best(entries: Sequence[Subset]) -> BestSubset:
    """Choose the subset of the highest accuracy, the first of equals."""
    best = max(entries, key=lambda entry: entry["accuracy"]["mean"])
    return {
        "size": len(best["features"]),
        "features": best["features"],
        "accuracy": best["accuracy"],
    }


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
