"""A finished run scored by any metric, classifier and side, as papers report them."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.systems import ScoredOn
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.evaluation import reported
from hybrid_wbc.evaluation.metrics import element_wise_right
from hybrid_wbc.evaluation.reported import Figures, Reached
from hybrid_wbc.evaluation.reproduction import RunFacts
from hybrid_wbc.evaluation.resampling import Resampling
from hybrid_wbc.evaluation.score_types import Interval, interval_of
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run

# Where a paper does not say what it scored, the cells that it did not train on are taken.
_SIDES: dict[ScoredOn, tuple[str, ...]] = {
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
        run = Run(folder)
        self.metrics = run.metrics()
        self._data = run.provenance()["data"]
        self.dataset = self._data.get("dataset", "")
        self._folder, self._config = folder, config
        repeats = [run.repeat(name) for name in self.metrics["repeats"]]
        scored = sorted({repeat.seed for repeat in repeats})[:seeds]
        self._repeats = [repeat for repeat in repeats if repeat.seed in scored]
        self._seeds = [repeat.seed for repeat in self._repeats]
        self._tables = [repeat.predictions() for repeat in self._repeats]
        self._embedded = [repeat.embeddings() for repeat in self._repeats]
        self._figures: dict[tuple[str, ScoredOn], Figures] = {}

    def facts(self) -> RunFacts:
        """Say what the run rests on: its folder, data, trainings and counts."""
        return {
            "folder": self._folder.path.name,
            "data": name_of_set(self._data["path"]),
            "repeats": len(self._repeats),
            "epochs": len(self._repeats[0].history()["loss"]),
            "evidence": self.metrics["evidence"],
            "overlap": self.metrics["overlap"],
            "at_chance": sum(embedded.is_at_chance for embedded in self._embedded),
            "notes": self.metrics["notes"],
        }

    def score(
        self, metric: str, label: str | None, classifier: str, on: ScoredOn
    ) -> Reached | None:
        """Give one figure.

        Parameters
        ----------
        metric : str
            As `systems.Figure` names it.
        label : str, optional
            The class that it is of.
        classifier : str
            A key of `names.CLASSIFIERS`.
        on : ScoredOn
            What was scored.

        Returns
        -------
        Reached or None
            None where the run has no such classifier, class or side.
        """
        if classifier not in self.metrics["classifiers"]:
            return None
        key = (classifier, on)
        if key not in self._figures:
            self._figures[key] = self._score_all(classifier, on)
        return self._figures[key].get((metric, label))

    def distance(self, base: ScoredRun, metric: str, classifier: str) -> Interval | None:
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
        Interval or None
            Of this run less the other, both taken on the same cells; None where either has no such
            classifier.

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
            groups=self._seeds,
        )
        apart = [(one - other)[:, None] for one, other in zip(*credits, strict=True)]
        (score,) = resampling.column_scores(apart, lowest=None)
        # Every test cell counts in both: there is always a difference.
        return interval_of(score)

    def _credits(self, metric: str, classifier: str) -> list[np.ndarray]:
        """Give how far each test cell counts as right, from 0 to 1, in each repeat."""
        if metric == reported.ELEMENT_WISE:
            softmax = results.of_softmax(self._embedded)
            return [element_wise_right(each.y, each.probabilities) for each in softmax]
        said = results.of_classifiers(self._tables, self._embedded)[classifier]
        return [(each.true == each.predicted).astype(float) for each in said]

    def _score_all(self, classifier: str, on: ScoredOn) -> Figures:
        sides = _SIDES[on]
        if not all(np.isin(e.split, sides).any() for e in self._embedded):
            return {}
        seed, groups = self._config.seed, self._seeds
        said = results.of_classifiers(self._tables, self._embedded, sides)[classifier]
        figures = reported.score_answers(said, self.metrics["classes"], seed=seed, groups=groups)
        if classifier == "cnn":
            softmax = results.of_softmax(self._embedded, sides)
            loss = self._config.training.loss
            scores = reported.score_softmax(softmax, loss=loss, seed=seed, groups=groups)
            figures |= reported.existing({(name, None): score for name, score in scores.items()})
        return figures
