"""What `suspects` shows: a table on a terminal, CSV into a pipe or a file."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views.tables import print_table

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.suspects import Suspect


def show_suspects(found: list[Suspect], csv_file: Path | None, mark: str) -> None:
    """Show the suspected labels, or write them to a file; `mark` stands before the title."""
    from hybrid_wbc.studies import suspects

    told = f"{mark}{len(found)} suspected wrong labels; that is no proof, look at each cell"
    if csv_file is not None:
        suspects.write_suspects(csv_file, found)
        click.echo(f"{csv_file}: {told}", err=True)
    elif sys.stdout.isatty():
        shown = [[s["id"], s["label"], s["suggested"], s["reason"]] for s in found]
        print_table(["cell", "label", "suggested", "why"], shown, told)
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([suspects.COLUMNS, *suspects.rows(found)])
