"""The commands that show and reproduce published systems."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli import options, places, waiting

# What each command needs beyond this is imported when it is called: TensorFlow takes seconds.

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("name", metavar="SYSTEM")
def system(name: str) -> None:
    """Show a published system: its settings with their reasons, and its paper's figures.

    Settings are stated by the paper, computed from what it states, or deduced, that is, chosen
    where it is silent. `hybrid-wbc list systems` names the systems.
    """
    from hybrid_wbc.cli.views.system import show_system
    from hybrid_wbc.config import systems

    show_system(systems.load(name))


@click.command()
@click.argument("name", metavar="SYSTEM|all")
@click.option("--data", type=_PATH, required=True, help="The data set; see `list datasets`.")
@click.option(
    "--protocol",
    type=click.Choice(["as-published", "by-source", "both"]),
    default="both",
    show_default=True,
    help="Split as the paper does, or with every photograph on one side.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option(
    "--weights",
    metavar="imagenet|none|FILE",
    help="What the network starts from, instead of the recipe's.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), help="How many repeats, instead of the recipe's."
)
@click.option(
    "--head", is_flag=True, help="Add an embedding layer, and the classifiers that take it."
)
@click.option(
    "--deductions",
    is_flag=True,
    help="Train also with each other value that the paper leaves open, one at a time.",
)
@options.set_option
@options.out_option
@options.cluster_option
@options.dry_run_option
def reproduce(
    name: str,
    data: Path,
    protocol: str,
    epochs: int | None,
    weights: str | None,
    seeds: int | None,
    head: bool,
    deductions: bool,
    changes: Sequence[str],
    out: Path,
    place: str | None,
    dry_run: bool,
) -> None:
    """Reproduce a published SYSTEM: the paper's figures, its own protocol's, and those by source.

    `hybrid-wbc list systems` names the systems, `hybrid-wbc system NAME` shows one. A reproduction
    that was stopped goes on where it stopped when it is asked for again.
    """
    places.check({}, {"--out": None if dry_run else out})
    from hybrid_wbc.config import systems
    from hybrid_wbc.config.systems import PROTOCOLS

    found = [systems.load(each) for each in (systems.names() if name == "all" else [name])]
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.reproduction import show_plan, show_reproduction
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.stages.cluster import opened
    from hybrid_wbc.studies.recipe import Asked, Changes, plan_each
    from hybrid_wbc.studies.reproduce import reproduce_each

    asked = Asked(
        data.resolve(),
        [each for each in PROTOCOLS if protocol in ("both", each.replace(" ", "-"))],
        Changes(epochs, seeds, weights, head, changes),
        deductions,
    )
    if dry_run:
        for plan in plan_each(found, asked, Reporter()):
            show_plan(plan)
        return
    command = ("hybrid-wbc", *sys.argv[1:])
    with opened(place) as client:
        for page, result in reproduce_each(found, asked, out, command=command, client=client):
            show_reproduction(result, page)


COMMANDS = (system, reproduce)
