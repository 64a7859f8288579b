"""The training cells around a new one: the nearest ones, and its place among them all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.explained import SHOWN_CELLS
from hybrid_wbc.serve.answers import Embedding, Near
from hybrid_wbc.studies.model import Model

# Points of a plot; more take longer to send and are not seen apart.
_MOST_POINTS = 2000

Around = tuple[list[Near], tuple[float, float] | None]
"""A cell's neighbours, and its place along the axes."""


class Surroundings:
    """The training cells of a model, learned once for any number of new ones.

    Distances are Euclid's between features standardised on the training side, as KNN measures; the
    axes are the first two principal components of the same.

    Parameters
    ----------
    model : Model
        Of one without training cells nothing is said.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        embedded = model.embedded
        if embedded is None:
            return
        trained = np.flatnonzero(embedded.split == TRAIN)
        self._ids = embedded.ids[trained].tolist()
        self._labels = embedded.classes[embedded.y[trained]].tolist()
        self._X = embedded.X[trained].astype(float)
        self._scaler = StandardScaler().fit(self._X)
        self._search = NearestNeighbors(n_neighbors=min(SHOWN_CELLS, len(trained)))
        self._search.fit(self._scaler.transform(self._X))
        self._axes = None
        if min(self._X.shape) >= 2:
            self._axes = make_pipeline(StandardScaler(), PCA(2, svd_solver="full")).fit(self._X)

    @property
    def embedding(self) -> Embedding | None:
        """The training cells along the axes, some where there are many."""
        if self._model.embedded is None or self._axes is None:
            return None
        count = len(self._X)
        chosen = np.linspace(0, count - 1, min(count, _MOST_POINTS)).round().astype(int)
        shares = self._axes[-1].explained_variance_ratio_
        return {
            "axes": [f"PC{n} ({share:.0%})" for n, share in enumerate(shares, start=1)],
            "points": [(x, y) for x, y in self._axes.transform(self._X[chosen]).round(3).tolist()],
            "classes": [self._labels[i] for i in chosen],
        }

    def of(self, features: Sequence[Sequence[float | None]]) -> list[Around]:
        """Say what lies around new cells.

        Parameters
        ----------
        features : sequence of n sequences of float or None
            What could not be measured is None: the training side's median stands in.

        Returns
        -------
        list of n Around
        """
        if self._model.embedded is None or not features:
            return [([], None) for _ in features]
        X = np.array(features, dtype=float)
        X = np.where(np.isnan(X), np.median(self._X, axis=0), X)
        distances, near = self._search.kneighbors(self._scaler.transform(X))
        places: list[tuple[float, float] | None] = [None] * len(X)
        if self._axes is not None:
            places = [(x, y) for x, y in self._axes.transform(X).round(3).tolist()]
        return [
            ([self._near(i, d) for i, d in zip(of_cell, far, strict=True)], place)
            for of_cell, far, place in zip(near.tolist(), distances.tolist(), places, strict=True)
        ]

    def training_id(self, number: int) -> str:
        """Give the id of a training cell by its number; empty where there is none."""
        has = self._model.embedded is not None and 0 <= number < len(self._ids)
        return self._ids[number] if has else ""

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """The training cells whose pictures can be found, by id."""
        if self._model.embedded is None or self._model.training_samples is None:
            return {}
        try:
            return self._model.training_samples()
        except (InputError, OSError):
            return {}

    def _near(self, number: int, distance: float) -> Near:
        cell = self._ids[number]
        return {
            "id": cell,
            "label": self._labels[number],
            "distance": distance,
            "picture": f"training/{number}" if cell in self.samples else None,
        }
