"""The numbers of a finished run as pandas tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas

from hybrid_wbc.classical.embeddings import column
from hybrid_wbc.evaluation.ablation import listed
from hybrid_wbc.evaluation.metrics import OVERALL, PER_CLASS
from hybrid_wbc.evaluation.score_types import AnyScore
from hybrid_wbc.runs.results import Run

_AREAS = ("roc_auc", "average_precision")
_LOSSES = ("log_loss", "brier_score")


def scores(run: Run) -> pandas.DataFrame:
    """Give every score; see `studies.results.Run.scores`."""
    metrics = run.metrics()
    rows: list[tuple[Any, ...]] = []

    def add(key: str, label: str, given: Mapping[str, AnyScore], names: Sequence[str]) -> None:
        rows.extend((key, label, name, given[name]) for name in names)

    for key, given in metrics["classifiers"].items():
        add(key, "all", cast(Mapping[str, AnyScore], given), OVERALL)
        probable = given.get("probability")
        if probable is not None:
            add(key, "all", cast(Mapping[str, AnyScore], probable), (*_AREAS, *_LOSSES))
        for label, of_class in given["per_class"].items():
            add(key, label, cast(Mapping[str, AnyScore], of_class), PER_CLASS)
            if probable is not None:
                areas = probable["per_class"][label]
                add(key, label, cast(Mapping[str, AnyScore], areas), _AREAS)
    return _of_scores(("classifier", "class", "score"), rows, metrics["repeats"])


def predictions(run: Run) -> pandas.DataFrame:
    """Give what each classifier says; see `studies.results.Run.predictions`."""
    parts = []
    for repeat in run.repeats():
        table, source_of = repeat.predictions(), repeat.embeddings().source_of
        columns = {
            "repeat": repeat.name,
            "id": table.ids,
            "source": [source_of[cell] for cell in table.ids.tolist()],
            "side": table.split,
            "label": table.labels,
            **table.said,
        }
        parts.append(pandas.DataFrame(columns))
    return pandas.concat(parts, ignore_index=True)


def probabilities(run: Run) -> pandas.DataFrame:
    """Give the class probabilities; see `studies.results.Run.probabilities`."""
    columns = ["repeat", "id", "label", "classifier", *run.metrics()["classes"]]
    parts = []
    for repeat in run.repeats():
        table, embedded = repeat.probabilities(), repeat.embeddings()
        if table is None:
            continue
        labels = dict(zip(embedded.ids, embedded.classes[embedded.y], strict=True))
        for key, given in table.given.items():
            cells = {
                "repeat": repeat.name,
                "id": table.ids,
                "label": [labels[cell] for cell in table.ids],
                "classifier": key,
            }
            shares = dict(zip(table.classes, given.T, strict=True))
            parts.append(pandas.DataFrame(cells | shares))
    return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame(columns=columns)


def embedding(run: Run) -> pandas.DataFrame:
    """Give the features of every cell; see `studies.results.Run.embedding`."""
    parts = []
    for repeat in run.repeats():
        e = repeat.embeddings()
        facts = {
            "repeat": repeat.name,
            "id": e.ids,
            "source": e.sources,
            "side": e.split,
            "label": e.classes[e.y],
        }
        values = np.hstack([e.X[:, : e.learned], e.measured])
        features = dict(zip(map(column, e.names), values.T, strict=True))
        parts.append(pandas.DataFrame(facts | features))
    return pandas.concat(parts, ignore_index=True)


def ablation(run: Run) -> pandas.DataFrame:
    """Give what every subset reaches; see `studies.results.Run.ablation`."""
    found = run.ablation()
    rows: list[tuple[Any, ...]] = []
    for key, part in found["classifiers"].items():
        for subset in part["subsets"]:
            features = listed(subset["features"], found["features"], ",")
            rows.append((key, features, "all", "accuracy", subset["accuracy"]))
            rows += [
                (key, features, label, "recall", recall)
                for label, recall in subset["recall"].items()
            ]
    return _of_scores(("classifier", "features", "class", "score"), rows, found["repeats"])


def _of_scores(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], repeats: Sequence[str]
) -> pandas.DataFrame:
    """Make a table of rows that end with a score."""
    figures = ["mean", "low", "high", *repeats]
    filled = [
        (*keys, score["mean"], score["low"], score["high"], *score["raw"]) for *keys, score in rows
    ]
    table = pandas.DataFrame(filled, columns=[*names, *figures])
    return table.astype(dict.fromkeys(figures, float))
