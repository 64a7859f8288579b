"""The `.hybrid` file: a zip archive whose last bytes are the checksum of all that precede them."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path

from hybrid_wbc.config.names import PACKAGED
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, read_archive, seal, seal_holds, write_archive

FORMAT = 2
# The kinds of file: a fitted `HybridClassifier`, and a finished run.
ESTIMATOR, RUN = "estimator", "run"
LARGEST = 2**30
"""Bytes of the largest file that is read."""
_FACTS, _PACKED = "format.json", "packed.zip"
# A part lies at the top or in one folder.
_NAME = re.compile(r"(?:[\w-]+/)?[\w-]+(?:\.[\w-]+)+", re.ASCII)


def write(path: Path, kind: str, members: Mapping[str, bytes], packed: Collection[str] = ()) -> int:
    """Write a sealed archive, whole or not at all; equal content gives equal bytes.

    Parameters
    ----------
    path : Path
    kind : {"estimator", "run"}
    members : mapping of str to bytes
    packed : collection of str
        The members that are made smaller together, in an archive of their own.

    Returns
    -------
    int
        Bytes of the file.
    """
    facts = json.dumps({"format": FORMAT, "kind": kind}).encode()
    kept = {_FACTS: facts, **{name: members[name] for name in members if name not in packed}}
    # In one piece: the classifiers repeat the training cells, each in its own file.
    together = {name: members[name] for name in packed}
    small = {_PACKED: write_archive(together)} if packed else {}
    sealed = seal(write_archive(kept | small, packed=small, deflated=kept))
    with in_place(path) as beside:
        beside.write_bytes(sealed)
    return len(sealed)


def located(path: Path) -> Path:
    """Give where a file lies: "packaged" is the one that comes with the program.

    Raises
    ------
    InputError
        If that is asked for and this installation has none.
    """
    if str(path) != PACKAGED or path.exists():
        return path
    installed = Path(str(resources.files("hybrid_wbc"))) / "models" / f"{PACKAGED}.hybrid"
    if not installed.is_file():
        raise InputError(
            f"{PACKAGED}: this installation comes without its model; give a run's folder or a "
            ".hybrid file"
        )
    return installed


def read(path: Path) -> tuple[str, dict[str, bytes]]:
    """Read what `write` wrote.

    Parameters
    ----------
    path : Path
        Or "packaged", as for `located`.

    Returns
    -------
    kind : str
    members : dict of str to bytes

    Raises
    ------
    InputError
        If the file is missing, too large, changed by a byte, of a newer version, or another thing
        altogether.
    """
    content = _content(located(path))
    holds = seal_holds(content)
    if holds is None and content[:4] == b"PK\x03\x04":
        raise InputError(
            f"{path}: cut off, changed, or written by an earlier version; get it again, or save it "
            "again"
        )
    if holds is None:
        raise InputError(
            f"{path}: not a .hybrid file; give one that `export --bundle` or `save` wrote"
        )
    if not holds:
        raise InputError(f"{path}: damaged or changed since it was written; get it again")
    try:
        members = read_archive(content)
        facts = json.loads(members.pop(_FACTS))
        if _PACKED in members:
            members |= read_archive(members.pop(_PACKED))
        kind, version = str(facts["kind"]), int(facts["format"])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"{path}: damaged or not a .hybrid file: {error}") from error
    if version > FORMAT or kind not in (ESTIMATOR, RUN):
        raise InputError(
            f"{path}: of a newer version (format {version}, {kind}; this one reads {FORMAT}); "
            "update hybrid-wbc"
        )
    return kind, members


def is_estimator(path: Path) -> bool:
    """Whether a file keeps a single estimator, which is not read for this."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "settings.json" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def unpack(members: Mapping[str, bytes], folder: Path) -> None:
    """Write the members of a file into a folder, in which their names are paths.

    Raises
    ------
    InputError
        If a name leads out of the folder.
    """
    for name, content in members.items():
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r}: no name of a part of a .hybrid file; get the file again")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _content(path: Path) -> bytes:
    advice = "give a file that `export --bundle` or `save` wrote"
    try:
        # To open a pipe waits for a writer.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InputError(f"{path}: not a regular file; {advice}")
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size > LARGEST:
                raise InputError(
                    f"{path}: {size:,} bytes, more than the {LARGEST:,} that are read; {advice}"
                )
            file.seek(0)
            return file.read()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; {advice}") from error
