"""What the cells that a model was made from tell of new ones: sets, distances, errors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from hybrid_wbc.classical.subspace import FEWEST_CELLS, FEWEST_FEATURES
from hybrid_wbc.data.cells.measuring import measure_changed, missing_notes
from hybrid_wbc.data.cells.shape import NAMES
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.evaluation import conformal
from hybrid_wbc.evaluation.conformal import Coverage, PredictionSets, TooFew
from hybrid_wbc.evaluation.differential import Errors
from hybrid_wbc.evaluation.familiarity import Familiarity
from hybrid_wbc.evaluation.predicted import PredictedCell
from hybrid_wbc.studies import counting
from hybrid_wbc.studies.looking import Picture
from hybrid_wbc.studies.model import Model, named

Part = list[tuple[Picture, int]]
"""Cells by their picture and their position in it."""

# Of levels that are asked for, what is measured at so many is kept.
_LEVELS_KEPT = 16
_BY_DISTANCE = (
    "unlike anything seen goes by the distance in the embedding, which tells other kinds of cells "
    f"less well than the features before it: the run has fewer than {FEWEST_CELLS} training cells "
    f"or {FEWEST_FEATURES} features, or is of an earlier version (`extract` and `classify` measure "
    "it anew in its folder)"
)


class Knowledge:
    """A model and what its own cells tell of new ones, learned once for any number of pictures.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    model : Model
    about_sets : callable
        Given a level, gives how often sets of this level held the true class of held-out cells
        (`Coverage` or None), and the classes that have too few of them (list of `TooFew`).
    warnings : list of str
        What must be known to read what is said.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.warnings: list[str] = []
        self.about_sets = lru_cache(_LEVELS_KEPT)(self._about_sets)
        self._sets: PredictionSets | None = None
        self._familiarity: Familiarity | None = None
        held_out = model.held_out
        if held_out is not None:
            self._sets = PredictionSets.of(held_out.y, held_out.probabilities, held_out.sources)
        if model.trained is not None and len(model.trained):
            X, said, outside = model.trained[:0], np.empty(0, dtype=int), None
            if held_out is not None:
                X, said, outside = held_out.X, held_out.said, held_out.outside
            self._familiarity = Familiarity.of(model.trained, X, said, len(model.classes), outside)
            few = self._familiarity.named_few(model.classes)
            # Hand-made features alone are no network's, and have nothing before them.
            if held_out is not None and outside is None and model.network is not None:
                self.warnings.append(_BY_DISTANCE)
            if held_out is not None and few:
                self.warnings.append(
                    f"fewer than 20 held-out cells were called {', '.join(few)}: the limit from "
                    "which such a cell is unlike anything seen is that of all held-out cells"
                )

    @cached_property
    def errors(self) -> Errors | None:
        """How held-out cells were mistaken; None where there are too few."""
        return counting.errors_of(self.model)

    def _about_sets(self, level: float) -> tuple[Coverage | None, list[TooFew]]:
        model, held_out = self.model, self.model.held_out
        if held_out is None or self._sets is None:
            return None, []
        coverage = conformal.coverage(
            held_out.y,
            held_out.probabilities,
            held_out.sources,
            level=level,
            classes=model.classes,
            seed=model.seed,
        )
        return coverage, self._sets.too_few(level, model.classes)

    def say(
        self, samples: Sequence[Sample], part: Part, pixels: np.ndarray, level: float
    ) -> list[PredictedCell]:
        """Say what the model has to say of some cells.

        Parameters
        ----------
        samples : sequence of Sample, length n
        part : Part
            The same cells by their pictures.
        pixels : numpy.ndarray of uint8, shape (n, size, size, 3)
            As the model's network takes them.
        level : float
            How often a prediction set shall hold the true class.

        Returns
        -------
        list of PredictedCell
        """
        model = self.model
        measured = measure_changed(samples) if model.measures else None
        answers = model.say(pixels, measured)
        features: list[list[float | None]] = answers.X.astype(float).tolist()
        if measured is not None:
            learned = answers.X.shape[1] - measured.shape[1]
            for row, place in np.argwhere(np.isnan(measured)):
                features[row][learned + place] = None
        answer = answers.said[model.answered_by]
        position = named(model.classes, answer)
        given = answers.given.get(model.answered_by)
        sets = None
        if self._sets is not None and given is not None:
            sets = self._sets.sets(given, level)
        nearest = strangeness = None
        if self._familiarity is not None:
            nearest = self._familiarity.nearest(answers.X)
            if model.held_out is not None:
                strangeness = self._familiarity.strangeness(answers.X, position, answers.outside)
        return [
            {
                "image": str(picture.path),
                "number": number + 1,
                "taken_for": picture.kind,
                "box": picture.cells[number][0] if picture.kind == "smear" else None,
                "cut_off": picture.kind == "smear" and picture.cells[number][1],
                "answer": str(answer[i]),
                "said": {key: str(said[i]) for key, said in answers.said.items()},
                "probability": None if given is None else float(given[i, position[i]]),
                "set": None
                if sets is None
                else [name for name, on in zip(model.classes, sets[i], strict=True) if on],
                "distance": None if nearest is None else float(nearest[i]),
                "strangeness": None if strangeness is None else float(strangeness[i]),
                "unlike": None if strangeness is None else bool(strangeness[i] > 1),
                "features": features[i],
            }
            for i, (picture, number) in enumerate(part)
        ]

    def unmeasured(self, cells: Sequence[PredictedCell]) -> list[str]:
        """Say what could not be measured of the cells that were asked about."""
        if not self.model.measures or not cells:
            return []
        measured = np.array([cell["features"][-len(NAMES) :] for cell in cells], dtype=float)
        ids = [f"{c['image']}#{c['number']}" if c["box"] else c["image"] for c in cells]
        return missing_notes(measured, ids)
