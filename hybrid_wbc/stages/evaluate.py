"""The stages of a run: each reads files of the run folder and writes the next ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import BINARY, SIDES, Config
from hybrid_wbc.data.reading.samples import image_of
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap, reported
from hybrid_wbc.evaluation.comparison import compare
from hybrid_wbc.evaluation.statistics import Predictions, effective_sources, summarise
from hybrid_wbc.files import read_table, write_json, write_table
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import (
    EMBEDDINGS,
    METRICS,
    OUT_OF_FOLD,
    PREDICTIONS,
    RunFolder,
    fold_of,
    seed_of,
)
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
    places = [place for place in folder.repeats() if (place / PREDICTIONS).exists()]
    if not places:
        raise InputError(f"{folder.path}: nothing to score; run the classify stage first")
    data = folder.provenance()["data"]
    tables = [read_table(place / PREDICTIONS) for place in places]
    embedded = [Embeddings.load(place / EMBEDDINGS) for place in places]
    seeds = [seed_of(place) for place in places]
    classes = embedded[0].classes.tolist()
    said = results.of_classifiers(tables, embedded)
    scores = {
        key: summarise(predictions, classes, groups=seeds, seed=config.seed)
        for key, predictions in said.items()
    }
    if config.training.loss == BINARY:
        softmax = results.of_softmax(embedded)
        in_full = reported.score_softmax(softmax, loss=BINARY, groups=seeds, seed=config.seed)
        scores["cnn"]["element_wise_accuracy"] = in_full[reported.ELEMENT_WISE]
    counts = Counter((row["split"], row["label"]) for row in tables[0])
    source_of = {i: s for e in embedded for i, s in zip(e.ids, e.sources, strict=True)}
    write_json(
        folder.path / METRICS,
        {
            "synthetic": data["synthetic"],
            "protocol": config.split.protocol,
            "overlap": overlap.count(
                [e.sources for e in embedded],
                [e.split == TRAIN for e in embedded],
                [e.split == TEST for e in embedded],
            ),
            "trained_on": name_of_set(data["path"]),
            "tested_on": name_of_set(data.get("test", data)["path"]),
            "n_files": len({image_of(sample_id) for sample_id in source_of}),
            "n_cells": len(source_of),
            "n_sources": len(set(source_of.values())),
            "classes": classes,
            "repeats": [place.name for place in places],
            "counts": {
                side: {name: counts[side, name] for name in classes}
                for side in SIDES
                if any(counts[side, name] for name in classes)
            },
            "evidence": _evidence(embedded),
            "notes": [*data["notes"], *_notes(said, places, embedded)],
            "classifiers": scores,
            "comparison": compare(said, groups=seeds, seed=config.seed),
        },
    )
    if config.evaluation.folds is not None:
        _write_out_of_fold(folder, places, tables)


def _notes(
    said: Mapping[str, Sequence[Predictions]],
    places: Sequence[Path],
    embedded: Sequence[Embeddings],
) -> list[str]:
    at_chance = [p.name for p, e in zip(places, embedded, strict=True) if e.is_at_chance]
    notes = [f"{', '.join(at_chance)}: {_AT_CHANCE}"] if at_chance else []
    if not all(e.has_features for e in embedded):
        return [*notes, NO_FEATURES]
    return notes if "vote" in said else [*notes, _NO_VOTE]


def _evidence(embedded: Sequence[Embeddings]) -> dict[str, dict[str, float]]:
    """Count the files, cells and sources of each side, over all repeats."""
    evidence = {}
    for side in (*SIDES, "all"):
        source_of = {
            sample_id: source
            for repeat in embedded
            for sample_id, source, on in zip(repeat.ids, repeat.sources, repeat.split, strict=True)
            if side in (on, "all")
        }
        if source_of:
            evidence[side] = {
                "files": len({image_of(sample_id) for sample_id in source_of}),
                "cells": len(source_of),
                "sources": len(set(source_of.values())),
                "effective_sources": effective_sources(list(source_of.values())),
            }
    return evidence


def _write_out_of_fold(
    folder: RunFolder, places: Sequence[Path], tables: Sequence[Sequence[Mapping[str, str]]]
) -> None:
    """Bring together what was said of each cell by the network that never saw its source."""
    keys = [key for key in tables[0][0] if key != "split" and all(key in t[0] for t in tables)]
    rows = [
        (seed_of(place), fold_of(place), *(row[key] for key in keys))
        for place, table in zip(places, tables, strict=True)
        for row in table
        if row["split"] == TEST
    ]
    write_table(folder.path / OUT_OF_FOLD, ("seed", "fold", *keys), rows)
