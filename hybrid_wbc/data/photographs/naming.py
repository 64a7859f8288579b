"""Names each sample's source by its picture, where the set does not, and keeps the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hybrid_wbc.data import arrays
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.photographs.matching import Sources, find_sources
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.files import in_place

# Part of a kept answer's name: raise it when the same pictures would be grouped otherwise.
_VERSION = 2


def name_sources(
    cleaned: Cleaned,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sample]:
    """Give the kept samples, each with its photograph as source where the set names none.

    A sample without a source that shows the photograph of one with a source gets that one's. Where
    the set names every source, no picture is looked at.

    Parameters
    ----------
    cleaned : Cleaned
    cache : Path, optional
        Folder that keeps the groups; while no file changes, no picture is looked at again.
    progress : callable, optional
        Called with the steps done and of all.

    Returns
    -------
    list of Sample
    """
    kept = cleaned.kept
    if all(sample.source for sample in kept):
        return kept
    photographs = group_samples(
        kept, cleaned.checksums(kept), cache=cache, progress=progress
    ).photographs.tolist()
    pairs = list(zip(kept, photographs, strict=True))
    given = {found: sample.source for sample, found in reversed(pairs) if sample.source}
    return [
        replace(sample, source=sample.source or given.get(found, found)) for sample, found in pairs
    ]


def group_samples(
    samples: Sequence[Sample],
    checksums: Sequence[str],
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sources:
    """Find which samples show the same photograph and which the same cells.

    Parameters
    ----------
    samples : sequence of Sample, length n
        Of readable files. A sample's box is not looked at: cells of one smear are one photograph.
    checksums : sequence of str, length n
        SHA-256 of each sample's file.
    cache : Path, optional
        Folder that keeps the groups; while no file changes, no picture is looked at again.
    progress : callable, optional
        Called with the steps done and of all.

    Returns
    -------
    Sources
    """
    ids = [sample.id for sample in samples]
    facts = json.dumps([_VERSION, pictures.VERSION, *sorted(zip(ids, checksums, strict=True))])
    key = hashlib.sha256(facts.encode()).hexdigest()[:24]
    kept_at = cache / f"sources-{key}.json" if cache else None
    if kept_at and kept_at.exists():
        found = json.loads(kept_at.read_text(encoding="utf-8"))
        return Sources(*(np.array([named[i] for i in ids], dtype=str) for named in found))

    def read(position: int) -> np.ndarray:
        return arrays.read_sample(replace(samples[position], box=None))

    sources = find_sources(ids, checksums, read, progress=progress)
    if kept_at:
        named = [dict(zip(ids, level.tolist(), strict=True)) for level in sources]
        with in_place(kept_at) as beside:
            beside.write_text(json.dumps(named), encoding="utf-8")
    return sources
