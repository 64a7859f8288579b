"""Owns what a run's scores say and rest on: every classifier's, over all of its repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.data.reading.samples import image_of
from hybrid_wbc.evaluation.comparison import Comparison
from hybrid_wbc.evaluation.overlap import Overlap
from hybrid_wbc.evaluation.resampling import effective_sources
from hybrid_wbc.evaluation.score_types import ClassifierScores


class Evidence(TypedDict):
    """The different files, cells and sources of one side, over all repeats."""

    files: int
    cells: int
    sources: int
    effective_sources: float


class TestPart(TypedDict):
    """What every classifier reaches on one of the parts that a test side has.

    `classes` has the cells of each class over all repeats, less the classes without one; the
    averages over classes are over these.
    """

    files: int
    cells: int
    sources: int
    classes: dict[str, int]
    classifiers: dict[str, ClassifierScores]


class Metrics(TypedDict):
    """What a run reached on the test sides of its repeats, by classifier, and what it rests on.

    `counts` has the cells of the first repeat, by side and class; `evidence` that of each side,
    and of "all"; `notes` what must be known to read the scores. `test_parts` is there where the
    set's own test side has several named parts, such as one for each microscope, and where several
    sets are trained on together, whose test cells are then scored apart.
    """

    synthetic: bool
    protocol: str
    overlap: Overlap
    trained_on: str
    tested_on: str
    n_files: int
    n_cells: int
    n_sources: int
    classes: list[str]
    repeats: list[str]
    counts: dict[str, dict[str, int]]
    evidence: dict[str, Evidence]
    notes: list[str]
    classifiers: dict[str, ClassifierScores]
    comparison: Comparison
    test_parts: NotRequired[dict[str, TestPart]]


def count_evidence(embedded: Sequence[Embeddings]) -> dict[str, Evidence]:
    """Count the files, cells and sources of each side, over all repeats.

    Parameters
    ----------
    embedded : sequence of Embeddings
        One per repeat.

    Returns
    -------
    dict of str to Evidence
        By side, less those without a cell; "all" stands for every side.
    """
    evidence: dict[str, Evidence] = {}
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


def count_cells(embeddings: Embeddings) -> dict[str, dict[str, int]]:
    """Count the cells of one repeat by side and class, less the sides without a cell."""
    return {
        side: {
            str(name): int(((embeddings.split == side) & (embeddings.y == label)).sum())
            for label, name in enumerate(embeddings.classes)
        }
        for side in SIDES
        if (embeddings.split == side).any()
    }
