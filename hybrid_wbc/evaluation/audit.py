"""What an audit of a data set finds, as plain data: its copies, classes, and what copies are worth.

Paths, classes and sides are those of the set; every file is named by its path below it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from typing_extensions import TypedDict

from hybrid_wbc.data.checking import Unusable
from hybrid_wbc.data.photographs.copies import Copies, Level, Picture
from hybrid_wbc.data.photographs.pairs import Pair, PairKind
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.evaluation.leakage import WorthOfCopies
from hybrid_wbc.evaluation.resampling import effective_sources


class ClassCounts(TypedDict):
    """How many cells a class has, and how few files, photographs and sources they come from."""

    cells: int
    files: int
    photographs: int
    sources: int
    effective_sources: float


class ShownPair(TypedDict):
    """Two files that a reader should see: why, what they have in common, and how well they match.

    `distance` is that of their colours, 0 to 1; `likeness` the name of a `landmarks.Likeness`, in
    small letters; `landmarks` meet when one is laid on the other, and the grey levels correlate.
    """

    kind: PairKind
    level: Level
    files: list[str]
    labels: list[list[str]]
    sides: list[str]
    distance: float
    likeness: str
    landmarks: int
    correlation: float


class Audit(Copies):
    """An audit, as `data audit --json` keeps it.

    `dataset` is a key of `catalog.DATASETS` or empty. Of `n_files` that were read `n_readable` are
    images that can be used; `unlabelled` and `several_labels` count cells without one class, and
    `largest_photograph` the files of the most copied. `page` is the path of the page.
    """

    path: str
    layout: str
    dataset: str
    synthetic: bool
    notes: list[str]
    n_files: int
    n_readable: int
    unreadable: list[Unusable]
    unlabelled: int
    several_labels: int
    largest_photograph: int
    classes: dict[str, ClassCounts]
    leakage: WorthOfCopies
    pairs: list[ShownPair]
    page: str


def count_classes(cells: Iterable[tuple[Sample, Picture]]) -> dict[str, ClassCounts]:
    """Count the cells, files and sources of each class.

    Parameters
    ----------
    cells : iterable of (Sample, Picture)
        Each cell of one class, and the picture that it lies in.

    Returns
    -------
    dict of str to ClassCounts
        By class, sorted.
    """
    homes: dict[str, list[Picture]] = defaultdict(list)
    for sample, picture in cells:
        homes[sample.label].append(picture)
    return {
        name: {
            "cells": len(homes[name]),
            "files": len({picture.id for picture in homes[name]}),
            "photographs": len({picture.photograph for picture in homes[name]}),
            "sources": len({picture.source for picture in homes[name]}),
            "effective_sources": effective_sources([picture.source for picture in homes[name]]),
        }
        for name in sorted(homes)
    }


def describe(pair: Pair) -> ShownPair:
    """Bring a pair of pictures into plain data."""
    both = (pair.first, pair.second)
    return {
        "kind": pair.kind,
        "level": pair.level,
        "files": [picture.id for picture in both],
        "labels": [list(picture.labels) for picture in both],
        "sides": [picture.split for picture in both],
        "distance": pair.distance,
        "likeness": pair.match.likeness.name.lower(),
        "landmarks": pair.match.in_common,
        "correlation": pair.match.correlation,
    }
