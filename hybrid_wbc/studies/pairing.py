"""Whether what several runs said can be tested in pairs, and the tests of each classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hybrid_wbc.evaluation.comparison import Comparison, compare
from hybrid_wbc.runs.tables import PredictionTable


def why_not_paired(
    names: Sequence[str],
    tested: Sequence[list[PredictionTable]],
    checksums: Sequence[Mapping[str, str]],
) -> str:
    """Say why runs cannot be tested in pairs, or nothing where they can.

    Parameters
    ----------
    names : sequence of str
        The runs'.
    tested : sequence of list of PredictionTable
        What each run said of the cells that it was tested on, a table a seed.
    checksums : sequence of mapping of str to str
        Of each run, the SHA-256 of each cell's file, by the cell's id.

    Returns
    -------
    str
    """
    first = tested[0]
    for name, other, sums in zip(names[1:], tested[1:], checksums[1:], strict=True):
        both = f"{names[0]} and {name}"
        if len(first) != len(other):
            return f"{both} were tested by {len(first)} and by {len(other)} seeds"
        pairs = list(zip(first, other, strict=True))
        if not all(np.array_equal(one.ids, two.ids) for one, two in pairs):
            every = [{cell for of_seed in run for cell in of_seed.ids} for run in (first, other)]
            shared = every[0] & every[1]
            return (
                f"{both} were tested on other images: of {len(every[0])} and {len(every[1])} "
                f"tested cells they share {len(shared)}"
                + (", but not seed by seed" if every[0] == every[1] else "")
            )
        cells = sorted({cell for of_seed in first for cell in of_seed.ids.tolist()})
        changed = [cell for cell in cells if checksums[0][cell] != sums[cell]]
        if changed:
            return (
                f"{both} name their cells alike, but the files differ "
                f"({len(changed)} of {len(cells)}, {changed[0]} for one)"
            )
        renamed = sorted(
            cell for one, two in pairs for cell in one.ids[one.labels != two.labels].tolist()
        )
        if renamed:
            return (
                f"{both} give the same cells other labels "
                f"({len(renamed)} answers, {renamed[0]} for one)"
            )
    return ""


def paired_tests(
    names: Sequence[str],
    tested: Sequence[list[PredictionTable]],
    source_of: Mapping[str, str],
    seed: int,
) -> dict[str, Comparison]:
    """Compare what runs said of the same cells, by each classifier that all of them have.

    Parameters
    ----------
    names, tested
        As for `why_not_paired`, which has found nothing.
    source_of : mapping of str to str
        The source of each cell, by the cell's id.
    seed : int
        Seeds the resampling, and the draw of one prediction per source.

    Returns
    -------
    dict of str to Comparison
        By classifier, each corrected by itself.
    """
    return {
        key: compare(
            {
                name: [of_seed.predictions(key, source_of) for of_seed in of_run]
                for name, of_run in zip(names, tested, strict=True)
            },
            seed=seed,
        )
        for key in tested[0][0].said
        if all(key in of_seed.said for of_run in tested for of_seed in of_run)
    }
