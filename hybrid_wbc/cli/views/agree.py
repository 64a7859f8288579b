"""What `agree` shows: each class over all slides, beside the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import gap, print_table

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.agreement import Agreement, Estimate

# A reference after CLSI H20 has so many cells, 200 by each of two readers.
_REFERENCE = 400
_PERCENT = 100


def show_agreement(agreement: Agreement) -> None:
    """Print how counts agree with a reference, class by class, and what is amiss with either."""
    count = len(agreement["slides"])
    rows = [
        [
            line["label"],
            f"{line['within']} of {count}",
            f"{line['compatible']} of {count}",
            _estimate(line["bias"], ".1f"),
            _estimate(line["slope"], ".2f"),
            _estimate(line["intercept"], ".1f"),
        ]
        for line in agreement["classes"]
    ]
    columns = ["class", "within limits", "compatible", "bias, points", "slope", "intercept"]
    print_table(columns, rows, f"{count} slide{'s' * (count != 1)} beside the reference")
    lines.say(
        "within limits: slides whose share lies in the binomial 95 % limits of the reference; "
        "compatible: whose two counts differ no more than by chance; slope, intercept: Deming"
    )
    for slide in agreement["left_out"]:
        lines.say(f"left out: {slide}, which is in one table only", err=True)
    few = sum(cells < _REFERENCE for cells in agreement["reference_cells"])
    if few:
        lines.say(
            f"note: on {few} of {count} slides the reference has fewer than {_REFERENCE} cells, "
            "which CLSI H20 asks for",
            err=True,
        )
    if set(agreement["reference_cells"]) == {_PERCENT}:
        lines.say(
            "note: on each slide the reference adds up to 100: if these are percents, give the "
            "cells that were counted, on which all limits rest",
            err=True,
        )


def _estimate(of: Estimate | None, form: str) -> str:
    if of is None:
        return "–"
    interval = f"{format(of['low'], form)} to {format(of['high'], form)}"
    return f"{format(of['value'], form)}{gap()}{interval}"
