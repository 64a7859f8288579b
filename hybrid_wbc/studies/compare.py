"""Finished runs side by side, with a paired test where they were tested on the same images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.evaluation.comparison import Comparison, compare, correct
from hybrid_wbc.evaluation.metrics import OVERALL
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.files import read_table
from hybrid_wbc.runs.folder import EMBEDDINGS, MANIFEST, METRICS, PREDICTIONS, RunFolder, seed_of

_Rows = dict[str, dict[str, str]]
"""The rows of predictions of the cells that one seed tested, by the cell's id."""


def compare_runs(folders: Sequence[RunFolder], *, seed: int = 0) -> dict[str, Any]:
    """Set the scores of runs side by side; test their differences where they can be paired.

    Parameters
    ----------
    folders : sequence of RunFolder
        Two or more, each of them scored.
    seed : int
        Seeds the resampling, and the draw of one prediction per source.

    Returns
    -------
    dict
        "runs": of each, "name", "synthetic", "protocol", "warning" (of an as-published split, or
        empty), "n_cells", "n_sources" (of the test side), "n_shared" (cells of it that show a
        photograph that was trained on, over all repeats) and "scores" by classifier and name of
        score. "paired": by classifier, what
        `comparison.compare` says of the runs; None where "refused" gives the reason.

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
    metrics = [_metrics(folder) for folder in folders]
    runs = [
        {
            "name": name,
            "synthetic": facts["synthetic"],
            "protocol": facts["protocol"],
            "warning": overlap.warning(facts),
            "n_cells": facts["evidence"]["test"]["cells"],
            "n_sources": facts["evidence"]["test"]["sources"],
            "n_shared": facts["overlap"]["shared_test_cells"],
            "scores": {
                key: {score: scores[score] for score in OVERALL}
                for key, scores in facts["classifiers"].items()
            },
        }
        for name, facts in zip(names, metrics, strict=True)
    ]
    tested = [_tested(folder) for folder in folders]
    refused = _why_not_paired(names, tested, [_checksums(folder) for folder in folders])
    paired = None if refused else _paired(names, folders, tested, seed)
    return {"runs": runs, "paired": paired, "refused": refused}


def _metrics(folder: RunFolder) -> dict[str, Any]:
    metrics = folder.read_json(METRICS)
    if "overlap" not in metrics:
        raise InputError(
            f"{folder.path}: scored by an earlier version; run `hybrid-wbc classify` on it first"
        )
    return metrics


def _name(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """Name a run by its folder, and by its whole path where two folders are called the same."""
    alike = [other for other in folders if other.path.resolve().name == folder.path.resolve().name]
    return str(folder.path.resolve()) if len(alike) > 1 else folder.path.resolve().name


def _tested(folder: RunFolder) -> list[_Rows]:
    """Give the rows of each seed's tested cells; the folds of a seed come together.

    The seeds are in the order of what they tested, and not of their numbers: two runs may have
    tested the same images under other seeds.
    """
    of_seeds: dict[int, _Rows] = defaultdict(dict)
    for place in folder.repeats():
        for row in read_table(place / PREDICTIONS):
            if row["split"] == TEST:
                of_seeds[seed_of(place)][row["id"]] = row
    return sorted(of_seeds.values(), key=sorted)


def _checksums(folder: RunFolder) -> dict[str, str]:
    return {row["id"]: row["sha256"] for row in read_table(folder.path / MANIFEST)}


def _why_not_paired(
    names: Sequence[str],
    tested: Sequence[list[_Rows]],
    checksums: Sequence[Mapping[str, str]],
) -> str:
    """Say why the runs cannot be tested in pairs, or nothing where they can."""
    first = tested[0]
    for name, other, sums in zip(names[1:], tested[1:], checksums[1:], strict=True):
        both = f"{names[0]} and {name}"
        if len(first) != len(other):
            return f"{both} were tested by {len(first)} and by {len(other)} seeds"
        if any(one.keys() != two.keys() for one, two in zip(first, other, strict=True)):
            every = [{cell for rows in run for cell in rows} for run in (first, other)]
            shared = every[0] & every[1]
            return (
                f"{both} were tested on other images: of {len(every[0])} and {len(every[1])} "
                f"tested cells they share {len(shared)}"
                + (", but not seed by seed" if every[0] == every[1] else "")
            )
        cells = sorted({cell for rows in first for cell in rows})
        changed = [cell for cell in cells if checksums[0][cell] != sums[cell]]
        if changed:
            return (
                f"{both} name their cells alike, but the files differ "
                f"({len(changed)} of {len(cells)}, {changed[0]} for one)"
            )
        renamed = sorted(
            cell
            for one, two in zip(first, other, strict=True)
            for cell in one
            if one[cell]["label"] != two[cell]["label"]
        )
        if renamed:
            return (
                f"{both} give the same cells other labels "
                f"({len(renamed)} answers, {renamed[0]} for one)"
            )
    return ""


def _paired(
    names: Sequence[str],
    folders: Sequence[RunFolder],
    tested: Sequence[list[_Rows]],
    seed: int,
) -> dict[str, Comparison]:
    # Where one run knows which cells belong together and another does not, the first is right.
    source_of = min((_sources(folder) for folder in folders), key=lambda s: len(set(s.values())))
    cells = [sorted(rows) for rows in tested[0]]
    keys = [
        key
        for key in classifiers.CLASSIFIERS
        if all(key in row for run in tested for rows in run for row in rows.values())
    ]

    def answers(run: list[_Rows], key: str) -> list[Predictions]:
        return [
            Predictions(
                true=np.array([rows[cell]["label"] for cell in of_seed]),
                predicted=np.array([rows[cell][key] for cell in of_seed]),
                sources=np.array([source_of[cell] for cell in of_seed]),
            )
            for rows, of_seed in zip(run, cells, strict=True)
        ]

    paired = {
        key: compare(
            {name: answers(run, key) for name, run in zip(names, tested, strict=True)}, seed=seed
        )
        for key in keys
    }
    # Every classifier's tests are looked at together, so they are corrected together.
    correct([pair for found in paired.values() for pair in found["pairs"]])
    return paired


def _sources(folder: RunFolder) -> dict[str, str]:
    return {
        sample_id: source
        for place in folder.repeats()
        for embeddings in [Embeddings.load(place / EMBEDDINGS)]
        for sample_id, source in zip(
            embeddings.ids.tolist(), embeddings.sources.tolist(), strict=True
        )
    }
