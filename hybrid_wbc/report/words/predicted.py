"""The sentences about new cells: what prediction sets rest on, and what sets a cell apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell


def about_sets(predicted: Predicted) -> list[str]:
    """Say what the prediction sets rest on, how often they held, and where they tell nothing."""
    coverage, level = predicted["coverage"], predicted["level"]
    if coverage is None:
        return []
    mark = "SYNTHETIC cells, " if predicted["synthetic"] else ""
    told = [
        f"{mark}prediction sets at {level:g}: on the run's {coverage['cells']} held-out cells of "
        f"{coverage['sources']} sources they hold the class of {coverage['covered']:.1%}, with "
        f"{coverage['size']:.2f} classes on average (made from one half, asked of the other)"
    ]
    few = predicted["too_few"]
    if few:
        most = min(line["sources"] for line in few)
        named = ", ".join(f"{line['label']} {line['sources']}" for line in few)
        highest = math.floor(100 * most / (most + 1)) / 100  # rounded up it would be too high
        way_out = f"; up to --level {highest:.2f} they tell of all" if most else ""
        told.append(
            f"warning: a level of {level:g} takes {few[0]['needed']} held-out sources of a class; "
            f"classes with fewer are in every set: {named}{way_out}"
        )
    return told


def said_set(cell: PredictedCell, classes: Sequence[str]) -> str:
    """Name the classes of a cell's prediction set.

    Examples
    --------
    >>> said_set({"set": ["basophil"]}, ["basophil", "monocyte"])
    'basophil'
    """
    if cell["set"] is None:
        return "–"
    if len(cell["set"]) == len(classes):
        return "any class"
    return ", ".join(cell["set"]) or "no class"


def notes(cell: PredictedCell, classes: Sequence[str]) -> list[str]:
    """Say what sets a cell apart."""
    told = []
    if cell["unlike"]:
        told.append("unlike anything seen")
    if cell["cut_off"]:
        told.append("cut off by the frame")
    if cell["set"] is not None and len(cell["set"]) != 1:
        told.append(f"set: {said_set(cell, classes)}")
    others = sorted({said for said in cell["said"].values() if said != cell["answer"]})
    if others:
        told.append(f"others say {', '.join(others)}")
    return told
