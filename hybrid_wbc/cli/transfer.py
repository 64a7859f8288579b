"""The command `transfer`: train on one set, test on another, and lay the options side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli import options, places, waiting
from hybrid_wbc.config.names import NORMALISATIONS, STAINS

_PATH = click.Path(path_type=Path)
_ALL = "all"


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
@options.resume_option("the runs of these sets")
@options.cluster_option
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
    place: str | None,
) -> None:
    """Train on one set and test on another, over the classes that both have.

    CONFIG is a YAML file or the name of a shipped config, such as across-sets. Each choice of
    --stain and --normalisation is a run of its own; of several, a table is shown and kept in --out.
    """
    places.check({}, {"--out": out})
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.compare import show_options
    from hybrid_wbc.cli.views.run import show_results
    from hybrid_wbc.stages.cluster import opened
    from hybrid_wbc.studies.transfer import sides
    from hybrid_wbc.studies.transfer import transfer as train_and_test

    settings = options.resolve(source, train_path, seeds, [*sides(test_path), *changes])
    with opened(place) as client:
        found = train_and_test(
            settings,
            train_path,
            test_path,
            out,
            stains=STAINS if _ALL in stains else stains,
            normalisations=NORMALISATIONS if _ALL in normalisations else normalisations,
            resume=resume,
            client=client,
        )
    if found.compared is None:
        show_results(found.folders[0])
    else:
        show_options(found.compared, found.kept_at)


COMMANDS = (transfer,)
