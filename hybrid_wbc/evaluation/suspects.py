"""Suspected wrong labels: tested cells that the classifiers and the neighbours call otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from typing_extensions import TypedDict

NEIGHBOURS = 5
# Of the predictions, the share that has to name one other class; of the neighbours, more than half.
_AGREEMENT = 2 / 3


class Suspect(TypedDict):
    """A cell whose label is suspected, and why.

    `label` is what it carries and `suggested` what speaks against it: the share `agreement` of all
    predictions of it on the test side, of `repeats` repeats, and the share `neighbours` of the
    training cells nearest to it. `probability` is what its own label gets from the soft vote, on
    average; None without one.
    """

    id: str
    label: str
    suggested: str
    agreement: float
    neighbours: float
    probability: float | None
    repeats: int
    reason: str


@dataclass(frozen=True)
class Opinions:
    """What one repeat says of its test cells.

    Parameters
    ----------
    ids, labels : numpy.ndarray of str, shape (n,)
    said : mapping of str to numpy.ndarray of str, shape (n,)
        The class that each classifier gave.
    near : numpy.ndarray of str, shape (n, m)
        The labels of the nearest training cells.
    probability : numpy.ndarray of float, shape (n,), optional
        Of each cell's own label.
    """

    ids: np.ndarray
    labels: np.ndarray
    said: Mapping[str, np.ndarray]
    near: np.ndarray
    probability: np.ndarray | None = None


@dataclass
class _Heard:
    """All that is said of one cell."""

    label: str
    said: Counter[str] = field(default_factory=Counter)
    near: Counter[str] = field(default_factory=Counter)
    probability: list[float] = field(default_factory=list)
    repeats: int = 0


def nearest_labels(
    X: np.ndarray, labels: np.ndarray, of: np.ndarray, *, neighbours: int = NEIGHBOURS
) -> np.ndarray:
    """Give the labels of the nearest training cells, by standardised features as KNN measures.

    Parameters
    ----------
    X : numpy.ndarray of float, shape (t, d)
        Embeddings of the training cells.
    labels : numpy.ndarray of str, shape (t,)
    of : numpy.ndarray of float, shape (n, d)
        Embeddings of the cells whose neighbours are asked for.
    neighbours : int

    Returns
    -------
    numpy.ndarray of str, shape (n, m)
        Nearest first; m is `neighbours`, or t where that is less.
    """
    scaler = StandardScaler().fit(X)
    search = NearestNeighbors(n_neighbors=min(neighbours, len(X))).fit(scaler.transform(X))
    return labels[search.kneighbors(scaler.transform(of), return_distance=False)]


def find(repeats: Sequence[Opinions]) -> list[Suspect]:
    """Find the cells whose labels are suspected.

    A cell is listed where two thirds of all predictions of it, by networks that were not trained
    on its source, name one other class, and more than half of its nearest training cells are of
    that class. That is no proof: a cell can be hard, or the training cells labelled wrong.

    Parameters
    ----------
    repeats : sequence of Opinions

    Returns
    -------
    list of Suspect
        The most suspected first.
    """
    heard: dict[str, _Heard] = {}
    for repeat in repeats:
        for i, cell in enumerate(repeat.ids.tolist()):
            about = heard.setdefault(cell, _Heard(str(repeat.labels[i])))
            about.said.update(str(given[i]) for given in repeat.said.values())
            about.near.update(repeat.near[i].tolist())
            about.repeats += 1
            if repeat.probability is not None:
                about.probability.append(float(repeat.probability[i]))
    found = [
        suspect for cell, about in heard.items() if (suspect := _suspect(cell, about)) is not None
    ]
    return sorted(
        found,
        key=lambda s: (-s["agreement"] * s["neighbours"], s["probability"] or 0.0, s["id"]),
    )


def _suspect(cell: str, about: _Heard) -> Suspect | None:
    suggested, votes = about.said.most_common(1)[0]
    near = about.near[suggested]
    if (
        suggested == about.label
        or votes < _AGREEMENT * about.said.total()
        or near <= about.near.total() / 2
    ):
        return None
    probability = float(np.mean(about.probability)) if about.probability else None
    times = f" in {about.repeats} repeats" if about.repeats > 1 else ""
    return {
        "id": cell,
        "label": about.label,
        "suggested": suggested,
        "agreement": votes / about.said.total(),
        "neighbours": near / about.near.total(),
        "probability": probability,
        "repeats": about.repeats,
        "reason": (
            f"labelled {about.label}; {votes} of {about.said.total()} predictions{times} and "
            f"{near} of {about.near.total()} nearest training cells say {suggested}"
        ),
    }
