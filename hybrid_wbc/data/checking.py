"""What `data check` shows of a set: counts, drops with reasons and warnings, as plain data."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from typing_extensions import TypedDict

from hybrid_wbc.data import apart, sides
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import KINDS_OF_COPIES
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError

FLAT = "of one colour all over, with nothing to be seen"
"""What every warning of constant pictures says."""


class Unusable(TypedDict):
    """A file or cell that cannot be used, and why."""

    id: str
    reason: str


class Check(TypedDict):
    """What a set holds and what is dropped of it, as `data check --json` prints it.

    `dataset` is a key of `catalog.DATASETS` or empty. `n_files` images and `n_cells` in them are
    as read, `n_kept` cells are left; `n_sources` are those that the set itself tells apart among
    them (0: it says nothing). `classes` counts the kept cells of each class by side, "all" where
    the set has none, and "no side" for those without where others have one; `sizes` the kept
    images, as {"720x576": 200}. `split` says which split a run takes by default.
    `dropped_by_reason` leaves out a reason's particulars. `missing_labels` are as read;
    `duplicates` were dropped, those included that disagree.
    """

    path: str
    layout: str
    dataset: str
    synthetic: bool
    n_files: int
    n_cells: int
    n_kept: int
    n_sources: int
    classes: dict[str, dict[str, int]]
    sizes: dict[str, int]
    split: str
    dropped: list[Unusable]
    dropped_by_reason: dict[str, int]
    missing_labels: int
    duplicates: int
    notes: list[str]
    warnings: list[str]


def check(reading: Reading, cleaned: Cleaned, *, fewest: int = 10) -> Check:
    """Sum up a set that was read and cleaned.

    Parameters
    ----------
    reading : Reading
    cleaned : Cleaned
        Of `reading.samples`.
    fewest : int
        A class with fewer kept cells is warned of.

    Returns
    -------
    Check
    """
    classes: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: dict[object, str] = {}
    flat: dict[object, str] = {}
    sided = any(sample.split for sample in cleaned.kept)
    for sample in cleaned.kept:
        classes[sample.label][sample.split or (sides.NO_SIDE if sided else "all")] += 1
        inspection = cleaned.inspections[sample.id]
        place = (sample.path, sample.array, sample.row)
        sizes[place] = f"{inspection.width}x{inspection.height}"
        if inspection.constant:
            flat.setdefault(place, sample.id)
    kinds = Counter(entry.kind for entry in cleaned.dropped)
    summary: Check = {
        "path": str(reading.root),
        "layout": reading.layout,
        "dataset": reading.dataset,
        "synthetic": reading.synthetic,
        "n_files": len({(s.path, s.array, s.row) for s in reading.samples}),
        "n_cells": len(reading.samples),
        "n_kept": len(cleaned.kept),
        "n_sources": len({sample.source for sample in cleaned.kept} - {""}),
        "classes": {name: dict(classes[name]) for name in sorted(classes)},
        "sizes": dict(Counter(sizes.values()).most_common()),
        "split": _plan(cleaned.kept),
        "dropped": [{"id": entry.sample.id, "reason": entry.reason} for entry in cleaned.dropped],
        "dropped_by_reason": {kind.value: count for kind, count in kinds.most_common()},
        "missing_labels": sum(not sample.labels for sample in reading.samples),
        "duplicates": sum(kinds[kind] for kind in KINDS_OF_COPIES),
        "notes": list(reading.notes),
        "warnings": [],
    }
    summary["warnings"] = _warnings(summary, fewest, list(flat.values()))
    return summary


def _plan(kept: Sequence[Sample]) -> str:
    """Say which split a run would take; of sources only those count that the set names."""
    published = [sample.split for sample in kept]
    if "" in published or not {TRAIN, TEST} <= set(published):
        return sides.plan(published, 0)
    try:
        going = apart.on_scored_sides(kept)
    except InputError as error:
        return f"{sides.REFUSED}: {error}"
    gone = {entry.sample.id for entry in going}
    return sides.plan([sample.split for sample in kept if sample.id not in gone], len(gone))


def _warnings(summary: Check, fewest: int, flat: Sequence[str]) -> list[str]:
    warnings = []
    if summary["synthetic"]:
        warnings.append("SYNTHETIC: these cells are drawn; no result on them is about blood")
    classes = summary["classes"]
    if len(classes) == 1:
        warnings.append(f"only one class, {next(iter(classes))}: there is nothing to tell apart")
    splits = sorted({split for counts in classes.values() for split in counts})
    for name, counts in classes.items():
        total = sum(counts.values())
        if total < fewest:
            cells = "cell" if total == 1 else "cells"
            warnings.append(f"{name}: {total} {cells}, fewer than {fewest}; no reliable split")
        absent = [split for split in splits if split not in counts and split != sides.NO_SIDE]
        if absent:
            warnings.append(f"{name}: no cell in {', '.join(absent)}")
    if len(flat) == 1:
        warnings.append(f"1 picture is {FLAT}: {flat[0]}")
    elif flat:
        warnings.append(f"{len(flat)} pictures are {FLAT}, the first is {flat[0]}")
    sizes = summary["sizes"]
    if len(sizes) > 1:
        shown = ", ".join(f"{size} ({n})" for size, n in list(sizes.items())[:3])
        more = f" and {len(sizes) - 3} more" if len(sizes) > 3 else ""
        warnings.append(f"images of {len(sizes)} sizes: {shown}{more}")
    if summary["dataset"]:
        warnings.extend(DATASETS[summary["dataset"]].hazards)
    return warnings


def source_note(n_sources: int, n_cells: int) -> str:
    """Say what it means for the intervals that sources were found by picture."""
    return (
        f"the set does not name every cell's source: going by the pictures, its {n_cells} cells "
        f"come from {n_sources} photographs; which of them show one patient is not known, and the "
        "intervals are too narrow where several do"
    )
