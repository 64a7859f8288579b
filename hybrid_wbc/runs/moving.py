"""Takes files of a run to another machine and back: as bytes, by their place in the run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hybrid_wbc.config.settings import Config
from hybrid_wbc.files import in_place
from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs.checksums import Checksums
from hybrid_wbc.runs.folder import RunFolder

Files = dict[str, bytes]
"""The bytes of each file, by its place in the run's folder."""


def facts_of(folder: RunFolder, config: Config) -> Files:
    """Give what the training of a repeat has to know of a run, with these settings for its own."""
    checked = Checksums(folder.path).checked
    written = (folder.manifest_path, folder.path / names.PROVENANCE)
    return {names.CONFIG: config.to_yaml().encode()} | {
        path.name: checked(path).read_bytes() for path in written
    }


def repeat_of(folder: RunFolder, name: str) -> Files:
    """Give the files of one seed or fold that are whole.

    Raises
    ------
    InputError
        If one was changed since it was written.
    """
    checksums = Checksums(folder.path)
    found = sorted(path for path in (folder.path / name).rglob("*") if path.is_file())
    return {
        path.relative_to(folder.path).as_posix(): checksums.checked(path).read_bytes()
        for path in found
        if checksums.counts(path)
    }


def receive(folder: RunFolder, files: Mapping[str, bytes]) -> None:
    """Write files that came from elsewhere, each whole or not at all."""
    paths = [folder.path / name for name in files]
    with Checksums(folder.path).written(*paths):
        for path, content in zip(paths, files.values(), strict=True):
            with in_place(path) as beside:
                beside.write_bytes(content)


def copy_at(path: Path, files: Mapping[str, bytes], origin: Path) -> RunFolder:
    """Make a folder of some files of a run, to train in.

    Trainings under way are kept in the run's own folder, where that can be seen and written from
    here, so that what trains after a kill goes on from them.

    Parameters
    ----------
    path : Path
        An empty folder.
    files : mapping of str to bytes
        As `facts_of` and `repeat_of` give them.
    origin : Path
        The run's own folder, as the one who asked names it.

    Returns
    -------
    RunFolder
    """
    Checksums(path).begin()
    folder = RunFolder(path, under_way=origin if _is_at(origin, files) else None)
    receive(folder, files)
    return folder


def _is_at(origin: Path, files: Mapping[str, bytes]) -> bool:
    """Whether the run that the files are of can be written there, not another of the same name."""
    try:
        return os.access(origin, os.W_OK) and all(
            (origin / name).read_bytes() == files[name]
            for name in (names.MANIFEST, names.PROVENANCE)
        )
    except OSError:
        return False
