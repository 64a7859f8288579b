"""The ablation stage: subsets of the features, and the health of the embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.checking import FLAT
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import ablation, health, refitting
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.repeat import RunRepeat
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.classify import NO_FEATURES
from hybrid_wbc.stages.handing import fits_on

if TYPE_CHECKING:
    from distributed import Client


def ablate(
    config: Config,
    folder: RunFolder,
    reporter: Reporter,
    *,
    jobs: int = -1,
    client: Client | None = None,
) -> None:
    """Fit the classifiers on subsets of the features, and keep each subset's scores.

    The fits are done by the workers of a cluster where there is one, else by `jobs` processes.
    """
    run = Run(folder)
    extracted = _extracted(run)
    embedded = [repeat.embeddings() for repeat in extracted]
    if not all(repeat.has_features for repeat in embedded):
        raise InputError(f"{folder.path}: {NO_FEATURES}; there is nothing to ablate")
    seeds = [repeat.seed for repeat in extracted]
    with reporter.job("ablation") as advance:
        refits = refitting.refit(
            embedded,
            seeds,
            config.classifiers.options,
            chosen=[
                {key: found["settings"] for key, found in repeat.tuning().items()}
                for repeat in extracted
            ],
            jobs=jobs,
            spread=None if client is None else fits_on(client, reporter.say),
            progress=advance,
        )
    names = [repeat.name for repeat in extracted]
    run.write_ablation(
        ablation.summarise(refits, embedded, names=names, groups=seeds, seed=config.seed)
    )


def examine(folder: RunFolder) -> None:
    """Examine the embedding of every repeat, and say what of its pictures holds nothing."""
    run = Run(folder)
    repeats: list[health.RepeatHealth] = []
    extracted = _extracted(run)
    notes = run.provenance()["data"]["notes"]
    said = {note: [repeat.name for repeat in extracted] for note in notes if FLAT in note}
    for repeat in extracted:
        e = repeat.embeddings()
        found = health.examine(
            e.X, e.y, e.split, e.classes.tolist(), seed=repeat.seed, names=e.names
        )
        repeats.append({"name": repeat.name, **found})
        for text in found["warnings"]:
            said.setdefault(text, []).append(repeat.name)
    warnings: list[health.Warned] = [
        {"text": text, "repeats": names} for text, names in said.items()
    ]
    run.write_health({"repeats": repeats, "warnings": warnings})


def _extracted(run: Run) -> list[RunRepeat]:
    extracted = [repeat for repeat in run.repeats() if repeat.is_extracted]
    if not extracted:
        raise InputError(f"{run.folder.path}: no embeddings yet; run the extract stage first")
    return extracted
