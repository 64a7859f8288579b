"""What the classifiers reach when they are fitted on a few cells a class of a kept embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.network import Classifiers
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.evaluation.metrics import OVERALL
from hybrid_wbc.evaluation.score_types import OverallScores
from hybrid_wbc.evaluation.statistics import Predictions, summarise


class FewCells(TypedDict):
    """What each classifier reaches from so many training cells a class, over draws and repeats."""

    cells: int
    draws: int
    classifiers: dict[str, OverallScores]


def draw_cells(y: np.ndarray, sources: np.ndarray, cells: int, seed: Sequence[int]) -> np.ndarray:
    """Draw so many cells of each class, each of another source for as long as there are sources.

    Parameters
    ----------
    y : numpy.ndarray of int, shape (n,)
    sources : numpy.ndarray of str, shape (n,)
    cells : int
        At most as many as the rarest class has.
    seed : sequence of int

    Returns
    -------
    numpy.ndarray of int
        Positions, sorted.

    Examples
    --------
    >>> y, sources = np.array([0, 0, 0, 1, 1]), np.array(["a", "a", "b", "c", "d"])
    >>> sources[draw_cells(y, sources, 2, [0])].tolist()
    ['a', 'b', 'c', 'd']
    """
    generator = np.random.default_rng(list(seed))
    chosen = []
    for label in np.unique(y):
        of_class = generator.permutation(np.flatnonzero(y == label))
        _, number = np.unique(sources[of_class], return_inverse=True)
        # How many cells of its source come before each.
        before = np.array([(number[:i] == number[i]).sum() for i in range(len(number))])
        chosen.append(of_class[np.argsort(before, kind="stable")[:cells]])
    return np.sort(np.concatenate(chosen))


def fit_on_few(
    embedded: Sequence[Embeddings],
    counts: Sequence[int],
    draws: int,
    options: Classifiers,
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[FewCells]:
    """Fit the classifiers on a few training cells a class, and score them on all test cells.

    The network is the one that was trained on all training cells: this asks how many labels the
    classifiers need, not the network.

    Parameters
    ----------
    embedded : sequence of Embeddings
        One a repeat, with features.
    counts : sequence of int
        Cells a class.
    draws : int
        Of each repeat.
    options : Classifiers
        The run's settings of them.
    seed : int
    progress : callable, optional
        Called with the number of counts done and of all.

    Returns
    -------
    list of FewCells
        Less the counts that a class of a repeat does not have. Each draw counts as a training of
        its own; the interval is that of the mean over the draws.
    """
    rarest = min(int(np.bincount(e.side(TRAIN)[1]).min()) for e in embedded)
    found: list[FewCells] = []
    for number, cells in enumerate(counts, start=1):
        if cells <= rarest:
            said = _draw(embedded, cells, draws, options, seed)
            classes = embedded[0].classes.tolist()
            scored = {key: summarise(given, classes, seed=seed) for key, given in said.items()}
            overall = {
                key: cast(OverallScores, {name: scores[name] for name in OVERALL})
                for key, scores in scored.items()
            }
            found.append({"cells": cells, "draws": draws, "classifiers": overall})
        if progress is not None:
            progress(number, len(counts))
    return found


def _draw(
    embedded: Sequence[Embeddings], cells: int, draws: int, options: Classifiers, seed: int
) -> dict[str, list[Predictions]]:
    said: dict[str, list[Predictions]] = {}
    for repeat, e in enumerate(embedded):
        X, y = e.side(TRAIN)
        asked, truth = e.side(TEST)
        sources = e.sources[e.split == TRAIN]
        for draw in range(draws):
            few = draw_cells(y, sources, cells, (seed, repeat, cells, draw))
            built = classifiers.build(seed=seed + draw, **options.options)
            for key, classifier in built.items():
                answers = classifier.fit(X[few], y[few]).predict(asked)
                given = Predictions(
                    e.classes[truth], e.classes[answers], e.sources[e.split == TEST]
                )
                said.setdefault(key, []).append(given)
    return said
