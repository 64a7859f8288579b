"""Means over repeats and their intervals, clustered by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid_wbc.evaluation.metrics import (
    OVERALL,
    PER_CLASS,
    confusion_matrix,
    mean_of_known,
    scores,
)

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Predictions:
    """One classifier's answers on the test side of one repeat.

    Parameters
    ----------
    true, predicted : numpy.ndarray of str, shape (n,)
    sources : numpy.ndarray of str, shape (n,)
        The photograph, smear or patient that each cell comes from.
    """

    true: np.ndarray
    predicted: np.ndarray
    sources: np.ndarray


def summarise(
    repeats: Sequence[Predictions], classes: Sequence[str], *, seed: int, resamples: int = 2000
) -> dict[str, Any]:
    """Score each repeat, and give every score's mean, 95 % interval and raw values.

    The interval is the percentile bootstrap's over sources: cells of one source are drawn
    together, in every repeat that tested them, and the repeats themselves are drawn too (Field and
    Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x). Where no cell was classed wrongly the
    bootstrap knows no spread; the lower end is then Clopper and Pearson's for as many sources,
    all of them right (1934, doi 10.1093/biomet/26.4.404).

    Parameters
    ----------
    repeats : sequence of Predictions
    classes : sequence of str, length k
    seed : int
    resamples : int

    Returns
    -------
    dict
        Each of `OVERALL`: {"mean", "low", "high", "raw"}; "per_class": the same for precision,
        recall and F1 of each class, with its "support" over all repeats, and None where the class
        has no true cells; "confusion": counts summed over the repeats, rows being true classes.
    """
    matrices = np.stack([confusion_matrix(r.true, r.predicted, classes) for r in repeats])
    raw = scores(matrices)
    resampled = _resample(repeats, classes, seed=seed, resamples=resamples)
    sources = np.concatenate([repeat.sources for repeat in repeats])
    true = np.concatenate([repeat.true for repeat in repeats])
    n_sources = len(set(sources.tolist()))
    result: dict[str, Any] = {
        name: _summary(raw[name], resampled[name], n_sources) for name in OVERALL
    }
    result["per_class"] = {
        label: {
            name: _summary(
                raw[name][:, i], resampled[name][:, i], len(set(sources[true == label].tolist()))
            )
            for name in PER_CLASS
        }
        | {"support": int(matrices[:, i].sum())}
        for i, label in enumerate(classes)
    }
    result["confusion"] = matrices.sum(axis=0).tolist()
    return result


def _summary(values: np.ndarray, spread: np.ndarray, n_sources: int) -> dict[str, Any]:
    """Sum up one score: per repeat in `values`, per resampling in `spread`."""
    known = spread[~np.isnan(spread)]
    if not len(known):
        return {"mean": None, "low": None, "high": None, "raw": [None] * len(values)}
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    mean = float(mean_of_known(values, axis=0))
    if mean == 1.0:
        low = tail ** (1 / n_sources)
    return {
        "mean": mean,
        "low": min(float(low), mean),
        "high": max(float(high), mean),
        "raw": [None if np.isnan(value) else float(value) for value in values],
    }


def _resample(
    repeats: Sequence[Predictions], classes: Sequence[str], *, seed: int, resamples: int
) -> dict[str, np.ndarray]:
    """Give each score's mean over repeats, for each resampling of sources and repeats."""
    generator = np.random.default_rng(seed)
    sources = sorted(set(np.concatenate([repeat.sources for repeat in repeats]).tolist()))
    position = {source: i for i, source in enumerate(sources)}
    number = {name: i for i, name in enumerate(classes)}
    k = len(classes)
    uniform = np.full(len(sources), 1 / len(sources))
    weights = generator.multinomial(len(sources), uniform, size=resamples).astype(np.float32)
    per_repeat = []
    for repeat in repeats:
        cells = np.zeros((len(sources), k * k), dtype=np.float32)
        rows = [position[source] for source in repeat.sources.tolist()]
        pairs = zip(repeat.true.tolist(), repeat.predicted.tolist(), strict=True)
        np.add.at(cells, (rows, [number[t] * k + number[p] for t, p in pairs]), 1)
        # A resampling that misses all of a repeat's sources has nothing to score.
        counts = (weights @ cells).reshape(resamples, k, k)
        counts[counts.sum(axis=(1, 2)) == 0] = np.nan
        per_repeat.append(scores(counts))
    chosen = generator.integers(len(repeats), size=(resamples, len(repeats)))
    rows_of = np.arange(resamples)[:, None]
    return {
        name: mean_of_known(
            np.stack([r[name] for r in per_repeat], axis=1)[rows_of, chosen], axis=1
        )
        for name in (*OVERALL, *PER_CLASS)
    }
