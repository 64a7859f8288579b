"""The ablation stage: every subset of the features, and the health of the embedding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.checking import FLAT
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import ablation, health
from hybrid_wbc.files import write_json, write_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import (
    ABLATION,
    ABLATION_TABLE,
    EMBEDDINGS,
    HEALTH,
    RunFolder,
    seed_of,
)
from hybrid_wbc.stages.classify import NO_FEATURES


def ablate(config: Config, folder: RunFolder, reporter: Reporter, *, jobs: int = -1) -> None:
    """Fit the classifiers on every subset of the features, and keep each subset's scores."""
    places = _extracted(folder)
    embedded = [Embeddings.load(place / EMBEDDINGS) for place in places]
    if not all(repeat.has_features for repeat in embedded):
        raise InputError(f"{folder.path}: {NO_FEATURES}; there is nothing to ablate")
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
    """Examine the embedding of every repeat, and say what of its pictures holds nothing."""
    repeats: list[dict[str, Any]] = []
    places = _extracted(folder)
    notes = folder.provenance()["data"]["notes"]
    said = {note: [place.name for place in places] for note in notes if FLAT in note}
    for place in places:
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
