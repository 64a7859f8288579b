"""Names each sample's source by its picture, where the set does not, and keeps the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from hybrid_wbc.data import arrays
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.readers import Sample
from hybrid_wbc.data.sources import find_sources
from hybrid_wbc.files import in_place

# Part of a kept answer's name: raise it when the same pictures would be grouped otherwise.
_VERSION = 1


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
    ids, checksums = [sample.id for sample in kept], cleaned.checksums(kept)
    facts = json.dumps([_VERSION, *sorted(zip(ids, checksums, strict=True))])
    key = hashlib.sha256(facts.encode()).hexdigest()[:24]
    kept_at = cache / f"sources-{key}.json" if cache else None
    if kept_at and kept_at.exists():
        found = json.loads(kept_at.read_text(encoding="utf-8"))
    else:

        def read(position: int) -> np.ndarray:
            return arrays.read_sample(replace(kept[position], box=None))

        named = find_sources(ids, checksums, read, progress=progress).photographs
        found = dict(zip(ids, named.tolist(), strict=True))
        if kept_at:
            with in_place(kept_at) as beside:
                beside.write_text(json.dumps(found), encoding="utf-8")
    given = {found[sample.id]: sample.source for sample in reversed(kept) if sample.source}
    name_of = {photograph: given.get(photograph, photograph) for photograph in found.values()}
    return [replace(s, source=s.source or name_of[found[s.id]]) for s in kept]
