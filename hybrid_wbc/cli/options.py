"""What the commands that begin runs share: their options, what these change, and the run itself."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from hybrid_wbc.cli import waiting
from hybrid_wbc.config.cluster import check_place
from hybrid_wbc.config.names import Statistics
from hybrid_wbc.errors import InputError

if TYPE_CHECKING:
    from hybrid_wbc.config.settings import Config

_SETS = {".csv", ".tsv", ".npz"}

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("artifacts"),
    show_default=True,
    help="Folder that run folders are made in.",
)
seeds_option = click.option(
    "--seeds", type=click.IntRange(min=1), help="How many repeats; overrides evaluation.seeds."
)
set_option = click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a setting; repeatable."
)


def _place(_context: click.Context, _option: click.Parameter, place: str | None) -> str | None:
    """Refuse what can be no cluster before anything is read."""
    if place is not None:
        check_place(place)
    return place


cluster_option = click.option(
    "--cluster",
    "place",
    callback=_place,
    metavar="local[:WORKERS]|tcp://HOST:PORT",
    help="Work on a Dask cluster: processes here, or other machines; see `hybrid-wbc cluster`.",
)
labels_option = click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Corrected labels: a CSV file with columns id,label.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print the resolved settings and stop."
)


statistics_option = click.option(
    "--statistics",
    type=click.Choice(get_args(Statistics)),
    help="Whose statistics batch normalisation has: the training images', or those of the target, "
    "the pictures asked about together; by default as the run says.",
)


def resume_option(runs: str) -> Callable[[Any], Any]:
    """Make the option that goes on with the runs that its help names."""
    return click.option("--resume", is_flag=True, help=f"Go on with {runs} in --out.")


def resolve(source: str, data: Path | None, seeds: int | None, changes: Sequence[str]) -> Config:
    """Read a config with what the options of a command change in it."""
    from hybrid_wbc.config import load

    return load.load(source, changed(data, seeds, changes))


def with_labels(changes: Sequence[str], labels: Path | None) -> Sequence[str]:
    """Give the changes of settings with the table of corrected labels among them."""
    if labels is None:
        return changes
    if not labels.is_file():
        raise InputError(
            f"--labels: {labels} is no file; give a CSV table with the columns id and label"
        )
    return [*changes, f"data.labels={json.dumps(str(labels.resolve()))}"]


def whole_run(
    settings: Config,
    out: Path,
    place: str | None,
    *,
    resume: bool,
    dry_run: bool,
    kept: str = "written",
) -> None:
    """Do a whole run of the settings and show its results, or print them and stop.

    Parameters
    ----------
    settings : Config
    out : Path
    place : str or None
        The cluster that is worked on.
    resume, dry_run : bool
    kept : str
        What a dry run has done nothing of.
    """
    from hybrid_wbc.cli.views.run import show_results
    from hybrid_wbc.stages.cluster import opened
    from hybrid_wbc.stages.run import begin, check_names, run

    if dry_run:
        check_names(settings)
        click.echo(settings.to_yaml(), nl=False)
        click.echo(f"dry run: nothing was {kept}; a run would go to {out}/", err=True)
        return
    with opened(place) as client:
        folder = begin(settings, out, partial(run, client=client), resume=resume)
    show_results(folder)


def model_and_images(paths: Sequence[Path]) -> tuple[Path, Sequence[Path]]:
    """Part what answers from the pictures that it is asked about.

    Parameters
    ----------
    paths : sequence of Path
        As they were given: the first may be a run's folder or a file that keeps one.

    Returns
    -------
    model : Path
        "packaged" where none is given.
    images : sequence of Path

    Raises
    ------
    click.UsageError
        If nothing but a model is given.
    InputError
        If the first is not there.
    """
    from hybrid_wbc.config.names import PACKAGED
    from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
    from hybrid_wbc.runs.folder import RunFolder

    first = paths[0]
    is_image = first.suffix.lower() in IMAGE_SUFFIXES
    if not is_image and not first.exists() and str(first) != PACKAGED:
        raise InputError(
            f"{first}: not found: not a run folder, a .hybrid file or a picture; give any of these"
        )
    if first.is_file() and first.suffix.lower() != ".hybrid":
        # A picture of a kind that is not read, or none at all: it is skipped by its name.
        is_image = is_image or not zipfile.is_zipfile(first)
    if is_image or (first.is_dir() and not RunFolder.lies_at(first)):
        return Path(PACKAGED), paths
    if len(paths) == 1:
        raise click.UsageError(f"{first} is what answers: name IMAGES, files or folders, after it")
    return first, paths[1:]


def names_a_set(source: str) -> bool:
    """Say whether SOURCE is a set of cells rather than a config.

    Raises
    ------
    InputError
        If it could be either, or is a run.
    """
    path = Path(source)
    if not path.is_dir():
        return path.suffix.lower() in _SETS
    from hybrid_wbc.config import shipped
    from hybrid_wbc.runs.folder import RunFolder

    if RunFolder.lies_at(path):
        raise InputError(
            f"{source}: a run, not a config or a set of cells; `run CONFIG --resume` continues it"
        )
    if source in shipped.files():
        raise InputError(
            f"'{source}' is both a shipped config and a folder here: write ./{source} for the "
            f"folder, or `run {source} --data PATH` for the config"
        )
    return True


def choose(source: str, data: Path | None, seeds: int | None, changes: Sequence[str]) -> Config:
    """Choose settings for a set of cells, with what the options of a command change in them."""
    if data is not None:
        raise InputError(f"{source}: a set of cells already; --data goes with a config")
    waiting.say(f"looking at {source}")
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.stages.choose import choose as choose_settings

    return choose_settings(Path(source), changed(None, seeds, changes), Reporter())


def changed(data: Path | None, seeds: int | None, changes: Sequence[str]) -> list[str]:
    """Give the changes of settings that the options of a command make, the user's own first."""
    options = [] if data is None else [f"data.path={json.dumps(str(data.resolve()))}"]
    options += [] if seeds is None else [f"evaluation.seeds={seeds}"]
    return [*changes, *options]
