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
from hybrid_wbc.evaluation.comparison import Comparison, correct
from hybrid_wbc.evaluation.metrics import OVERALL
from hybrid_wbc.evaluation.score_types import ClassifierScores, OverallScores
from hybrid_wbc.evaluation.stress import Tested
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.other_sets import OtherSetAnswers
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable, joined
from hybrid_wbc.studies.pairing import paired_tests, why_not_paired


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


class ComparedSet(TypedDict):
    """What the runs that were asked about one other set said of it, as `stress --on` kept it.

    `scores` are by run and classifier; the paired tests by classifier, None where `refused` says
    why there are none.
    """

    name: str
    synthetic: bool
    cells: int
    sources: int
    scores: dict[str, dict[str, OverallScores]]
    paired: dict[str, Comparison] | None
    refused: str


class Compared(TypedDict):
    """Runs side by side; the paired tests by classifier, None where `refused` says why.

    `other_sets` are those that any of the runs was asked about. Their tests are corrected together,
    and apart from those of the runs' own test sides.
    """

    runs: list[ComparedRun]
    paired: dict[str, Comparison] | None
    refused: str
    other_sets: list[ComparedSet]


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
    refused = why_not_paired(names, tested, [_checksums(run) for run in opened])
    paired = None
    if not refused:
        # Where one run knows which cells belong together and another does not, the first is right.
        source_of = min(map(_sources, opened), key=lambda known: len(set(known.values())))
        paired = paired_tests(names, tested, source_of, seed)
        # Every classifier's tests are looked at together, so they are corrected together.
        correct([pair for found in paired.values() for pair in found["pairs"]])
    return {
        "runs": runs,
        "paired": paired,
        "refused": refused,
        "other_sets": _on_other_sets(names, opened, seed),
    }


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


def _sources(run: Run) -> dict[str, str]:
    return {
        cell: source
        for repeat in run.repeats()
        for cell, source in repeat.embeddings().source_of.items()
    }


def _on_other_sets(names: Sequence[str], runs: Sequence[Run], seed: int) -> list[ComparedSet]:
    """Compare what the runs said of every other set that any of them was asked about."""
    asked: dict[str, dict[str, list[OtherSetAnswers]]] = defaultdict(lambda: defaultdict(list))
    for name, run in zip(names, runs, strict=True):
        for answers in run.other_sets():
            asked[answers.name][name].append(answers)
    shift = {
        (tested["name"], name): tested
        for name, run in zip(names, runs, strict=True)
        if run.is_stressed
        for tested in run.stress()["shift"]
    }
    found = [
        _on_one_set(of_set, names, by_run, {name: shift[of_set, name] for name in by_run}, seed)
        for of_set, by_run in asked.items()
    ]
    # They are looked at together, so they are corrected together.
    tests = [test for of_set in found for test in (of_set["paired"] or {}).values()]
    if tests:
        correct([pair for test in tests for pair in test["pairs"]])
    return found


def _on_one_set(
    of_set: str,
    names: Sequence[str],
    by_run: Mapping[str, Sequence[OtherSetAnswers]],
    tested: Mapping[str, Tested],
    seed: int,
) -> ComparedSet:
    tables = [
        [answers.table.taken(np.argsort(answers.table.ids)) for answers in of_run]
        for of_run in by_run.values()
    ]
    # Every repeat of a run is asked about the same cells.
    firsts = [of_run[0] for of_run in by_run.values()]
    source_of = dict(zip(firsts[0].table.ids.tolist(), firsts[0].sources.tolist(), strict=True))
    checksums = [
        dict(zip(first.table.ids.tolist(), first.sha256.tolist(), strict=True)) for first in firsts
    ]
    absent = [name for name in names if name not in by_run]
    if absent:
        refused = f"{absent[0]} was not asked about it, as `hybrid-wbc stress RUN --on` does"
    else:
        refused = why_not_paired(list(by_run), tables, checksums)
    return {
        "name": of_set,
        "synthetic": any(each["synthetic"] for each in tested.values()),
        "cells": len(source_of),
        "sources": len(set(source_of.values())),
        "scores": {
            name: {key: _overall(scores) for key, scores in each["classifiers"].items()}
            for name, each in tested.items()
        },
        "paired": None if refused else paired_tests(list(by_run), tables, source_of, seed),
        "refused": refused,
    }
