"""The commands that work on run folders: one stage again, the page, comparison, prediction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli.views.compare import show_comparison
from hybrid_wbc.cli.views.predict import show_predictions
from hybrid_wbc.cli.views.run import show_ablation
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import open_run

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)
_run_argument = click.argument("folder", metavar="RUN", type=_PATH)


def _stage(name: str, help_text: str) -> click.Command:
    """Make a command that does one stage of a run folder again."""

    @click.command(name, help=help_text)
    @_run_argument
    def stage(folder: Path) -> None:
        from hybrid_wbc.stages import run

        settings, opened, reporter = open_run(folder)
        getattr(run, name)(settings, opened, reporter)
        click.echo(opened.path)

    return stage


@click.command()
@_run_argument
@click.option(
    "--jobs",
    type=int,
    default=-1,
    show_default="one per core",
    help="Fits at a time.",
)
def ablate(folder: Path, jobs: int) -> None:
    """Fit the classifiers anew on subsets of a RUN's features, on every one of up to eight.

    Shows what each feature is worth. ablation.csv keeps every refit, ablation.json the summary.
    """
    from hybrid_wbc.stages.ablate import ablate as ablate_features

    if jobs == 0 or jobs < -1:
        raise click.BadParameter("give 1 or more, or -1 for one per core", param_hint="--jobs")
    settings, opened, reporter = open_run(folder)
    ablate_features(settings, opened, reporter, jobs=jobs)
    show_ablation(opened, settings.split.protocol)


@click.command()
@_run_argument
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
def report(folder: Path, show: bool) -> None:
    """Score a RUN's predictions, ablate what is not ablated, and write its page."""
    from hybrid_wbc.stages.run import report as write_report

    settings, opened, reporter = open_run(folder)
    write_report(settings, opened, reporter)
    page = opened.page
    click.echo(page)
    if show and click.launch(str(page.resolve())):
        raise InputError(f"{page}: no browser could be started; open it yourself")


@click.command()
@click.argument("folders", metavar="RUN RUN...", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def compare(folders: Sequence[Path], as_json: bool) -> None:
    """Show runs side by side; test their differences where they were tested on the same images.

    Exact McNemar tests for each classifier and pair of runs, on one prediction per source,
    corrected after Holm.
    """
    from hybrid_wbc.studies import formats
    from hybrid_wbc.studies.compare import compare_runs

    compared = compare_runs([RunFolder.open(folder) for folder in folders])
    if as_json:
        click.echo(formats.COMPARISON.text(compared))
    else:
        show_comparison(compared)


@click.command()
@_run_argument
@click.argument("images", nargs=-1, required=True, type=_PATH)
@click.option("--csv", "csv_file", type=_PATH, help="Write the table here instead.")
def predict(folder: Path, images: Sequence[Path], csv_file: Path | None) -> None:
    """Classify image files, and those in folders, with a finished RUN.

    Each image is taken for one cell, framed as those that the run was trained on. Prints a table
    on a terminal and CSV into a pipe: class by each classifier, the features, and the distance
    to the nearest training cell.
    """
    from hybrid_wbc.studies.predict import predict as predict_images

    settings, opened, _ = open_run(folder)
    show_predictions(predict_images(settings, opened, images, Reporter()), csv_file)


COMMANDS = (
    _stage("extract", "Extract the embeddings of a RUN's trained networks."),
    _stage("classify", "Fit and score the classifiers on a RUN's embeddings."),
    ablate,
    _stage("plot", "Draw a RUN's figures."),
    report,
    compare,
    predict,
)
