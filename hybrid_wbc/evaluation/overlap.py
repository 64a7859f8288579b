"""Owns how many test cells show a photograph that was trained on, and the words that say so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from typing_extensions import TypedDict

from hybrid_wbc.config.choices import AS_PUBLISHED


class Shared(TypedDict):
    """Test cells, those whose photograph was trained on, and the sources of these."""

    test_cells: int
    shared_test_cells: int
    shared_sources: int


class Overlap(Shared):
    """The counts added up over the repeats, and those of each."""

    repeats: list[Shared]


def count(
    sources: Sequence[np.ndarray], trained: Sequence[np.ndarray], tested: Sequence[np.ndarray]
) -> Overlap:
    """Count the test cells and sources that were trained on, in each repeat and in all.

    Parameters
    ----------
    sources : sequence of numpy.ndarray of str
        Of each repeat, the photograph, smear or patient that each cell comes from.
    trained, tested : sequence of numpy.ndarray of bool
        Of each repeat, which cells the network was trained on, and which test it.

    Returns
    -------
    Overlap
    """
    repeats: list[Shared] = []
    for names, training, testing in zip(sources, trained, tested, strict=True):
        shared = testing & np.isin(names, names[training])
        repeats.append(
            {
                "test_cells": int(testing.sum()),
                "shared_test_cells": int(shared.sum()),
                "shared_sources": len(np.unique(names[shared])),
            }
        )
    return {
        "test_cells": sum(repeat["test_cells"] for repeat in repeats),
        "shared_test_cells": sum(repeat["shared_test_cells"] for repeat in repeats),
        "shared_sources": sum(repeat["shared_sources"] for repeat in repeats),
        "repeats": repeats,
    }


def warning(protocol: str, overlap: Overlap) -> str:
    """Say what an as-published split means for a run's figures; nothing where it is by source.

    Parameters
    ----------
    protocol : str
        Of its split.
    overlap : Overlap

    Returns
    -------
    str
    """
    if protocol != AS_PUBLISHED:
        return ""
    shared, tested = overlap["shared_test_cells"], overlap["test_cells"]
    repeats = len(overlap["repeats"])
    over = f" over the {repeats} repeats" if repeats > 1 else ""
    return (
        f"AS PUBLISHED: {shared:,} of {tested:,} test cells{over} show a photograph that was "
        "trained on; "
        + (
            "these figures do not tell how the system does on new photographs"
            if shared
            else "files were split whatever they show"
        )
    )


def mark(protocol: str, *, synthetic: bool) -> str:
    """Give what stands before any figure of a run on drawn cells, or of an as-published split."""
    drawn = "SYNTHETIC cells, " if synthetic else ""
    return drawn + ("AS PUBLISHED, " if protocol == AS_PUBLISHED else "")
