"""The front door: parse, resolve, say what will happen, make one call."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from hybrid_wbc import __version__
from hybrid_wbc.cli import (
    cache,
    cluster,
    explain,
    options,
    papers,
    places,
    plot,
    results,
    serve,
    settings,
    smears,
    stress,
    train_on,
    transfer,
    waiting,
)
from hybrid_wbc.cli import data as data_commands
from hybrid_wbc.cli.views import lines
from hybrid_wbc.errors import InputError

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)


class _Commands(click.Group):
    """A group whose commands report a user's mistake as one line and exit with 2."""

    def invoke(self, context: click.Context) -> Any:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What a terminal or pipe cannot take is shown as an escape, as stderr does.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            done = super().invoke(context)
            # What could not be written is told here, not as a traceback at the very end.
            sys.stdout.flush()
            return done
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
            _fail(context, f"{error.filename or 'output'}: {error.strerror or error}")


def _fail(context: click.Context, message: str) -> None:
    lines.say(message, start="error: ", err=True)
    context.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """White-blood-cell classification: a CNN's embedding, given to KNN, SVM, forest and others.

    For research and education; not a medical device.
    """


_data_option = click.option("--data", type=_PATH, help="The data set; overrides data.path.")


@main.command()
@click.argument("source", metavar="CONFIG|SET")
@_data_option
@options.out_option
@options.seeds_option
@options.set_option
@options.labels_option
@options.resume_option("the newest run of this config")
@options.cluster_option
@options.dry_run_option
def run(
    source: str,
    data: Path | None,
    out: Path,
    seeds: int | None,
    changes: Sequence[str],
    labels: Path | None,
    resume: bool,
    place: str | None,
    dry_run: bool,
) -> None:
    """Do a whole run of a config, or of a set of cells.

    CONFIG is a YAML file or the name of a shipped config. SET is a folder of cells, a table (.csv)
    or arrays (.npz): the settings are then chosen from what is in it, and said.

    Trains, extracts, classifies, scores, ablates and draws into a new folder of --out.
    """
    places.check({}, {"--out": None if dry_run else out})
    changes = options.with_labels(changes, labels)
    chosen = options.names_a_set(source)
    settings = (options.choose if chosen else options.resolve)(source, data, seeds, changes)
    waiting.say(waiting.TENSORFLOW)
    kept = "written" if chosen else "read or written"
    options.whole_run(settings, out, place, resume=resume, dry_run=dry_run, kept=kept)


@main.command()
@click.argument("source", metavar="CONFIG|RUN")
@_data_option
@options.out_option
@options.seeds_option
@options.set_option
def train(
    source: str, data: Path | None, out: Path, seeds: int | None, changes: Sequence[str]
) -> None:
    """Train the networks of a RUN folder that are missing, or of a new run of CONFIG."""
    from hybrid_wbc.runs.folder import RunFolder

    is_run = RunFolder.lies_at(Path(source))
    places.check({}, {"--out": None if is_run else out})
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.stages.run import begin
    from hybrid_wbc.stages.run import train as train_networks

    if is_run:
        if data or seeds or changes:
            raise InputError(f"{source}: a run folder has its settings; start a new run to change")
        settings, folder, reporter = open_run(Path(source))
        train_networks(settings, folder, reporter)
    else:
        folder = begin(options.resolve(source, data, seeds, changes), out, train_networks)
    click.echo(folder.path)


_KINDS = ("networks", "classifiers", "layouts", "datasets", "configs", "systems")


@main.command("list")
@click.argument("what", type=click.Choice(_KINDS), required=False)
def list_command(what: str | None) -> None:
    """List what can be named in a config or on the command line."""
    from hybrid_wbc.cli.views import catalog, listing

    kinds = [what] if what else _KINDS
    for kind in kinds:
        if len(kinds) > 1:
            click.echo(f"{kind}:")
        indent = "  " if len(kinds) > 1 else ""
        if kind == "datasets":
            catalog.show_datasets(indent)
        else:
            lines.print_pairs(listing.listed(kind), indent)


for _command in (
    *results.COMMANDS,
    *plot.COMMANDS,
    *smears.COMMANDS,
    *papers.COMMANDS,
    *transfer.COMMANDS,
    *train_on.COMMANDS,
    *stress.COMMANDS,
    *explain.COMMANDS,
    *serve.COMMANDS,
    *data_commands.COMMANDS,
    *cache.COMMANDS,
    *cluster.COMMANDS,
    *settings.COMMANDS,
):
    main.add_command(_command)
