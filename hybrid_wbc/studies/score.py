"""A finished run scored by any metric, classifier and side, as papers report them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import SIDES, Config
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.evaluation import reported
from hybrid_wbc.evaluation.metrics import element_wise_right
from hybrid_wbc.evaluation.statistics import Resampling
from hybrid_wbc.files import read_table
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import (
    EMBEDDINGS,
    HISTORY,
    METRICS,
    PREDICTIONS,
    RunFolder,
    seed_of,
)

# Where a paper does not say what it scored, the cells that it did not train on are taken.
_SIDES = {
    "test": (TEST,),
    "validation": (VALIDATION,),
    "training": (TRAIN,),
    "all": SIDES,
    "not stated": (TEST,),
}


class ScoredRun:
    """The answers of a finished run, scored once for each classifier and side that is asked for.

    Parameters
    ----------
    folder : RunFolder
    config : Config
        The run's.
    seeds : int, optional
        How many of its first seeds to score; all of them otherwise.
    """

    def __init__(self, folder: RunFolder, config: Config, seeds: int | None = None) -> None:
        self.metrics = folder.read_json(METRICS)
        self.dataset = folder.provenance()["data"].get("dataset", "")
        self._folder, self._config = folder, config
        places = [folder.path / name for name in self.metrics["repeats"]]
        scored = sorted({seed_of(place) for place in places})[:seeds]
        self._places = [place for place in places if seed_of(place) in scored]
        self._tables = [read_table(place / PREDICTIONS) for place in self._places]
        self._embedded = [Embeddings.load(place / EMBEDDINGS) for place in self._places]
        self._summaries: dict[tuple[str, str], dict[str, Any]] = {}

    def facts(self) -> dict[str, Any]:
        """Say what the run rests on: its folder, data, trainings and counts."""
        return {
            "folder": self._folder.path.name,
            "data": name_of_set(self._folder.provenance()["data"]["path"]),
            "repeats": len(self._places),
            "epochs": len(read_table(self._places[0] / HISTORY)),
            "evidence": self.metrics["evidence"],
            "overlap": self.metrics["overlap"],
            "at_chance": sum(embedded.is_at_chance for embedded in self._embedded),
            "notes": self.metrics["notes"],
        }

    def score(
        self, metric: str, label: str | None, classifier: str, on: str
    ) -> dict[str, Any] | None:
        """Give one figure.

        Parameters
        ----------
        metric : str
            As `systems.Figure` names it.
        label : str, optional
            The class that it is of.
        classifier : str
            A key of `classifiers.CLASSIFIERS`.
        on : str
            What was scored, as `systems.Figure` names it.

        Returns
        -------
        dict or None
            "mean", "low", "high" and "raw"; None where the run has no such classifier, class or
            side.
        """
        if classifier not in self.metrics["classifiers"]:
            return None
        key = (classifier, on)
        if key not in self._summaries:
            self._summaries[key] = self._summarise(classifier, on)
        return reported.pick(self._summaries[key], metric, label)

    def distance(self, base: ScoredRun, metric: str, classifier: str) -> dict[str, Any] | None:
        """Give how far an accuracy on the test side lies from that of another run.

        Parameters
        ----------
        base : ScoredRun
            Tested on the same cells, repeat by repeat.
        metric : str
            "accuracy" or "element-wise accuracy".
        classifier : str

        Returns
        -------
        dict or None
            "mean", "low" and "high" of this run less the other, both taken on the same cells; None
            where either has no such classifier.

        Raises
        ------
        ValueError
            If they were tested on other cells.
        """
        runs = (self, base)
        if any(classifier not in run.metrics["classifiers"] for run in runs):
            return None
        ids = [[e.ids[e.split == TEST].tolist() for e in run._embedded] for run in runs]
        if ids[0] != ids[1]:
            raise ValueError("the runs were tested on other cells, or in another order")
        credits = [run._credits(metric, classifier) for run in runs]
        resampling = Resampling(
            [e.sources[e.split == TEST] for e in self._embedded],
            seed=self._config.seed,
            groups=[seed_of(place) for place in self._places],
        )
        apart = [(one - other)[:, None] for one, other in zip(*credits, strict=True)]
        (score,) = resampling.column_scores(apart, lowest=None)
        return {end: score[end] for end in ("mean", "low", "high")}

    def _credits(self, metric: str, classifier: str) -> list[np.ndarray]:
        """Give how far each test cell counts as right, from 0 to 1, in each repeat."""
        if metric == reported.ELEMENT_WISE:
            softmax = results.of_softmax(self._embedded)
            return [element_wise_right(each.y, each.probabilities) for each in softmax]
        said = results.of_classifiers(self._tables, self._embedded)[classifier]
        return [(each.true == each.predicted).astype(float) for each in said]

    def _summarise(self, classifier: str, on: str) -> dict[str, Any]:
        sides = _SIDES[on]
        if not all(np.isin(e.split, sides).any() for e in self._embedded):
            return {"per_class": {}}
        sampling: dict[str, Any] = {
            "seed": self._config.seed,
            "groups": [seed_of(place) for place in self._places],
        }
        said = results.of_classifiers(self._tables, self._embedded, sides)[classifier]
        summary = dict(reported.score_answers(said, self.metrics["classes"], **sampling))
        if classifier == "cnn":
            softmax = results.of_softmax(self._embedded, sides)
            loss = self._config.training.loss
            summary |= reported.score_softmax(softmax, loss=loss, **sampling)
        return summary
