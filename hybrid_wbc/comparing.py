"""Finished runs side by side, with a paired test where they were tested on the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.comparison import compare, correct
from hybrid_wbc.evaluation.metrics import OVERALL
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.runs import MANIFEST, METRICS, RunFolder, read_table, seed_of
from hybrid_wbc.stages import EMBEDDINGS, PREDICTIONS

_Cell = tuple[int, str]
"""One tested cell: the seed that put it on the test side, and its id."""


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
        "runs": of each, "name", "synthetic", "n_cells", "n_sources" (of the test side) and
        "scores" by classifier and name of score. "paired": by classifier, what
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
    metrics = [folder.read_json(METRICS) for folder in folders]
    runs = [
        {
            "name": name,
            "synthetic": facts["synthetic"],
            "n_cells": facts["evidence"]["test"]["cells"],
            "n_sources": facts["evidence"]["test"]["sources"],
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


def _name(folder: RunFolder, folders: Sequence[RunFolder]) -> str:
    """Name a run by its folder, and by its whole path where two folders are called the same."""
    alike = [other for other in folders if other.path.resolve().name == folder.path.resolve().name]
    return str(folder.path.resolve()) if len(alike) > 1 else folder.path.resolve().name


def _tested(folder: RunFolder) -> dict[_Cell, dict[str, str]]:
    """Give the row of predictions of each tested cell; the folds of a seed come together."""
    return {
        (seed_of(place), row["id"]): row
        for place in folder.repeats()
        for row in read_table(place / PREDICTIONS)
        if row["split"] == TEST
    }


def _checksums(folder: RunFolder) -> dict[str, str]:
    return {row["id"]: row["sha256"] for row in read_table(folder.path / MANIFEST)}


def _why_not_paired(
    names: Sequence[str],
    tested: Sequence[Mapping[_Cell, Mapping[str, str]]],
    checksums: Sequence[Mapping[str, str]],
) -> str:
    """Say why the runs cannot be tested in pairs, or nothing where they can."""
    first = tested[0]
    for name, other, sums in zip(names[1:], tested[1:], checksums[1:], strict=True):
        shared = first.keys() & other.keys()
        if len(shared) < max(len(first), len(other)):
            return (
                f"{names[0]} and {name} were tested on other images: of {len(first)} and "
                f"{len(other)} tested cells, counted for each seed, they share {len(shared)}"
            )
        changed = [cell for cell in sorted(shared) if checksums[0][cell[1]] != sums[cell[1]]]
        if changed:
            return (
                f"{names[0]} and {name} name their cells alike, but the files differ "
                f"({len(changed)} of {len(shared)}, {changed[0][1]} for one)"
            )
        renamed = [cell for cell in sorted(shared) if first[cell]["label"] != other[cell]["label"]]
        if renamed:
            return (
                f"{names[0]} and {name} give the same cells other labels "
                f"({len(renamed)} of {len(shared)}, {renamed[0][1]} for one)"
            )
    return ""


def _paired(
    names: Sequence[str],
    folders: Sequence[RunFolder],
    tested: Sequence[Mapping[_Cell, Mapping[str, str]]],
    seed: int,
) -> dict[str, dict[str, Any]]:
    cells = sorted(tested[0])
    seeds = sorted({cell_seed for cell_seed, _ in cells})
    # Where one run knows which cells belong together and another does not, the first is right.
    source_of = min((_sources(folder) for folder in folders), key=lambda s: len(set(s.values())))
    keys = [
        key
        for key in classifiers.CLASSIFIERS
        if all(key in next(iter(rows.values())) for rows in tested)
    ]

    def answers(rows: Mapping[_Cell, Mapping[str, str]], key: str) -> list[Predictions]:
        of_seeds = [[cell for cell in cells if cell[0] == wanted] for wanted in seeds]
        return [
            Predictions(
                true=np.array([rows[cell]["label"] for cell in of_seed]),
                predicted=np.array([rows[cell][key] for cell in of_seed]),
                sources=np.array([source_of[cell[1]] for cell in of_seed]),
            )
            for of_seed in of_seeds
        ]

    paired = {
        key: compare(
            {name: answers(rows, key) for name, rows in zip(names, tested, strict=True)},
            seed=seed,
            groups=seeds,
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
