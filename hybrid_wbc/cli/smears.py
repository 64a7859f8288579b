"""The commands that say what new pictures show, count it, and hold counts against a reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli import options, places, waiting

if TYPE_CHECKING:
    from hybrid_wbc.config.names import Statistics
    from hybrid_wbc.studies.looking import Wanted

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("paths", metavar="[RUN|BUNDLE] IMAGES...", nargs=-1, required=True, type=_PATH)
@click.option(
    "--as",
    "wanted",
    type=click.Choice(("auto", "cells", "smears")),
    default="auto",
    show_default=True,
    help="What the pictures show; auto guesses for each, and says so.",
)
@click.option(
    "--level",
    type=float,
    default=0.9,
    show_default=True,
    help="How often a prediction set shall hold the true class.",
)
@click.option(
    "--classes",
    metavar="CLASS,CLASS,...",
    help="The only classes that can occur; by default all of the model's.",
)
@options.statistics_option
@click.option("--csv", "csv_file", type=_PATH, help="Write the cells here instead; - is stdout.")
@click.option("--json", "json_file", type=_PATH, help="Write everything here; - is stdout.")
@click.option("--counts", type=_PATH, help="Write the cells of each slide as a table for `agree`.")
@click.option(
    "--geojson",
    type=_PATH,
    help="Write the cells for QuPath: a file for one smear, a folder for several.",
)
@click.option("--drawn", type=_PATH, help="Write the smears with boxes into this folder.")
@click.option("--page", type=_PATH, help="Write a page to sort the cells, correct and export them.")
def predict(
    paths: Sequence[Path],
    wanted: Wanted,
    level: float,
    classes: str | None,
    statistics: Statistics | None,
    csv_file: Path | None,
    json_file: Path | None,
    counts: Path | None,
    geojson: Path | None,
    drawn: Path | None,
    page: Path | None,
) -> None:
    """Classify single cells, and the white cells of smears, with a finished RUN or a BUNDLE.

    Without either, the model that comes with the program answers, `packaged`. IMAGES are files and
    folders; the smears of one folder are counted as the fields of one slide.
    Prints tables on a terminal and CSV into a pipe: for each cell the class by each classifier, the
    probability, a prediction set, the distance to the nearest training cell, how strange it is to
    the model, and whether it is unlike anything seen. For research, never a diagnosis.
    """
    waiting.say("checking what was asked for")
    from hybrid_wbc.cli.views.predict import Wished, show_predictions

    wished = Wished(csv_file, json_file, counts, geojson, drawn, page)
    wished.check()
    model, images = options.model_and_images(paths)
    wished.check_drawn(images)
    waiting.say(f"opening {model}")
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.among import among
    from hybrid_wbc.studies.looking import count_smears
    from hybrid_wbc.studies.model import open_model
    from hybrid_wbc.studies.picturing import Thumbnails, check_geojson
    from hybrid_wbc.studies.predict import predict as predict_images

    reporter = Reporter()
    thumbnails = Thumbnails()
    opened = open_model(model, statistics)
    if classes is not None:
        opened = among(opened, [name for each in classes.split(",") if (name := each.strip())])
    predicted = predict_images(
        opened,
        images,
        reporter,
        wanted=wanted,
        level=level,
        on_seen=None
        if geojson is None
        else lambda seen: check_geojson(geojson, count_smears(seen)),
        on_batch=None if page is None else thumbnails,
    )
    show_predictions(predicted, wished, thumbnails.pictures, reporter)


@click.command()
@click.argument("counts", type=_PATH)
@click.argument("reference", type=_PATH)
@click.option("--json", "json_file", type=_PATH, help="Write everything as JSON here too.")
@click.option("--figure", type=_PATH, help="Draw the Bland-Altman plots here: .png, .pdf or .svg.")
def agree(counts: Path, reference: Path, json_file: Path | None, figure: Path | None) -> None:
    """Set a table of COUNTS beside a manual REFERENCE, as CLSI H20 does.

    Both are CSV files with a column `slide` and one for each class, a row a slide, whole numbers of
    cells; `predict --counts` writes one. Shows for each class how many slides lie within the
    reference's 95 % limits, the bias, and Deming's regression.
    """
    places.check({"--json": json_file, "--figure": figure})
    from hybrid_wbc.cli.views.agree import show_agreement
    from hybrid_wbc.studies import formats
    from hybrid_wbc.studies.agree import check_figure, compare_counts, draw_agreement

    if figure is not None:
        check_figure(figure)
    compared = compare_counts(counts, reference)
    if json_file is not None:
        formats.AGREEMENT.write(json_file, compared)
    if figure is not None:
        draw_agreement(compared, figure)
    show_agreement(compared)


COMMANDS = (predict, agree)
