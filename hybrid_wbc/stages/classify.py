"""The classification stage: the three classifiers on the five numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical import storage as classifier_storage
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.files import read_json, write_json, write_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import (
    CLASSIFIERS,
    EMBEDDINGS,
    ENSEMBLE,
    PREDICTIONS,
    PROVENANCE,
    seed_of,
)

NO_FEATURES = "no five-unit layer in this network: its own softmax alone is scored"


def classify_repeat(config: Config, place: Path, reporter: Reporter) -> None:
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
