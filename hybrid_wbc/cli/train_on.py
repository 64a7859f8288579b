"""The command `train-on`: a small set of one's own, from a network trained on many cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli import options, places, waiting
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
@options.labels_option
@options.resume_option("the newest run of this set")
@options.cluster_option
@options.dry_run_option
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
    places.check({}, {"--out": None if dry_run else out})
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies.train_on import choose_from

    asked = options.changed(None, seeds, options.with_labels(changes, labels))
    settings = choose_from(folder, given, asked, Reporter())
    options.whole_run(settings, out, place, resume=resume, dry_run=dry_run)


COMMANDS = (train_on,)
