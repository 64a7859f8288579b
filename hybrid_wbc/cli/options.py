"""What the commands that begin runs share: options, settings, the folder made or gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from hybrid_wbc.config import load
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder

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
    options = [] if data is None else [f"data.path={json.dumps(str(data.resolve()))}"]
    options += [] if seeds is None else [f"evaluation.seeds={seeds}"]
    return load.load(source, [*changes, *options])


@contextmanager
def folder_of(settings: Config, out: Path, *, resume: bool) -> Iterator[RunFolder]:
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
    before = settings_of(folder)
    if before != settings:
        changed = _differences(before.model_dump(), settings.model_dump())
        raise InputError(
            f"--resume: {folder.path} was begun with other settings ({', '.join(changed)}); "
            "give the same ones, or start a new run"
        )
    yield folder


def _differences(
    before: Mapping[str, object], after: Mapping[str, object], prefix: str = ""
) -> list[str]:
    changed = []
    for key, value in after.items():
        old = before[key]
        if isinstance(value, dict) and isinstance(old, dict):
            changed += _differences(old, value, f"{prefix}{key}.")
        elif value != old:
            changed.append(f"{prefix}{key}")
    return changed


def settings_of(folder: RunFolder) -> Config:
    """Read the settings that a run was begun with."""
    return load.load(folder.config_path)


def reporter_of(folder: RunFolder) -> Reporter:
    """Say what is being done on stderr and in the run's log."""
    return Reporter(Console(stderr=True), folder.log)
