"""Names each sample's source by its picture, where the set does not, and keeps the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.cluster.hierarchy import DisjointSet

from hybrid_wbc.data import arrays, cache
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.photographs.matching import Sources, find_sources
from hybrid_wbc.data.reading.samples import Sample

# Part of a kept answer's name: raise it when the same pictures would be grouped otherwise.
_VERSION = 2


def name_sources(
    cleaned: Cleaned,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sample]:
    """Give the kept samples, each with its photograph as source where the set names none.

    A sample without a source that shows the photograph of one with a source gets that one's. Where
    the set names every source, no picture is looked at.

    Parameters
    ----------
    cleaned : Cleaned
    progress : callable, optional
        Called with the steps done and of all.

    Returns
    -------
    list of Sample
    """
    kept = cleaned.kept
    if all(sample.source for sample in kept):
        return kept
    found = group_samples(kept, cleaned.contents(kept), progress=progress)
    photographs = _with_versions(kept, found.photographs.tolist())
    pairs = list(zip(kept, photographs, strict=True))
    given = {found: sample.source for sample, found in reversed(pairs) if sample.source}
    return [
        replace(sample, source=sample.source or given.get(found, found)) for sample, found in pairs
    ]


def _with_versions(samples: Sequence[Sample], photographs: Sequence[str]) -> list[str]:
    """Bring the photographs together whose files are versions of one picture."""
    together = DisjointSet(sorted(set(photographs)))
    first: dict[str, str] = {}
    for sample, photograph in zip(samples, photographs, strict=True):
        if sample.cell:
            together.merge(photograph, first.setdefault(sample.cell, photograph))
    names = {member: min(group) for group in together.subsets() for member in group}
    return [names[photograph] for photograph in photographs]


def group_samples(
    samples: Sequence[Sample],
    checksums: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Sources:
    """Find which samples show the same photograph and which the same cells.

    While no file changes, the cache gives the answer and no picture is looked at again.

    Parameters
    ----------
    samples : sequence of Sample, length n
        Of readable files. A sample's box is not looked at: cells of one smear are one photograph.
    checksums : sequence of str, length n
        Of each sample's picture, as `cleaning.Cleaned.contents` gives them.
    progress : callable, optional
        Called with the steps done and of all.

    Returns
    -------
    Sources
    """
    ids = [sample.id for sample in samples]

    def read(position: int) -> np.ndarray:
        return arrays.read_sample(replace(samples[position], box=None))

    def find() -> list[dict[str, str]]:
        sources = find_sources(ids, checksums, read, progress=progress)
        return [dict(zip(ids, level.tolist(), strict=True)) for level in sources]

    # Nothing hangs on the order of the samples.
    facts = [_VERSION, pictures.VERSION, sorted(zip(ids, checksums, strict=True))]
    levels = cache.kept_json("sources", facts, find)
    return Sources(*(np.array([names[i] for i in ids], dtype=str) for names in levels))
