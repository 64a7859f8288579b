"""What copies alone are worth: one nearest neighbour, split at random and split by source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from typing_extensions import TypedDict

from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.evaluation.resampling import Resampling, effective_sources
from hybrid_wbc.evaluation.score_types import Score

FOLDS = 5


class WorthOfCopies(TypedDict):
    """How much better files are classed by their nearest neighbour where copies may be it.

    `left_out` counts the sources of each class with fewer than five; the counts are of what took
    part. `largest_class` is the share of files in it, which saying its name alone gets right. The
    scores are clustered by source, with raw values by seed: the files split at `random`,
    `by_source`, their paired `difference`, and `published`, trained and tested as the set says.
    All four are None where fewer than two classes take part, `published` also without such sides.
    """

    left_out: dict[str, int]
    n_files: int
    n_sources: int
    effective_sources: float
    largest_class: float | None
    folds: int
    seeds: list[int]
    random: Score | None
    by_source: Score | None
    difference: Score | None
    published: Score | None


def worth_of_copies(
    X: np.ndarray,
    labels: np.ndarray,
    sources: np.ndarray,
    published: np.ndarray,
    *,
    seeds: Sequence[int],
    progress: Callable[[int, int], None] | None = None,
) -> WorthOfCopies:
    """Class each file by its nearest neighbour among others, with and without its own copies.

    Every file is tested once for each seed and split, by five folds stratified by class: the files
    shuffled one by one, and whole sources together. Features that know nothing of a cell's shape
    do well in the first and not in the second only where files are copies of each other. One
    neighbour is the classifier that copies flatter most.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
    labels, sources : numpy.ndarray of str, shape (n,)
    published : numpy.ndarray of str, shape (n,)
        The published side of each: "train", "validation", "test" or "".
    seeds : sequence of int
        One for each time that the folds are drawn anew.
    progress : callable, optional
        Called with the folds done and of all.

    Returns
    -------
    WorthOfCopies
    """
    left_out = {
        str(name): len(of_class)
        for name in np.unique(labels)
        if len(of_class := np.unique(sources[labels == name])) < FOLDS
    }
    part = ~np.isin(labels, list(left_out))
    X, labels, sources, published = X[part], labels[part], sources[part], published[part]
    names, counts = np.unique(labels, return_counts=True)
    found: WorthOfCopies = {
        "left_out": left_out,
        "n_files": len(labels),
        "n_sources": len(np.unique(sources)),
        "effective_sources": effective_sources(sources),
        "largest_class": float(counts.max() / len(labels)) if len(names) else None,
        "folds": FOLDS,
        "seeds": list(seeds),
        "random": None,
        "by_source": None,
        "difference": None,
        "published": None,
    }
    if len(names) < 2:
        return found
    columns = []
    for number, seed in enumerate(seeds):

        def advance(done: int, start: int = 2 * FOLDS * number) -> None:
            if progress is not None:
                progress(start + done, 2 * FOLDS * len(seeds))

        at_random = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        together = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        right = _out_of_fold(X, labels, at_random.split(X, labels), advance)
        alone = _out_of_fold(
            X, labels, together.split(X, labels, sources), lambda done: advance(FOLDS + done)
        )
        columns.append(np.column_stack([right, alone]))
    resampling = Resampling([sources] * len(columns), seed=seeds[0])
    # Every file is tested: each of these figures exists.
    found["random"], found["by_source"] = cast(list[Score], resampling.column_scores(columns))
    apart = [part[:, :1] - part[:, 1:] for part in columns]
    found["difference"] = cast(Score, resampling.column_scores(apart, lowest=None)[0])
    tested = published == TEST
    trained = np.isin(published, (TRAIN, VALIDATION))
    if tested.any() and trained.any():
        scored = [_right(X, labels, trained, tested)[:, None]]
        of_tested = Resampling([sources[tested]], seed=seeds[0])
        found["published"] = cast(Score, of_tested.column_scores(scored)[0])
    return found


def _out_of_fold(
    X: np.ndarray,
    labels: np.ndarray,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    advance: Callable[[int], None],
) -> np.ndarray:
    right = np.empty(len(labels))
    for done, (trained, tested) in enumerate(splits, start=1):
        right[tested] = _right(X, labels, trained, tested)
        advance(done)
    return right


def _right(
    X: np.ndarray, labels: np.ndarray, trained: np.ndarray, tested: np.ndarray
) -> np.ndarray:
    """Say of each tested file whether its nearest trained one is of its class: 1.0 or 0.0."""
    nearest = KNeighborsClassifier(1, algorithm="brute").fit(X[trained], labels[trained])
    answers = nearest.predict(X[tested])
    return (answers == labels[tested]).astype(float)
