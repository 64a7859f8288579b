"""Owns the mistakes that a page shows: which test cells, and their nearest training cells."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from typing_extensions import TypedDict

from hybrid_wbc.data.splitting import TEST, TRAIN

_PICTURE_SIDE = 64
_WEBP_QUALITY = 80


class Neighbour(TypedDict):
    """A training cell near a mistaken one; the distance is what KNN measures.

    It is Euclidean, between features standardised on the training side. `image` is WebP.
    """

    id: str
    label: str
    distance: float
    image: bytes | None


class Mistake(TypedDict):
    """A test cell that was classed wrongly, and the training cells next to it, nearest first.

    `true` is its class, `answers` the class that each classifier gave, by key; `image` is WebP of
    at most 64 by 64 pixels, where there are pictures.
    """

    id: str
    true: str
    answers: dict[str, str]
    image: bytes | None
    neighbours: list[Neighbour]


def nearest(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    split: npt.NDArray[np.str_] | Sequence[str],
    ids: npt.NDArray[np.str_] | Sequence[str],
    classes: npt.NDArray[np.str_] | Sequence[str],
    predictions: Mapping[str, npt.NDArray[np.str_] | Sequence[str]],
    images: npt.NDArray[np.uint8] | None,
    *,
    most: int = 12,
    neighbours: int = 3,
) -> tuple[list[Mistake], int]:
    """Find test cells of one repeat that were classed wrongly, and the training cells next to them.

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
        Embeddings; without features no cell has neighbours.
    y : ndarray of int, shape (n,)
        Class of each cell, as a position in `classes`.
    split : sequence of n str
        Side of each cell: "train", "validation" or "test". The training side may not be empty.
    ids : sequence of n str
        Name of each cell.
    classes : sequence of str
    predictions : mapping of str to sequence of n str
        The class that each classifier gave to each cell, by the classifier's key.
    images : ndarray of uint8, shape (n, h, w, 3), or None
        RGB pictures of the cells, where there are any.
    most : int
        Cells to give at most. They are taken from their true classes in turn, so that no class
        fills the page; of each class, those that more classifiers mistook come first.
    neighbours : int
        Training cells to give for each, or all where there are fewer.

    Returns
    -------
    mistakes : list of Mistake
        Most classifiers wrong first.
    count : int
        Test cells that at least one classifier got wrong, shown or not.
    """
    labels = np.asarray(classes)[y]
    sides = np.asarray(split)
    answers = {key: np.asarray(given) for key, given in predictions.items()}
    wrong = np.sum([given != labels for given in answers.values()], axis=0) * (sides == TEST)
    shown = _choose(np.flatnonzero(wrong), y, wrong, most)
    if not shown:
        return [], 0
    trained = np.flatnonzero(sides == TRAIN)
    distances, places = np.empty((len(shown), 0)), np.empty((len(shown), 0), dtype=np.intp)
    if X.shape[1]:
        scaler = StandardScaler().fit(X[trained])
        search = NearestNeighbors(n_neighbors=min(neighbours, len(trained)))
        search.fit(scaler.transform(X[trained]))
        distances, places = search.kneighbors(scaler.transform(X[shown]))
    pictures = {
        cell: None if images is None else thumbnail(images[cell])
        for cell in {*shown, *trained[places].ravel().tolist()}
    }
    mistakes: list[Mistake] = [
        {
            "id": str(ids[cell]),
            "true": str(labels[cell]),
            "answers": {key: str(given[cell]) for key, given in answers.items()},
            "image": pictures[cell],
            "neighbours": [
                {
                    "id": str(ids[other]),
                    "label": str(labels[other]),
                    "distance": float(distance),
                    "image": pictures[other],
                }
                for other, distance in zip(trained[near].tolist(), far, strict=True)
            ],
        }
        for cell, near, far in zip(shown, places, distances, strict=True)
    ]
    return mistakes, int((wrong > 0).sum())


def _choose(
    mistaken: npt.NDArray[np.intp],
    y: npt.NDArray[np.integer[Any]],
    wrong: npt.NDArray[np.integer[Any]],
    most: int,
) -> list[int]:
    """Take cells from their classes in turn, most mistaken first, then earliest."""
    queues: dict[int, list[int]] = {}
    for cell in sorted(mistaken.tolist(), key=lambda cell: (-wrong[cell], cell)):
        queues.setdefault(int(y[cell]), []).append(cell)
    turns = [
        (turn, -int(wrong[cell]), label, cell)
        for label, queue in queues.items()
        for turn, cell in enumerate(queue)
    ]
    taken = [cell for *_, cell in sorted(turns)[:most]]
    return sorted(taken, key=lambda cell: (-wrong[cell], y[cell], cell))


def thumbnail(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Make a small picture of a cell, as WebP.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)

    Returns
    -------
    bytes
        At most 64 by 64 pixels.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_WEBP_QUALITY)
    return file.getvalue()
