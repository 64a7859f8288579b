"""What the commands that begin runs share: their options, and the settings that these make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hybrid_wbc.config.settings import Config

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


def resolve(source: str, data: Path | None, seeds: int | None, changes: Sequence[str]) -> Config:
    """Read a config with what the options of a command change in it."""
    from hybrid_wbc.config import load

    options = [] if data is None else [f"data.path={json.dumps(str(data.resolve()))}"]
    options += [] if seeds is None else [f"evaluation.seeds={seeds}"]
    return load.load(source, [*changes, *options])
