"""What is measured of an embedding: its spread, how far the classes stand apart, its drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import entropy
from sklearn.metrics import silhouette_score
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import numbered
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.drift import Drift, Floats, Labels, measure_drift

# At |r| = 0.99 either feature leaves 2 % of the other's variance unexplained (1 - r squared).
DUPLICATE = 0.99
# The network counts in float32, whose rounding alone spreads a constant by about 1e-7 of it.
_ROUNDING = 1e-6
# A silhouette compares every cell with every other; beyond this the mean hardly moves.
_MOST_CELLS_IN_SILHOUETTE = 2000


class Separation(TypedDict):
    """How far the classes stand apart; None where that is not defined."""

    silhouette: float | None
    fisher_ratio: float | None


class Apart(Separation):
    """How far the classes stand apart, and how far the test side drifts from the training."""

    drift: float | None


class Feature(Apart):
    """One feature of the embedding, before any scaling."""

    name: str
    mean: float
    deviation: float
    minimum: float
    maximum: float
    constant: bool


class Duplicate(TypedDict):
    """Two features that say the same, counted from 1, and their correlation."""

    first: int
    second: int
    r: float


class Measures(TypedDict):
    """What is measured of one repeat's embedding.

    `all` is of all features together; `correlation` is Pearson's, a row a feature, None where a
    feature is constant; `scale_ratio` is None where all are.
    """

    features: list[Feature]
    all: Apart
    correlation: list[list[float | None]]
    duplicates: list[Duplicate]
    effective_rank: float
    scale_ratio: float | None


class Measured(NamedTuple):
    """What is measured of one repeat, and what a warning is given by besides.

    Parameters
    ----------
    report : Measures
    labels : numpy.ndarray of int, shape (n,)
        The classes of the training side's cells.
    drift, drift_before : Drift or None
        Of the test side and of the validation side, where there is any.
    """

    report: Measures
    labels: Labels
    drift: Drift | None
    drift_before: Drift | None


def measure(
    X: npt.NDArray[np.floating[Any]],
    y: Labels,
    split: npt.NDArray[np.str_],
    *,
    seed: int,
    names: Sequence[str] | None = None,
) -> Measured:
    """Measure one repeat's embedding, on its training side but for the drift.

    All measures but mean, deviation, range and scale are of features standardised as the shipped
    classifiers do it, so that they do not depend on the units' scale. A constant feature has none.

    - "silhouette": mean over cells, -1 to 1, by Euclidean distance (Rousseeuw 1987, doi
      10.1016/0377-0427(87)90125-7), of at most 2,000 cells, drawn with `seed`.
    - "fisher_ratio": sum of squares between classes over that within (after Fisher 1936, doi
      10.1111/j.1469-1809.1936.tb02137.x); for all features the trace of Sw^-1 Sb, known as the
      Hotelling-Lawley trace. None where nothing varies within classes.
    - "drift": root mean square over classes, weighted by their share of the test side, of the
      distance between a class's mean on the test side and on the training side, in deviations of
      the training side, less what chance alone brings to so few cells; 0 where that is all of it.
      Class shares that differ between sides are no drift. A class with one cell on either side
      does not count. For all features, the root mean square over features, cut off at 0 last.
    - "effective_rank": exponential of the entropy of the singular values, scaled to sum to 1 (Roy
      and Vetterli 2007, https://infoscience.epfl.ch/record/110188), of the standardised features;
      from 1 to as many as there are features, and 0 where all are constant.
    - "scale_ratio": largest deviation over smallest, of the features that are not constant.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (n, d)
        The embedding, before any scaling.
    y : numpy.ndarray of int, shape (n,)
        The number of each cell's class.
    split : numpy.ndarray of str, shape (n,)
        "train", "validation" or "test"; only the training side has to be there.
    seed : int
    names : sequence of d str, optional
        As `Embeddings.names` gives them; by default all features are a network's.

    Returns
    -------
    Measured

    Raises
    ------
    InputError
        If a feature holds what is not a finite number, or no cell is on the training side.
    """
    values = np.asarray(X, dtype=np.float64)
    named = numbered(values.shape[1]) if names is None else list(names)
    _refuse_what_is_not_a_number(values, named)
    on_train = split == TRAIN
    if not on_train.any():
        raise InputError(f"split: received no '{TRAIN}' cell among {len(values)}; lower split.test")
    train, labels = values[on_train], y[on_train]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    constant = deviation <= _ROUNDING * np.abs(train).max(axis=0)
    living = np.flatnonzero(~constant)
    scaled = (values[:, living] - mean[living]) / deviation[living]
    known = scaled[on_train]
    drift, drift_before = (
        measure_drift(known, labels, scaled[split == side], y[split == side])
        for side in (TEST, VALIDATION)
    )
    drawn = np.random.default_rng(seed).permutation(len(known))[:_MOST_CELLS_IN_SILHOUETTE]
    features: list[Feature] = [
        {
            "name": name,
            "mean": float(mean[number]),
            "deviation": float(deviation[number]),
            "minimum": float(column.min()),
            "maximum": float(column.max()),
            "constant": bool(constant[number]),
            "silhouette": None,
            "fisher_ratio": None,
            "drift": None,
        }
        for number, (name, column) in enumerate(zip(named, train.T, strict=True))
    ]
    for place, feature in enumerate(living):
        separation = _separation(known[:, [place]], labels, drawn)
        features[feature]["silhouette"] = separation["silhouette"]
        features[feature]["fisher_ratio"] = separation["fisher_ratio"]
        features[feature]["drift"] = float(drift.features[place]) if drift else None
    correlation: list[list[float | None]] = [[None] * len(features) for _ in features]
    for (i, j), r in np.ndenumerate(known.T @ known / len(known)):
        correlation[living[i]][living[j]] = float(np.clip(r, -1.0, 1.0))
    spread = deviation[living]
    report: Measures = {
        "features": features,
        "all": {
            **_separation(known, labels, drawn),
            "drift": drift.overall if drift else None,
        },
        "correlation": correlation,
        "duplicates": [
            {"first": i + 1, "second": j + 1, "r": r}
            for i, row in enumerate(correlation)
            for j, r in enumerate(row)
            if i < j and r is not None and abs(r) > DUPLICATE
        ],
        "effective_rank": _effective_rank(known),
        "scale_ratio": float(spread.max() / spread.min()) if len(living) else None,
    }
    return Measured(report, labels, drift, drift_before)


def _refuse_what_is_not_a_number(values: Floats, names: Sequence[str]) -> None:
    for name, column in zip(names, values.T, strict=True):
        bad = np.flatnonzero(~np.isfinite(column))
        if len(bad):
            raise InputError(
                f"{name}: received {column[bad[0]]} for {len(bad)} of {len(column)} "
                f"cells (first: row {bad[0]}); only finite numbers are allowed: the network "
                "diverged, train it again with a lower learning rate"
            )


def _effective_rank(scaled: Floats) -> float:
    if not scaled.size:
        return 0.0
    return float(np.exp(entropy(np.linalg.svd(scaled, compute_uv=False))))


def _separation(scaled: Floats, labels: Labels, drawn: npt.NDArray[np.int64]) -> Separation:
    """Give the silhouette of the cells drawn and Fisher's ratio of all."""
    separable = scaled.size and 2 <= len(np.unique(labels[drawn])) < len(drawn)
    return {
        "silhouette": float(silhouette_score(scaled[drawn], labels[drawn])) if separable else None,
        "fisher_ratio": _fisher_ratio(scaled, labels) if separable else None,
    }


def _fisher_ratio(scaled: Floats, labels: Labels) -> float | None:
    seen, counts = np.unique(labels, return_counts=True)
    means = np.stack([scaled[labels == label].mean(axis=0) for label in seen])
    spread, axes = np.linalg.eigh(scaled.T @ scaled)
    # What duplicates leave beside their common axis is rounding.
    kept = spread > _ROUNDING**2 * spread[-1]
    whitened = means @ axes[:, kept] / np.sqrt(spread[kept])
    # Each is the share of an axis' sum of squares that lies between classes; the rest is within.
    shares = np.linalg.eigvalsh((whitened.T * counts) @ whitened)
    if shares[-1] > 1 - _ROUNDING**2:
        return None
    return float((shares / (1 - shares)).sum())
