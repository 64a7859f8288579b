"""The scoring stage: from the predictions of every repeat to what the run reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NotRequired

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import BINARY
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.reading.levels import part_of_test_side
from hybrid_wbc.data.reading.samples import image_of
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap, reported
from hybrid_wbc.evaluation.comparison import compare
from hybrid_wbc.evaluation.probabilities import score_probabilities
from hybrid_wbc.evaluation.scoring import TestPart, count_cells, count_evidence
from hybrid_wbc.evaluation.statistics import Predictions, summarise
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable
from hybrid_wbc.stages.classify import NO_FEATURES

_NO_VOTE = (
    "no soft vote: it is calibrated on folds that keep a source together, and a class lies in one "
    "source on the training side"
)
_AT_CHANCE = (
    "the network names classes no better for its own training images than naming the largest for "
    "all: it has learned nothing; try more epochs, a lower training.learning_rate or another seed"
)


def evaluate(config: Config, folder: RunFolder) -> None:
    """Score the predictions of every repeat that has any."""
    run = Run(folder)
    repeats = [repeat for repeat in run.repeats() if repeat.is_classified]
    if not repeats:
        raise InputError(f"{folder.path}: nothing to score; run the classify stage first")
    data = run.provenance()["data"]
    tables = [repeat.predictions() for repeat in repeats]
    embedded = [repeat.embeddings() for repeat in repeats]
    seeds = [repeat.seed for repeat in repeats]
    classes = embedded[0].classes.tolist()
    said = results.of_classifiers(tables, embedded)
    scores = {
        key: summarise(predictions, classes, groups=seeds, seed=config.seed)
        for key, predictions in said.items()
    }
    probable = results.of_probabilities([r.probabilities() for r in repeats], embedded)
    for key, given in probable.items():
        scores[key]["probability"] = score_probabilities(
            given, classes, groups=seeds, seed=config.seed
        )
    if config.training.loss == BINARY and all(e.has_softmax for e in embedded):
        softmax = results.of_softmax(embedded)
        in_full = reported.score_softmax(softmax, loss=BINARY, groups=seeds, seed=config.seed)
        scores["cnn"]["element_wise_accuracy"] = in_full[reported.ELEMENT_WISE]
    source_of = {cell: source for e in embedded for cell, source in e.source_of.items()}
    run.write_metrics(
        {
            "synthetic": data["synthetic"],
            "protocol": config.split.protocol,
            "overlap": overlap.count(
                [e.sources for e in embedded],
                [e.split == TRAIN for e in embedded],
                [e.split == TEST for e in embedded],
            ),
            "trained_on": " + ".join(
                name_of_set(one["path"]) for one in (data, *data.get("more", []))
            ),
            "tested_on": name_of_set(data.get("test", data)["path"]),
            "n_files": len({image_of(sample_id) for sample_id in source_of}),
            "n_cells": len(source_of),
            "n_sources": len(set(source_of.values())),
            "classes": classes,
            "repeats": [repeat.name for repeat in repeats],
            "counts": count_cells(embedded[0]),
            "evidence": count_evidence(embedded),
            "notes": [*data["notes"], *_notes(said, repeats, embedded)],
            "classifiers": scores,
            "comparison": compare(said, groups=seeds, seed=config.seed),
            **_parts(tables, embedded, seeds, config.seed, of_several_sets=bool(data.get("more"))),
        }
    )
    if config.evaluation.folds is not None:
        run.write_out_of_fold(
            {
                (repeat.seed, repeat.fold): table.of_sides([TEST])
                for repeat, table in zip(repeats, tables, strict=True)
            }
        )


class _Parts(TypedDict):
    test_parts: NotRequired[dict[str, TestPart]]


def _parts(
    tables: Sequence[PredictionTable],
    embedded: Sequence[Embeddings],
    seeds: Sequence[int],
    seed: int,
    *,
    of_several_sets: bool,
) -> _Parts:
    """Score the parts of the test side apart; nothing where it has not several.

    Those are the sets that are trained on together, or the named parts of a set's own test side. A
    part is scored over the repeats that test any of its cells.
    """
    tested = [table.of_sides([TEST]) for table in tables]
    part = _set_of if of_several_sets else part_of_test_side
    part_of = [np.array([part(cell) for cell in table.ids.tolist()]) for table in tested]
    names = sorted({str(name) for parts in part_of for name in parts})
    if len(names) < 2 or "" in names:
        return {}
    found: dict[str, TestPart] = {}
    for name in names:
        # Of several sets that are trained on, one may lend cells to the test side in some repeats.
        held = [position for position, parts in enumerate(part_of) if (parts == name).any()]
        of_part = [tested[position].taken(part_of[position] == name) for position in held]
        said = results.of_classifiers(of_part, [embedded[position] for position in held])
        source_of = {
            cell: embedded[position].source_of[cell]
            for position, table in zip(held, of_part, strict=True)
            for cell in table.ids.tolist()
        }
        labels = Counter(label for table in of_part for label in table.labels.tolist())
        found[name] = {
            "files": len({image_of(cell) for cell in source_of}),
            "cells": len(source_of),
            "sources": len(set(source_of.values())),
            "classes": dict(sorted(labels.items())),
            "classifiers": {
                key: summarise(
                    predictions,
                    embedded[0].classes.tolist(),
                    groups=[seeds[position] for position in held],
                    seed=seed,
                )
                for key, predictions in said.items()
            },
        }
    return {"test_parts": found}


def _set_of(sample_id: str) -> str:
    return sample_id.partition("/")[0]


def _notes(
    said: Mapping[str, Sequence[Predictions]],
    repeats: Sequence[RunRepeat],
    embedded: Sequence[Embeddings],
) -> list[str]:
    at_chance = [r.name for r, e in zip(repeats, embedded, strict=True) if e.is_at_chance]
    notes = [f"{', '.join(at_chance)}: {_AT_CHANCE}"] if at_chance else []
    if not all(e.has_features for e in embedded):
        return [*notes, NO_FEATURES]
    return notes if "vote" in said else [*notes, _NO_VOTE]
