"""Finished runs side by side, with a paired test where they were tested on the same images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.evaluation.comparison import Comparison, compare, correct
from hybrid_wbc.evaluation.metrics import OVERALL
from hybrid_wbc.evaluation.score_types import ClassifierScores, OverallScores
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable, joined


class ComparedRun(TypedDict):
    """One of the runs that stand side by side; its scores are by classifier.

    `warning` is that of an as-published split, or empty. The test side has `n_cells` of
    `n_sources`; over all repeats `n_shared` of them show a photograph that was trained on.
    """

    name: str
    synthetic: bool
    protocol: str
    warning: str
    n_cells: int
    n_sources: int
    n_shared: int
    scores: dict[str, OverallScores]


class Compared(TypedDict):
    """Runs side by side; the paired tests by classifier, None where `refused` says why."""

    runs: list[ComparedRun]
    paired: dict[str, Comparison] | None
    refused: str


class TransferredRun(ComparedRun):
    """One run of a transfer, with its options."""

    stain: str
    normalisation: str


class Transfer(TypedDict):
    """The runs of a transfer side by side, and the names of the two sets."""

    trained_on: str
    tested_on: str
    runs: list[TransferredRun]
    paired: dict[str, Comparison] | None
    refused: str


def compare_runs(folders: Sequence[RunFolder], *, seed: int = 0) -> Compared:
    """Set the scores of runs side by side; test their differences where they can be paired.

    Parameters
    ----------
    folders : sequence of RunFolder
        Two or more, each of them scored.
    seed : int
        Seeds the resampling, and the draw of one prediction per source.

    Returns
    -------
    Compared

    Raises
    ------
    InputError
        If fewer than two runs are given, one twice, or one is not scored yet.
    """
    names = [_name(folder, folders) for folder in folders]
    if len(folders) < 2:
        raise InputError("compare: name two run folders or more")
    if len(set(names)) < len(names):
        raise InputError("compare: one run folder is named twice")
    opened = [Run(folder) for folder in folders]
    metrics = [run.metrics() for run in opened]
    runs: list[ComparedRun] = [
        {
            "name": name,
            "synthetic": facts["synthetic"],
            "protocol": facts["protocol"],
            "warning": overlap.warning(facts["protocol"], facts["overlap"]),
            "n_cells": facts["evidence"]["test"]["cells"],
            "n_sources": facts["evidence"]["test"]["sources"],
            "n_shared": facts["overlap"]["shared_test_cells"],
            "scores": {key: _overall(scores) for key, scores in facts["classifiers"].items()},
        }
        for name, facts in zip(names, metrics, strict=True)
    ]
    tested = [_tested(run) for run in opened]
    refused = _why_not_paired(names, tested, [_checksums(run) for run in opened])
    paired = None if refused else _paired(names, opened, tested, seed)
    return {"runs": runs, "paired": paired, "refused": refused}


def compare_transfer(folders: Sequence[RunFolder], settings: Sequence[Config]) -> Transfer:
    """Set the runs of one transfer side by side, each with its options.

    Parameters
    ----------
    folders : sequence of RunFolder
        Two or more, trained on the same set and tested on the same other one.
    settings : sequence of Config
        Theirs.

    Returns
    -------
    Transfer
    """
    compared, metrics = compare_runs(folders), Run(folders[0]).metrics()
    options = [(each.data.stain, each.network.normalisation) for each in settings]
    return {
        "trained_on": metrics["trained_on"],
        "tested_on": metrics["tested_on"],
        "runs": [
            {**run, "stain": stain, "normalisation": normalisation}
            for run, (stain, normalisation) in zip(compared["runs"], options, strict=True)
        ],
        "paired": compared["paired"],
        "refused": compared["refused"],
    }


def _overall(scores: ClassifierScores) -> OverallScores:
    # The names are those of the type.
    return cast(OverallScores, {name: scores[name] for name in OVERALL})


def _name(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """Name a run by its folder, and by its whole path where two folders are called the same."""
    alike = [other for other in folders if other.path.resolve().name == folder.path.resolve().name]
    return str(folder.path.resolve()) if len(alike) > 1 else folder.path.resolve().name


def _tested(run: Run) -> list[PredictionTable]:
    """Give what was said of each seed's tested cells, sorted; the folds of a seed come together.

    The seeds are in the order of what they tested, and not of their numbers: two runs may have
    tested the same images under other seeds.
    """
    of_seeds: dict[int, list[PredictionTable]] = defaultdict(list)
    for repeat in run.repeats():
        of_seeds[repeat.seed].append(repeat.predictions().of_sides([TEST]))
    tables = [joined(folds) for folds in of_seeds.values()]
    by_id = [table.taken(np.argsort(table.ids)) for table in tables]
    return sorted(by_id, key=lambda table: table.ids.tolist())


def _checksums(run: Run) -> dict[str, str]:
    return {row["id"]: row["sha256"] for row in run.manifest()}


def _why_not_paired(
    names: Sequence[str],
    tested: Sequence[list[PredictionTable]],
    checksums: Sequence[Mapping[str, str]],
) -> str:
    """Say why the runs cannot be tested in pairs, or nothing where they can."""
    first = tested[0]
    for name, other, sums in zip(names[1:], tested[1:], checksums[1:], strict=True):
        both = f"{names[0]} and {name}"
        if len(first) != len(other):
            return f"{both} were tested by {len(first)} and by {len(other)} seeds"
        pairs = list(zip(first, other, strict=True))
        if not all(np.array_equal(one.ids, two.ids) for one, two in pairs):
            every = [{cell for of_seed in run for cell in of_seed.ids} for run in (first, other)]
            shared = every[0] & every[1]
            return (
                f"{both} were tested on other images: of {len(every[0])} and {len(every[1])} "
                f"tested cells they share {len(shared)}"
                + (", but not seed by seed" if every[0] == every[1] else "")
            )
        cells = sorted({cell for of_seed in first for cell in of_seed.ids.tolist()})
        changed = [cell for cell in cells if checksums[0][cell] != sums[cell]]
        if changed:
            return (
                f"{both} name their cells alike, but the files differ "
                f"({len(changed)} of {len(cells)}, {changed[0]} for one)"
            )
        renamed = sorted(
            cell for one, two in pairs for cell in one.ids[one.labels != two.labels].tolist()
        )
        if renamed:
            return (
                f"{both} give the same cells other labels "
                f"({len(renamed)} answers, {renamed[0]} for one)"
            )
    return ""


def _paired(
    names: Sequence[str],
    runs: Sequence[Run],
    tested: Sequence[list[PredictionTable]],
    seed: int,
) -> dict[str, Comparison]:
    # Where one run knows which cells belong together and another does not, the first is right.
    source_of = min((_sources(run) for run in runs), key=lambda s: len(set(s.values())))
    paired = {
        key: compare(
            {
                name: [of_seed.predictions(key, source_of) for of_seed in of_run]
                for name, of_run in zip(names, tested, strict=True)
            },
            seed=seed,
        )
        for key in tested[0][0].said
        if all(key in of_seed.said for of_run in tested for of_seed in of_run)
    }
    # Every classifier's tests are looked at together, so they are corrected together.
    correct([pair for found in paired.values() for pair in found["pairs"]])
    return paired


def _sources(run: Run) -> dict[str, str]:
    return {
        cell: source
        for repeat in run.repeats()
        for cell, source in repeat.embeddings().source_of.items()
    }
