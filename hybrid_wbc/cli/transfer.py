"""The command `transfer`: train on one set, test on another, and lay the options side by side."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from hybrid_wbc.cli import options
from hybrid_wbc.cli.views import compare
from hybrid_wbc.cli.views.run import show_results
from hybrid_wbc.config import load
from hybrid_wbc.config.settings import Config, Data, Network
from hybrid_wbc.runs.folder import RunFolder

_PATH = click.Path(path_type=Path)
_ALL = "all"
STAINS = get_args(Data.model_fields["stain"].annotation)
NORMALISATIONS = get_args(Network.model_fields["normalisation"].annotation)


@click.command()
@click.argument("source", metavar="CONFIG")
@click.option("--train", "train_path", type=_PATH, required=True, help="The set to train on.")
@click.option("--test", "test_path", type=_PATH, required=True, help="The set to test on.")
@click.option(
    "--stain",
    "stains",
    type=click.Choice([*STAINS, _ALL]),
    multiple=True,
    help="How colours are normalised; repeatable.",
)
@click.option(
    "--normalisation",
    "normalisations",
    type=click.Choice([*NORMALISATIONS, _ALL]),
    multiple=True,
    help="Kind of the network's normalisation layers; repeatable.",
)
@options.out_option
@options.seeds_option
@options.set_option
@click.option("--resume", is_flag=True, help="Go on with the runs of these sets in --out.")
def transfer(
    source: str,
    train_path: Path,
    test_path: Path,
    stains: Sequence[str],
    normalisations: Sequence[str],
    out: Path,
    seeds: int | None,
    changes: Sequence[str],
    resume: bool,
) -> None:
    """Train on one set and test on another, over the classes that both have.

    CONFIG is a YAML file or the name of a shipped config, such as across-sets. Each choice of
    --stain and --normalisation is a run of its own; of several, a table is shown and kept in --out.
    """
    from hybrid_wbc.stages import prepare
    from hybrid_wbc.stages import run as stages_run

    sides = [
        "data.layout=auto",
        "split.method=published",
        f"data.test_path={json.dumps(str(test_path.resolve()))}",
    ]
    settings = options.resolve(source, train_path, seeds, [*sides, *changes])
    planned = [
        _with(settings, train_path, test_path, stain, normalisation)
        for stain, normalisation in itertools.product(
            _chosen(stains, STAINS, settings.data.stain),
            _chosen(normalisations, NORMALISATIONS, settings.network.normalisation),
        )
    ]
    for each in planned:
        stages_run.check_names(each)
    prepare.data_source(settings)
    folders = []
    for each in planned:
        begun = resume and RunFolder.is_begun(out, each.name)
        with options.folder_of(each, out, resume=begun) as folder:
            stages_run.run(each, folder, options.reporter_of(folder))
        folders.append(folder)
    if len(folders) == 1:
        show_results(folders[0])
    else:
        _show_all(planned, folders, out / f"{_between(train_path, test_path)}.json")


def _show_all(planned: Sequence[Config], folders: Sequence[RunFolder], kept_at: Path) -> None:
    """Lay several runs side by side, and keep their scores and paired tests."""
    from hybrid_wbc.studies import formats
    from hybrid_wbc.studies.compare import compare_transfer

    compared = compare_transfer(folders, planned)
    formats.TRANSFER.write(kept_at, compared)
    compare.show_options(compared)
    click.echo(f"with the paired tests: {kept_at}")


def _with(
    settings: Config, train_path: Path, test_path: Path, stain: str, normalisation: str
) -> Config:
    """Give the settings of one run, which its name tells from the others."""
    words = (_between(train_path, test_path), stain.replace(" ", "-"), normalisation)
    changed = settings.model_dump() | {"name": "-".join(words)}
    changed["data"]["stain"] = stain
    changed["network"]["normalisation"] = normalisation
    return load.resolve(changed, "--stain and --normalisation")


def _between(train_path: Path, test_path: Path) -> str:
    names = [
        re.sub(r"[^\w.-]+", "-", p.resolve().name, flags=re.A) for p in (train_path, test_path)
    ]
    return f"transfer-{names[0]}-to-{names[1]}"


def _chosen(given: Sequence[str], every: Sequence[str], configured: str) -> Sequence[str]:
    if _ALL in given:
        return every
    return tuple(dict.fromkeys(given)) or (configured,)
