"""What `predict` shows: tables on a terminal, CSV into a pipe, and every file asked for."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli import places
from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.differential import show_differentials
from hybrid_wbc.cli.views.tables import print_table
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import write_table, write_text
from hybrid_wbc.report.words.predicted import about_sets, said_set

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell
    from hybrid_wbc.progress import Reporter

# A terminal holds no more that anybody would read.
_MOST_ROWS = 200


@dataclass(frozen=True)
class Wished:
    """The files that are asked for; `-` is stdout for the first two, and folders for others."""

    csv: Path | None = None
    json: Path | None = None
    counts: Path | None = None
    geojson: Path | None = None
    drawn: Path | None = None
    page: Path | None = None

    def check(self) -> None:
        """Refuse places that cannot be written, before anything is asked.

        Raises
        ------
        InputError
        """
        from hybrid_wbc.studies.picturing import GEOJSON_SUFFIXES

        given = {field.name: getattr(self, field.name) for field in fields(self)}
        asked = {f"--{name}": place for name, place in given.items() if place is not None}
        folders = {
            option: place
            for option, place in asked.items()
            if option == "--drawn"
            or (option == "--geojson" and place.suffix.lower() not in GEOJSON_SUFFIXES)
        }
        files = {option: place for option, place in asked.items() if option not in folders}
        places.check(files, folders)

    def check_drawn(self, images: Sequence[Path]) -> None:
        """Refuse to draw into a folder that is searched for smears.

        Parameters
        ----------
        images : sequence of Path
            The pictures and folders that are asked about.

        Raises
        ------
        InputError
        """
        if self.drawn is not None:
            for folder in filter(Path.is_dir, images):
                if self.drawn.resolve().is_relative_to(folder.resolve()):
                    raise InputError(
                        f"--drawn: {self.drawn} lies in {folder}, and the next time its drawings "
                        "would be counted as smears; name a folder beside it"
                    )


def show_predictions(
    predicted: Predicted, wished: Wished, thumbnails: Sequence[bytes], reporter: Reporter
) -> None:
    """Show what a model says of pictures, write the files asked for, and name what was skipped."""
    from hybrid_wbc.studies.predict import columns, rows

    for warning in predicted["warnings"]:
        lines.say(f"warning: {warning}", err=True)
    for line in predicted["skipped"]:
        lines.say(f"skipped {line}", err=True)
    for line in about_sets(predicted):
        lines.say(line, err=True)
    _write(predicted, wished, thumbnails, reporter)
    if wished.csv == places.STDOUT or (
        wished.csv is None and wished.json is None and not sys.stdout.isatty()
    ):
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns(predicted))
        writer.writerows(rows(predicted))
    elif wished.csv is None and wished.json is None:
        show_cells(predicted)
        show_differentials(predicted)


def show_cells(predicted: Predicted) -> None:
    """Print a row for each cell, as a terminal of 80 columns takes it."""
    from hybrid_wbc.evaluation.predicted import short_names

    cells = predicted["cells"]
    shown = [
        [
            name,
            cell["answer"],
            "–" if cell["probability"] is None else f"{cell['probability']:.2f}",
            said_set(cell, predicted["classes"]),
            _note(cell),
        ]
        for cell, name in zip(cells[:_MOST_ROWS], short_names(cells), strict=False)
    ]
    if shown:
        head = ["cell", "class", "prob.", f"set at {predicted['level']:g}", "note"]
        print_table(head, shown)
    if len(cells) > _MOST_ROWS:
        lines.say(f"{len(cells) - _MOST_ROWS:,} more cells: --csv FILE has all of them")


def _note(cell: PredictedCell) -> str:
    """Say what sets a cell apart, and who says something else of it."""
    notes = []
    if cell["cut_off"]:
        notes.append("cut off")
    if cell["unlike"]:
        notes.append("unlike anything seen")
    others = [said for said in cell["said"].values() if said != cell["answer"]]
    notes += [
        f"{others.count(name)} of {len(cell['said'])} say {name}" for name in sorted(set(others))
    ]
    return "; ".join(notes)


def _cells(predicted: Predicted) -> str:
    count = len(predicted["cells"])
    return f"{count} cell{'s' * (count != 1)}"


def _write(
    predicted: Predicted, wished: Wished, thumbnails: Sequence[bytes], reporter: Reporter
) -> None:
    from hybrid_wbc.studies import counting, formats, picturing
    from hybrid_wbc.studies.predict import columns, rows

    if wished.json == places.STDOUT:
        click.echo(formats.PREDICTED.text(predicted))
    elif wished.json is not None:
        formats.PREDICTED.write(wished.json, predicted)
        lines.say(f"{wished.json}: {_cells(predicted)}", err=True)
    if wished.csv is not None and wished.csv != places.STDOUT:
        write_table(wished.csv, columns(predicted), rows(predicted))
        lines.say(f"{wished.csv}: {_cells(predicted)}", err=True)
    if wished.counts is not None:
        count = counting.write_counts(wished.counts, predicted)
        lines.say(f"{wished.counts}: {count} slide{'s' * (count != 1)}", err=True)
    if wished.geojson is not None:
        count = picturing.write_geojson(predicted, wished.geojson)
        lines.say(f"{wished.geojson}: {count} smear{'s' * (count != 1)} for QuPath", err=True)
    if wished.drawn is not None:
        count = picturing.draw_smears(predicted, wished.drawn, reporter)
        lines.say(f"{wished.drawn}: {count} smear{'s' * (count != 1)} with boxes", err=True)
    if wished.page is not None:
        from hybrid_wbc.report.pages.predicted import render

        write_text(wished.page, render(predicted, thumbnails))
        lines.say(f"{wished.page}: page of {_cells(predicted)}", err=True)
