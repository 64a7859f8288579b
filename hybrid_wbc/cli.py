"""The front door: parse, resolve, say what will happen, make one call."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hybrid_wbc import __version__, config, terminal
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import CONFIG, RunFolder

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)


class _Commands(click.Group):
    """A group whose commands report a user's mistake as one line and exit with 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else context.command_path
            _fail(context, f"{error.format_message()} See `{command} --help`.")
        except InputError as error:
            _fail(context, str(error))
        except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
            sys.stderr.close()
            context.exit(0)
        except OSError as error:  # a place that cannot be read or written, a full disk
            if error.filename is None:
                raise
            _fail(context, f"{error.filename}: {error.strerror}")


def _fail(context: click.Context, message: str) -> None:
    click.echo(f"error: {message}", err=True)
    context.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """White-blood-cell classification: a CNN's five-unit embedding, given to KNN, SVM and forest.

    For research and education; not a medical device.
    """


_data_option = click.option("--data", type=_PATH, help="The data set; overrides data.path.")
_out_option = click.option(
    "--out",
    type=_PATH,
    default=Path("artifacts"),
    show_default=True,
    help="Folder that run folders are made in.",
)
_seeds_option = click.option(
    "--seeds", type=click.IntRange(min=1), help="How many repeats; overrides seeds."
)
_set_option = click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting; repeatable."
)


@main.command()
@click.argument("source", metavar="CONFIG")
@_data_option
@_out_option
@_seeds_option
@_set_option
@click.option("--resume", is_flag=True, help="Go on with the newest run of this config in --out.")
@click.option("--dry-run", is_flag=True, help="Print the resolved settings and stop.")
def run(
    source: str,
    data: Path | None,
    out: Path,
    seeds: int | None,
    changes: Sequence[str],
    resume: bool,
    dry_run: bool,
) -> None:
    """Do a whole run: CONFIG is a YAML file or the name of a shipped config.

    Trains, extracts, classifies, scores and draws; everything lands in a new folder of --out.
    """
    from hybrid_wbc import pipeline, preparing

    settings = _resolve(source, data, seeds, changes)
    pipeline.check_names(settings)
    if dry_run:
        click.echo(settings.to_yaml(), nl=False)
        click.echo(f"dry run: nothing was read or written; a run would go to {out}/", err=True)
        return
    preparing.data_source(settings)
    with _folder(settings, out, resume=resume) as folder:
        pipeline.run(settings, folder, _reporter(folder))
    terminal.show_results(folder)


@main.command()
@click.argument("source", metavar="CONFIG|RUN")
@_data_option
@_out_option
@_seeds_option
@_set_option
def train(
    source: str, data: Path | None, out: Path, seeds: int | None, changes: Sequence[str]
) -> None:
    """Train the networks of a RUN folder that are missing, or of a new run of CONFIG."""
    from hybrid_wbc import pipeline, preparing

    if (Path(source) / CONFIG).is_file():
        if data or seeds or changes:
            raise InputError(f"{source}: a run folder has its settings; start a new run to change")
        folder = RunFolder.open(Path(source))
        pipeline.train(_settings_of(folder), folder, _reporter(folder))
    else:
        settings = _resolve(source, data, seeds, changes)
        pipeline.check_names(settings)
        preparing.data_source(settings)
        with _folder(settings, out, resume=False) as folder:
            pipeline.train(settings, folder, _reporter(folder))
    click.echo(folder.path)


def _stage(name: str, help_text: str) -> None:
    """Add a command that does one stage of a run folder again."""

    @main.command(name, help=help_text)
    @click.argument("folder", metavar="RUN", type=_PATH)
    def stage(folder: Path) -> None:
        from hybrid_wbc import pipeline

        opened = RunFolder.open(folder)
        getattr(pipeline, name)(_settings_of(opened), opened, _reporter(opened))
        click.echo(opened.path)


_stage("extract", "Extract the embeddings of a RUN's trained networks.")
_stage("classify", "Fit and score the classifiers on a RUN's embeddings.")
_stage("plot", "Draw a RUN's figures and its page.")


@main.group()
def data() -> None:
    """Look at a data set, or draw one."""


@data.command()
@click.argument("path", type=_PATH)
@click.option("--layout", default="auto", show_default=True, help="See `list layouts`.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def check(path: Path, layout: str, as_json: bool) -> None:
    """Show counts, drops with their reasons, sizes and warnings. Nothing is changed."""
    from hybrid_wbc.data import checking, cleaning, readers
    from hybrid_wbc.preparing import cache_folder

    reading = readers.read(path, layout)
    with Reporter(Console(stderr=True)).job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, cache=cache_folder(), progress=advance)
    summary = checking.check(reading, cleaned)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    else:
        terminal.show_check(summary)


@data.command()
@click.argument("out", type=_PATH)
@click.option("--per-class", type=click.IntRange(min=1), default=40, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
def synth(out: Path, per_class: int, seed: int) -> None:
    """Draw smears with expert masks in LISC's layout. They are SYNTHETIC and say so."""
    from hybrid_wbc.data.synthetic import write_smears

    with Reporter(Console(stderr=True)).job("drawing smears") as advance:
        count = write_smears(out, per_class=per_class, seed=seed, progress=advance)
    click.echo(f"{out}: {count} SYNTHETIC smears", err=True)


@main.command()
@click.argument("folder", metavar="RUN", type=_PATH)
@click.argument("images", nargs=-1, required=True, type=_PATH)
@click.option("--csv", "csv_file", type=_PATH, help="Write the table here instead.")
def predict(folder: Path, images: Sequence[Path], csv_file: Path | None) -> None:
    """Classify image files, and those in folders, with a finished RUN.

    Each image is taken for one cell, framed as those that the run was trained on. Prints a table
    on a terminal and CSV into a pipe: class by each classifier, the five features, and the distance
    to the nearest training cell.
    """
    from hybrid_wbc.prediction import predict as predict_images
    from hybrid_wbc.runs import write_table

    opened = RunFolder.open(folder)
    table = predict_images(_settings_of(opened), opened, images, Reporter(Console(stderr=True)))
    if table.warning:
        click.echo(f"warning: {table.warning}", err=True)
    for line in table.skipped:
        click.echo(f"skipped {line}", err=True)
    if csv_file is not None:
        write_table(csv_file, table.columns, table.rows)
        click.echo(f"{csv_file}: {len(table.rows)} images", err=True)
    elif sys.stdout.isatty():
        rows = [[f"{v:.3f}" if isinstance(v, float) else v for v in row] for row in table.rows]
        terminal.print_table([column.replace("_", " ") for column in table.columns], rows)
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([table.columns, *table.rows])


@main.command("list")
@click.argument(
    "what",
    type=click.Choice(["networks", "classifiers", "layouts", "datasets", "configs"]),
    required=False,
)
def list_command(what: str | None) -> None:
    """List what can be named in a config or on the command line."""
    kinds = [what] if what else ["networks", "classifiers", "layouts", "datasets", "configs"]
    for kind in kinds:
        if len(kinds) > 1:
            click.echo(f"{kind}:")
        terminal.print_pairs(terminal.listed(kind), indent="  " if len(kinds) > 1 else "")


def _resolve(
    source: str, data: Path | None, seeds: int | None, changes: Sequence[str]
) -> config.Config:
    options = [] if data is None else [f"data.path={json.dumps(str(data.resolve()))}"]
    options += [] if seeds is None else [f"seeds={seeds}"]
    return config.load(source, [*changes, *options])


def _settings_of(folder: RunFolder) -> config.Config:
    return config.load(folder.path / CONFIG)


@contextmanager
def _folder(settings: config.Config, out: Path, *, resume: bool) -> Iterator[RunFolder]:
    """Find the folder to go on with, or make one, to be removed where it comes to nothing."""
    if not resume:
        folder = RunFolder.create(out, settings.name, settings.to_yaml())
        try:
            yield folder
        except InputError:
            folder.discard_unless_begun()
            raise
        return
    folder = RunFolder.newest(out, settings.name)
    before = _settings_of(folder)
    if before != settings:
        changed = _differences(before.model_dump(), settings.model_dump())
        raise InputError(
            f"--resume: {folder.path} was begun with other settings ({', '.join(changed)}); "
            "give the same ones, or start a new run"
        )
    yield folder


def _differences(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[str]:
    changed = []
    for key, value in after.items():
        if isinstance(value, dict) and isinstance(before[key], dict):
            changed += _differences(before[key], value, f"{prefix}{key}.")
        elif value != before[key]:
            changed.append(f"{prefix}{key}")
    return changed


def _reporter(folder: RunFolder) -> Reporter:
    return Reporter(Console(stderr=True), folder.path / "log.txt")
