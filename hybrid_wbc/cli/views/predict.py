"""What `predict` shows: a table on a terminal, CSV into a pipe or a file."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import print_table
from hybrid_wbc.files import write_table

if TYPE_CHECKING:
    from hybrid_wbc.studies.predict import Table


def show_predictions(table: Table, csv_file: Path | None) -> None:
    """Show what a run says of images, or write it to a file; name what was skipped."""
    if table.warning:
        lines.say(f"warning: {table.warning}", err=True)
    for line in table.skipped:
        lines.say(f"skipped {line}", err=True)
    if csv_file is not None:
        write_table(csv_file, table.columns, table.rows)
        lines.say(f"{csv_file}: {len(table.rows)} images", err=True)
    elif sys.stdout.isatty():
        rows = [[f"{v:.3f}" if isinstance(v, float) else v for v in row] for row in table.rows]
        print_table([column.replace("_", " ") for column in table.columns], rows)
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([table.columns, *table.rows])
