"""The commands that work on run folders: one stage again, the page, comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli import options, places, waiting
from hybrid_wbc.errors import InputError

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)
_run_argument = click.argument("folder", metavar="RUN", type=_PATH)


def _stage(name: str, help_text: str) -> click.Command:
    """Make a command that does one stage of a run folder again."""

    @click.command(name, help=help_text)
    @_run_argument
    def stage(folder: Path) -> None:
        waiting.say(f"opening {folder}")
        from hybrid_wbc.runs.opening import open_run

        settings, opened, reporter = open_run(folder)
        from hybrid_wbc.stages import run

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
    help="Fits at a time, on this machine.",
)
@options.cluster_option
def ablate(folder: Path, jobs: int, place: str | None) -> None:
    """Fit the classifiers anew on subsets of a RUN's features, on every one of up to eight.

    Shows what each feature is worth. ablation.csv keeps every refit, ablation.json the summary.
    """
    if jobs == 0 or jobs < -1:
        raise click.BadParameter("give 1 or more, or -1 for one per core.", param_hint="--jobs")
    if place is not None and jobs != -1:
        raise click.UsageError(
            "--jobs and --cluster exclude each other: a cluster does one fit at a time in each of "
            "its workers; local:WORKERS says how many there are"
        )
    waiting.say(f"opening {folder}")
    from hybrid_wbc.cli.views.run import show_ablation
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.stages.ablate import ablate as ablate_features
    from hybrid_wbc.stages.cluster import opened as opened_cluster

    settings, opened, reporter = open_run(folder)
    with opened_cluster(place) as client:
        ablate_features(settings, opened, reporter, jobs=jobs, client=client)
    show_ablation(opened, settings.split.protocol)


@click.command()
@_run_argument
@click.option(
    "--columns",
    metavar="TABLE.csv",
    type=_PATH,
    help="Let the explorer colour the cells by each column of this table as well.",
)
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
def report(folder: Path, columns: Path | None, show: bool) -> None:
    """Score a RUN's predictions, ablate what is not ablated, and write its page.

    The table of --columns names cells by id, path or file name, as that of `attributes`.
    """
    waiting.say(f"opening {folder}")
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.stages.run import report as write_report

    settings, opened, reporter = open_run(folder)
    write_report(settings, opened, reporter, columns=columns)
    page = opened.page
    click.echo(page)
    if show and click.launch(str(page.resolve())):
        raise InputError(f"{page}: no browser could be started; open it yourself")


@click.command()
@click.argument("folders", metavar="RUN RUN...", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def compare(folders: Sequence[Path], as_json: bool) -> None:
    """Show runs side by side; test their differences where they were asked about the same images.

    Exact McNemar tests for each classifier and pair of runs, on one prediction per source,
    corrected after Holm; on other sets too that `stress --on` asked all of them about.
    """
    waiting.say(f"comparing {len(folders)} runs")
    from hybrid_wbc.cli.views.compare import show_comparison
    from hybrid_wbc.runs.folder import RunFolder
    from hybrid_wbc.studies import formats
    from hybrid_wbc.studies.compare import compare_runs

    compared = compare_runs([RunFolder.open(folder) for folder in folders])
    if as_json:
        click.echo(formats.COMPARISON.text(compared))
    else:
        show_comparison(compared)


@click.command()
@_run_argument
@click.option("--csv", "csv_file", type=_PATH, help="Write the table here instead.")
def suspects(folder: Path, csv_file: Path | None) -> None:
    """List the cells of a RUN whose labels may be wrong, the most suspected first.

    Those of the test sides on which the classifiers and the nearest training cells agree against
    the label. Delete the rows that are right as they are, and give the rest to `run --labels`.
    """
    places.check({"--csv": csv_file})
    waiting.say(f"opening {folder}")
    from hybrid_wbc.cli.views.suspects import show_suspects
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.runs.results import Run
    from hybrid_wbc.studies.suspects import find_suspects

    settings, opened, _ = open_run(folder)
    found = find_suspects(opened)
    synthetic = Run(opened).provenance()["data"]["synthetic"]
    show_suspects(found, csv_file, overlap.mark(settings.split.protocol, synthetic=synthetic))


@click.command()
@_run_argument
@click.argument("table", metavar="TABLE.csv", type=_PATH)
@click.option("--without", multiple=True, help="Leave this column out; repeatable.")
@click.option("--json", "json_file", type=_PATH, help="Write everything as JSON here too.")
@click.option("--csv", "csv_file", type=_PATH, help="Write every share as CSV here too.")
def attributes(
    folder: Path,
    table: Path,
    without: tuple[str, ...],
    json_file: Path | None,
    csv_file: Path | None,
) -> None:
    """Say how much a RUN's features tell of attributes of its cells, such as the nucleus' shape.

    TABLE.csv names cells by id, path or file name; each other column is an attribute. Only test
    cells are asked. For each feature and each subset: the share of the attribute's variation that
    nearest neighbours explain, beside what the class alone explains. `report` then shows it too.
    """
    places.check({"--json": json_file, "--csv": csv_file})
    waiting.say(f"opening {folder}")
    from hybrid_wbc.cli.views.attributes import show_attributes
    from hybrid_wbc.evaluation import overlap
    from hybrid_wbc.runs import formats
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.studies.attributes import explain_attributes, write_rows

    settings, opened, reporter = open_run(folder)
    found = explain_attributes(opened, table, reporter, without=without, seed=settings.seed)
    if json_file is not None:
        formats.ATTRIBUTES.write(json_file, found)
    if csv_file is not None:
        write_rows(csv_file, found)
    show_attributes(
        found, overlap.mark(settings.split.protocol, synthetic=found["synthetic"]), opened.path
    )


@click.command()
@click.argument("folder", metavar="RUN|BUNDLE", type=_PATH)
@click.option(
    "--onnx", metavar="OUT", type=_PATH, help="Write one ONNX file, which needs no Python."
)
@click.option(
    "--bundle",
    metavar="OUT",
    type=_PATH,
    help="Write one .hybrid file, which stands for the RUN wherever it is asked about cells.",
)
@click.option(
    "--about",
    metavar="FILE.md",
    type=_PATH,
    help="What the bundle's card says of the data, their licences and its use.",
)
def export(folder: Path, onnx: Path | None, bundle: Path | None, about: Path | None) -> None:
    """Write a network and its classifiers as one file: for ONNX, or a RUN as a .hybrid bundle.

    An ONNX file takes pixels as the run prepares them, and gives classes, features and
    probabilities; one can be made of a BUNDLE too. A bundle keeps the network in half precision,
    the classifiers, and the embeddings of the run's cells; its model card is written beside it.
    Either is asked about cells before it is written, and held against the run.
    """
    if onnx is None and bundle is None:
        raise click.UsageError("say what to write: --onnx OUT or --bundle OUT")
    card = None if bundle is None else bundle.with_suffix(".md")
    places.check({"--onnx": onnx, "--bundle": bundle, "the card of --bundle": card})
    waiting.say(f"opening {folder}")
    from hybrid_wbc.cli.views.export import show_bundle, show_export
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.bundle import bundle as bundle_run
    from hybrid_wbc.studies.export import export as export_run
    from hybrid_wbc.studies.opening import open_finished

    settings, opened = open_finished(folder)
    if onnx is not None:
        show_export(export_run(settings, opened, onnx, Reporter()))
    if bundle is not None:
        show_bundle(bundle_run(settings, opened, bundle, Reporter(), about=about))


COMMANDS = (
    _stage("extract", "Extract the embeddings of a RUN's trained networks."),
    _stage("classify", "Fit and score the classifiers on a RUN's embeddings."),
    ablate,
    report,
    compare,
    suspects,
    attributes,
    export,
)
