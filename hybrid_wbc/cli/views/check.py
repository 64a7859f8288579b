"""What `data check` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import print_set, print_table
from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.data.sides import NO_SIDE

if TYPE_CHECKING:
    from hybrid_wbc.studies.check import CheckedSet


def show_check(summary: CheckedSet) -> None:
    """Show what a check found in a data set, and at the end what to do next."""
    print_set(summary)
    sides = sorted({side for counts in summary["classes"].values() for side in counts})
    order = [side for side in ("all", *SIDES, NO_SIDE) if side in sides]
    rows = [[name, *(str(counts.get(side, 0)) for side in order)]
            for name, counts in summary["classes"].items()]  # fmt: skip
    totals = [sum(c.get(side, 0) for c in summary["classes"].values()) for side in order]
    rows.append(["total", *map(str, totals)])
    heads = ["cells" if side == "all" else side for side in order]
    print_table(["class", *heads], rows)
    sizes = list(summary["sizes"].items())
    shown = ", ".join(f"{size} ({n})" for size, n in sizes[:5])
    lines.say(f"image sizes: {shown}" + (f" and {len(sizes) - 5} more" if sizes[5:] else ""))
    lines.say(
        f"sources: {summary['n_sources'] or 'none'} named by the set"
        + ("" if summary["n_sources"] else "; a run finds the photographs from the pictures")
    )
    lines.say(f"split: {summary['split']}")
    lines.say(f"missing labels: {summary['missing_labels']}")
    lines.say(f"duplicates: {summary['duplicates']}")
    lines.say(f"dropped: {len(summary['dropped'])}")
    for drop in summary["dropped"][:20]:
        lines.say(f"{drop['id']}: {drop['reason']}", start="  ")
    if len(summary["dropped"]) > 20:
        lines.say(f"and {len(summary['dropped']) - 20} more; --json shows all", start="  ")
    for note in summary["notes"]:
        lines.say(f"note: {note}")
    for warning in summary["warnings"]:
        lines.say(f"warning: {warning}")
    click.echo()
    if summary["next_command"]:
        lines.say("next, train and test on these cells with settings chosen for them:")
        # Never broken, so that it can be copied.
        click.echo(f"  {summary['next_command']}")
    else:
        lines.say("next, mend what a run would end with, and check again:")
        for reason in summary["to_mend"]:
            lines.say(reason, start="  ")
