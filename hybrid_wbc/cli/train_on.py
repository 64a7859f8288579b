"""The command `train-on`: a small set of one's own, from a network trained on many cells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from hybrid_wbc.cli import options, waiting
from hybrid_wbc.config.names import PACKAGED

_PATH = click.Path(path_type=Path)


@click.command("train-on")
@click.argument("folder", metavar="FOLDER", type=_PATH)
@click.option(
    "--from",
    "given",
    type=_PATH,
    default=PACKAGED,
    show_default="the model that comes with the program",
    metavar="RUN|BUNDLE|NETWORK",
    help="The network to start from: a run folder, a .hybrid, or a network's cnn.keras.",
)
@options.out_option
@options.seeds_option
@options.set_option
@click.option("--labels", type=_PATH, help="Corrected labels: a CSV file with columns id,label.")
@click.option("--resume", is_flag=True, help="Go on with the newest run of this set in --out.")
@options.cluster_option
@click.option("--dry-run", is_flag=True, help="Print the resolved settings and stop.")
def train_on(
    folder: Path,
    given: Path,
    out: Path,
    seeds: int | None,
    changes: Sequence[str],
    labels: Path | None,
    resume: bool,
    place: str | None,
    dry_run: bool,
) -> None:
    """Do a whole run of a small set of cells, from a network that was trained on many others.

    FOLDER is a folder of cells, a table (.csv) or arrays (.npz). The given network's features are
    taken as they are, under a new linear layer, or trained on where there are cells enough:
    whichever is best on folds of the training side. The run is as any other: its page, `predict`,
    `export` and the rest work on it.
    """
    if labels is not None:
        changes = [*changes, f"data.labels={json.dumps(str(labels.resolve()))}"]
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.run import show_results
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.stages.cluster import opened
    from hybrid_wbc.stages.run import begin, check_names
    from hybrid_wbc.stages.run import run as whole_run
    from hybrid_wbc.studies.train_on import choose_from

    settings = choose_from(folder, given, options.changed(None, seeds, changes), Reporter())
    if dry_run:
        check_names(settings)
        click.echo(settings.to_yaml(), nl=False)
        click.echo(f"dry run: nothing was written; a run would go to {out}/", err=True)
        return
    with opened(place) as client:
        made = begin(settings, out, partial(whole_run, client=client), resume=resume)
    show_results(made)


COMMANDS = (train_on,)
