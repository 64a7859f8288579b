"""Opens a run's folder, made or gone on with, and gives its settings and its log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run


def reporter_of(folder: RunFolder) -> Reporter:
    """Say what is being done on stderr and in the run's log."""
    return Reporter(log=folder.log)


def open_run(path: Path) -> tuple[Config, RunFolder, Reporter]:
    """Open an existing run folder, with what every stage takes: settings, folder, reporter.

    Raises
    ------
    InputError
        If there is none.
    """
    folder = RunFolder.open(path)
    return Run(folder).config(), folder, reporter_of(folder)


@contextmanager
def begun(settings: Config, out: Path, *, resume: bool) -> Iterator[RunFolder]:
    """Make the folder of a run, removed where it comes to nothing, or find the one to go on with.

    Parameters
    ----------
    settings : Config
    out : Path
        Folder that run folders are made in.
    resume : bool
        Go on with the newest run of this name.

    Yields
    ------
    RunFolder

    Raises
    ------
    InputError
        If there is no run to go on with, or it was begun with other settings.
    """
    if not resume:
        folder = RunFolder.create(out, settings.name, settings.to_yaml())
        with discarded_unless_begun(folder):
            yield folder
        return
    folder = RunFolder.newest(out, settings.name)
    before = Run(folder).config()
    # What the data have decided of the split is no other setting, and a description is none at all.
    asked = settings.decided(before.split.method).model_copy(
        update={"description": before.description}
    )
    if before != asked:
        changed = _differences(before.model_dump(), asked.model_dump())
        raise InputError(
            f"--resume: {folder.path} was begun with other settings ({', '.join(changed)}); "
            "give the same ones, or start a new run"
        )
    yield folder


@contextmanager
def discarded_unless_begun(*folders: RunFolder) -> Iterator[None]:
    """Remove the folders in which nothing has been trained where the settings made no run."""
    try:
        yield
    except InputError:
        for folder in folders:
            folder.discard_unless_begun()
        raise


def _differences(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[str]:
    changed = []
    for key, value in after.items():
        if isinstance(value, dict) and isinstance(before[key], dict):
            changed += _differences(before[key], value, f"{prefix}{key}.")
        elif value != before[key]:
            changed.append(f"{prefix}{key}")
    return changed
