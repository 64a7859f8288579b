"""What a network that is lent to a run has seen of the run's cells: those are trained on alone."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.estimator import sealing
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.lender import Lender, lender_of
from hybrid_wbc.runs.results import Run

# Of the cells that were seen, as many are named.
_NAMED = 20


def marked(cells: Cells, seen: set[str]) -> Cells:
    """Mark the cells that are not tested, where there are any.

    Parameters
    ----------
    cells : Cells
    seen : set of str
        Their ids.
    """
    return replace(cells, seen=np.isin(cells.ids, sorted(seen))) if seen else cells


def seen_by_lender(
    config: Config, kept: list[Sample], checksums: dict[str, str]
) -> tuple[set[str], tuple[str, ...]]:
    """Find the cells that the network that is lent saw, with all of their sources, and say so.

    Parameters
    ----------
    config : Config
        Of a run whose network is lent.
    kept : list of Sample
    checksums : dict of str to str
        SHA-256 of each sample's file, by id.

    Returns
    -------
    seen : set of str
        Ids.
    notes : tuple of str
    """
    weights = Path(config.network.weights)
    lender = _lender(weights)
    if lender is None:
        return set(), (
            f"the network started from {weights.name}, which does not say what it was trained on: "
            "where cells of this set are among that, the scores are too high",
        )
    by_content, by_name = lender.seen(kept, checksums)
    started = f"the network started from that of {lender.path.name}"
    if not by_content | by_name:
        return set(), (f"{started}, which was trained on none of these cells",)
    sources = {s.source or s.id for s in kept if s.id in by_content | by_name}
    seen = {s.id for s in kept if (s.source or s.id) in sources}
    return seen, (f"WARNING: {started}, {_found(by_content, by_name, len(kept), len(seen))}",)


def _lender(weights: Path) -> Lender | None:
    """Find what trained a network: the run that it lies in, or that lies in its file."""
    if weights.suffix != ".hybrid" or sealing.is_estimator(weights):
        return lender_of(weights)
    with tempfile.TemporaryDirectory() as made:
        unpacked = Path(made) / weights.stem
        sealing.unpack(sealing.read(weights)[1], unpacked)
        (repeat,) = Run(RunFolder(unpacked)).repeats()
        return lender_of(repeat.network_file)


def _found(by_content: set[str], by_name: set[str], of_all: int, moved: int) -> str:
    """Say which cells were trained on before, and what became of them."""
    counts = [(by_content, "by the content of their files"), (by_name, "by class and file name")]
    how = " and ".join(f"{len(ids):,} {text}" for ids, text in counts if ids)
    named = sorted(by_content | by_name)
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    return (
        f"which was trained on {len(named):,} of these {of_all:,} cells ({how}): they and all that "
        f"shares their source, {moved:,} cell{'s' if moved > 1 else ''}, are trained on alone: "
        f"{', '.join(named[:_NAMED])}{more}"
    )
