"""Owns what the ablation says: the score of each subset, and what each feature is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import Embeddings, count_learned
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.evaluation.refitting import MOST_IN_EVERY_SUBSET, Refits, ablated_subsets
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import PossibleScore, Score
from hybrid_wbc.evaluation.shapley import shapley_weights


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
        What `refitting.refit` gives.
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
