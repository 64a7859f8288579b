"""The stages of a run: each reads files of the run folder and writes the next ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical import storage as classifier_storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import Config
from hybrid_wbc.data.readers import image_of
from hybrid_wbc.data.splitting import SPLITS, TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.statistics import Predictions, summarise
from hybrid_wbc.preparing import Cells, Repeat
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import (
    METRICS,
    PROVENANCE,
    RunFolder,
    read_json,
    read_table,
    seed_of,
    write_json,
    write_table,
)

NETWORK, HISTORY, EMBEDDINGS = "cnn.keras", "history.csv", "embeddings.npz"
CLASSIFIERS, PREDICTIONS = "classifiers.json", "predictions.csv"
TRAINING_STATE = "training-state.npz"


def train(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Train the repeat's network, going on from the last epoch that a killed training kept."""
    place = folder.repeat(repeat.name)
    # TensorFlow takes seconds to load; the stages after extraction do without it.
    from hybrid_wbc.cnn import augmentation, networks, storage, training

    classes = _classes_of(cells, repeat)
    labels = np.searchsorted(classes, cells.labels[repeat.chosen])
    images = cells.images[repeat.chosen]
    sides = {side: repeat.split == side for side in SPLITS}
    model = networks.build(
        config.network.name,
        input_size=images.shape[1:3],
        classes=len(classes),
        embedding=config.network.embedding,
        dropout=config.network.dropout,
        seed=repeat.seed,
    )
    validation = sides[VALIDATION]
    with reporter.job(f"{repeat.name}: training") as advance:

        def on_epoch(epoch: int, figures: dict[str, float]) -> None:
            shown = {name: figures[name] for name in ("loss", "accuracy", "validation_accuracy")
                     if name in figures}  # fmt: skip
            detail = ", ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in shown.items())
            advance(epoch + 1, config.training.epochs, detail)

        history = training.fit(
            model,
            images[sides[TRAIN]],
            labels[sides[TRAIN]],
            recipe=training.Recipe(**config.training.model_dump()),
            augmentation=augmentation.Augmentation(**config.augmentation.ranges)
            if config.augmentation.enabled
            else None,
            seed=repeat.seed,
            validation=(images[validation], labels[validation]) if validation.any() else None,
            checkpoint=place / TRAINING_STATE,
            on_epoch=on_epoch,
        )
    columns = zip(*history.values(), strict=True)
    rows = [(epoch, *figures) for epoch, figures in enumerate(columns, start=1)]
    write_table(place / HISTORY, ("epoch", *history), rows)
    storage.save(model, place / NETWORK)


def extract(
    config: Config, folder: RunFolder, cells: Cells, repeat: Repeat, reporter: Reporter
) -> None:
    """Run the repeat's network over its cells and keep the embeddings."""
    place = folder.repeat(repeat.name)
    from hybrid_wbc.cnn import extraction, storage  # as in `train`

    classes = _classes_of(cells, repeat)
    with reporter.job(f"{repeat.name}: extracting") as advance:
        X, probabilities = extraction.extract(
            storage.load(place / NETWORK),
            cells.images[repeat.chosen],
            views=config.network.views,
            progress=advance,
        )
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
    classes, seed = embeddings.classes, seed_of(place)
    answers, checksums = {}, {}
    settings = config.classifiers.model_dump()
    for key, classifier in classifiers.build(seed=seed, **settings).items():
        classifier.fit(*embeddings.side(TRAIN))
        answers[key] = classes[classifier.predict(embeddings.X)]
        checksums[key] = classifier_storage.save(classifier, place / f"{key}.skops")
    answers["cnn"] = classes[embeddings.probabilities.argmax(axis=1)]
    write_json(place / CLASSIFIERS, checksums)
    truth = classes[embeddings.y]
    rows = zip(embeddings.ids, truth, embeddings.split, *answers.values(), strict=True)
    write_table(place / PREDICTIONS, ("id", "label", "split", *answers), rows)
    tested = embeddings.split == TEST
    drawn = "SYNTHETIC cells, " if read_json(place.parent / PROVENANCE)["data"]["synthetic"] else ""
    shown = (f"{key} {np.mean(a[tested] == truth[tested]):.3f}" for key, a in answers.items())
    reporter.say(f"{place.name}: {drawn}test accuracy {', '.join(shown)}")


def evaluate(config: Config, folder: RunFolder) -> None:
    """Score the predictions of every repeat that has any."""
    places = [place for place in folder.repeats() if (place / PREDICTIONS).exists()]
    if not places:
        raise InputError(f"{folder.path}: nothing to score; run the classify stage first")
    data = folder.provenance()["data"]
    tables = [read_table(place / PREDICTIONS) for place in places]
    embedded = [Embeddings.load(place / EMBEDDINGS) for place in places]
    classes = embedded[0].classes.tolist()
    source_of = {i: s for e in embedded for i, s in zip(e.ids, e.sources, strict=True)}
    tests = [[row for row in table if row["split"] == TEST] for table in tables]
    scores = {}
    for key in classifiers.CLASSIFIERS:
        predictions = [
            Predictions(
                true=np.array([row["label"] for row in rows]),
                predicted=np.array([row[key] for row in rows]),
                sources=np.array([source_of[row["id"]] for row in rows]),
            )
            for rows in tests
        ]
        scores[key] = summarise(predictions, classes, seed=config.seed)
    counts = Counter((row["split"], row["label"]) for row in tables[0])
    write_json(
        folder.path / METRICS,
        {
            "synthetic": data["synthetic"],
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
            "notes": data["notes"],
            "classifiers": scores,
        },
    )


def _classes_of(cells: Cells, repeat: Repeat) -> np.ndarray:
    return np.unique(cells.labels[repeat.chosen])
