"""The stages of a run: each reads files of the run folder and writes the next ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybrid_wbc import answers
from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical import storage as classifier_storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.readers import image_of
from hybrid_wbc.data.splitting import SPLITS, TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import ablation, health, overlap, reported
from hybrid_wbc.evaluation.comparison import compare
from hybrid_wbc.evaluation.statistics import Predictions, effective_sources, summarise
from hybrid_wbc.files import in_place
from hybrid_wbc.fitting import NETWORK, member_name
from hybrid_wbc.loading import Cells
from hybrid_wbc.progress import Reporter
from hybrid_wbc.repeating import Repeat
from hybrid_wbc.runs import (
    METRICS,
    PROVENANCE,
    RunFolder,
    fold_of,
    read_json,
    read_table,
    seed_of,
    write_json,
    write_table,
)
from hybrid_wbc.settings import BINARY, Config

EMBEDDINGS, ENSEMBLE = "embeddings.npz", "ensemble.npy"
CLASSIFIERS, PREDICTIONS, OUT_OF_FOLD = "classifiers.json", "predictions.csv", "out_of_fold.csv"
ABLATION, ABLATION_TABLE, HEALTH = "ablation.json", "ablation.csv", "health.json"
_NO_VOTE = (
    "no soft vote: it is calibrated on folds that keep a source together, and a class lies in one "
    "source on the training side"
)
_AT_CHANCE = (
    "the network names classes no better for its own training images than naming the largest for "
    "all: it has learned nothing; try more epochs, a lower training.learning_rate or another seed"
)
_NO_FEATURES = "no five-unit layer in this network: its own softmax alone is scored"


def extract(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's networks over its cells and keep what they say."""
    place = folder.repeat(repeat.name)
    # TensorFlow takes seconds to load; the stages after this one do without it.
    from hybrid_wbc.cnn import extraction, storage

    def say(network: Path, title: str) -> tuple[np.ndarray, np.ndarray]:
        with reporter.job(f"{title}: extracting") as advance:
            return extraction.extract(
                storage.load(network),
                cells.images[repeat.chosen],
                views=config.network.views,
                progress=advance,
            )

    members = [place / member_name(i) / NETWORK for i in range(config.ensemble.networks or 0)]
    if members:
        softmax = [say(path, f"{repeat.name} {path.parent.name}")[1] for path in members]
        with in_place(place / ENSEMBLE) as beside, beside.open("wb") as file:
            np.save(file, np.mean(softmax, axis=0), allow_pickle=False)
    classes = repeat.classes(cells)
    X, probabilities = say(place / NETWORK, repeat.name)
    Embeddings(
        X=X,
        y=np.searchsorted(classes, cells.labels[repeat.chosen]),
        ids=cells.ids[repeat.chosen],
        sources=cells.sources[repeat.chosen],
        split=repeat.split,
        classes=classes,
        probabilities=probabilities,
    ).save(place / EMBEDDINGS)


def classify(config: Config, place: Path, reporter: Reporter) -> None:
    """Fit the classifiers on the training side of a repeat's embeddings and ask them about all."""
    embeddings = Embeddings.load(place / EMBEDDINGS)
    classes = embeddings.classes
    X, y = embeddings.side(TRAIN)
    said, checksums = {}, {}
    for key, classifier in _choose_classifiers(config, place, embeddings, reporter).items():
        classifier.fit(X, y)
        said[key] = classes[classifier.predict(embeddings.X)]
        checksums[key] = classifier_storage.save(classifier, place / f"{key}.skops")
    said["cnn"] = classes[embeddings.probabilities.argmax(axis=1)]
    if (place / ENSEMBLE).exists():
        softmax = np.load(place / ENSEMBLE, allow_pickle=False)
        said["cnn_ensemble"] = classes[softmax.argmax(axis=1)]
    write_json(place / CLASSIFIERS, checksums)
    truth = classes[embeddings.y]
    in_order = {key: said[key] for key in classifiers.CLASSIFIERS if key in said}
    rows = zip(embeddings.ids, truth, embeddings.split, *in_order.values(), strict=True)
    write_table(place / PREDICTIONS, ("id", "label", "split", *in_order), rows)
    tested = embeddings.split == TEST
    synthetic = read_json(place.parent / PROVENANCE)["data"]["synthetic"]
    mark = overlap.mark(config.split.protocol, synthetic=synthetic)
    shown = (f"{key} {np.mean(a[tested] == truth[tested]):.3f}" for key, a in in_order.items())
    reporter.say(f"{place.name}: {mark}test accuracy {', '.join(shown)}")


def _choose_classifiers(
    config: Config, place: Path, embeddings: Embeddings, reporter: Reporter
) -> dict[str, Any]:
    """Make what is to be fitted: nothing where the network has no five-unit layer."""
    if not embeddings.has_features:
        return {}
    seed = seed_of(place)
    chosen: dict[str, Any] = dict(classifiers.build(seed=seed, **config.classifiers.model_dump()))
    labels = embeddings.classes[embeddings.side(TRAIN)[1]]
    sources = embeddings.sources[embeddings.split == TRAIN]
    try:
        chosen["vote"] = classifiers.soft_vote(chosen, labels, sources, seed=seed)
    except InputError as error:
        reporter.say(f"{place.name}: no soft vote: {error}")
    return chosen


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
    said = answers.of_classifiers(tables, embedded)
    scores = {
        key: summarise(predictions, classes, groups=seeds, seed=config.seed)
        for key, predictions in said.items()
    }
    if config.training.loss == BINARY:
        softmax = answers.of_softmax(embedded)
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
                for side in SPLITS
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


def name_of_set(path: str) -> str:
    """Give a data set's own name: what is passed on need not hold the folders of one machine."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _notes(
    said: Mapping[str, Sequence[Predictions]],
    places: Sequence[Path],
    embedded: Sequence[Embeddings],
) -> list[str]:
    at_chance = [p.name for p, e in zip(places, embedded, strict=True) if e.is_at_chance]
    notes = [f"{', '.join(at_chance)}: {_AT_CHANCE}"] if at_chance else []
    if not all(e.has_features for e in embedded):
        return [*notes, _NO_FEATURES]
    return notes if "vote" in said else [*notes, _NO_VOTE]


def _evidence(embedded: Sequence[Embeddings]) -> dict[str, dict[str, float]]:
    """Count the files, cells and sources of each side, over all repeats."""
    evidence = {}
    for side in (*SPLITS, "all"):
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


def ablate(config: Config, folder: RunFolder, reporter: Reporter, *, jobs: int = -1) -> None:
    """Fit the classifiers on every subset of the features, and keep each subset's scores."""
    places = _extracted(folder)
    embedded = [Embeddings.load(place / EMBEDDINGS) for place in places]
    if not all(repeat.has_features for repeat in embedded):
        raise InputError(f"{folder.path}: {_NO_FEATURES}; there is nothing to ablate")
    seeds = [seed_of(place) for place in places]
    with reporter.job("ablation") as advance:
        refits = ablation.refit(
            embedded, seeds, config.classifiers.model_dump(), jobs=jobs, progress=advance
        )
    summary = ablation.summarise(refits, embedded, groups=seeds, seed=config.seed)
    names = [place.name for place in places]
    write_table(
        folder.path / ABLATION_TABLE,
        (
            "classifier",
            "features",
            "repeat",
            "accuracy",
            *(f"recall {c}" for c in summary["classes"]),
        ),
        ablation.rows(summary, names),
    )
    write_json(folder.path / ABLATION, {"repeats": names} | summary)


def examine(folder: RunFolder) -> None:
    """Examine the embedding of every repeat."""
    repeats: list[dict[str, Any]] = []
    said: dict[str, list[str]] = {}
    for place in _extracted(folder):
        e = Embeddings.load(place / EMBEDDINGS)
        found = health.examine(e.X, e.y, e.split, e.classes.tolist(), seed=seed_of(place))
        repeats.append({"name": place.name} | found)
        for text in found["warnings"]:
            said.setdefault(text, []).append(place.name)
    warnings = [{"text": text, "repeats": names} for text, names in said.items()]
    write_json(folder.path / HEALTH, {"repeats": repeats, "warnings": warnings})


def _extracted(folder: RunFolder) -> list[Path]:
    places = [place for place in folder.repeats() if (place / EMBEDDINGS).exists()]
    if not places:
        raise InputError(f"{folder.path}: no embeddings yet; run the extract stage first")
    return places
