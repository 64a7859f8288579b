"""Brings a public data set into a folder of its own: downloads, unpacks, keeps a receipt, checks.

Everything is prepared in `.NAME.part` and moved to `NAME` when it is whole. Downloads that are done
or begun stay there, so that a fetch that was stopped goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hybrid_wbc.data.sets.addresses import EDITIONS, Edition, RemoteFile
from hybrid_wbc.data.sets.archives import DamagedArchiveError, is_archive
from hybrid_wbc.data.sets.catalog import DATASETS
from hybrid_wbc.data.sets.download import download, size_of
from hybrid_wbc.data.sets.unpacking import unpack
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Advance

RECEIPT = "fetched.json"

_MB = 10**6

Job = Callable[[str], AbstractContextManager[Advance]]
"""Begins to say how a piece of long work goes on, by its title: `progress.Reporter.job`."""


def edition_of(name: str) -> Edition:
    """Return what is fetched under a name, or raise an InputError."""
    if name not in EDITIONS:
        raise InputError(f"data set '{name}' is unknown; choose {', '.join(EDITIONS)}")
    return EDITIONS[name]


def sizes_of(edition: Edition) -> list[int | None]:
    """Return the bytes of each file of an edition, as `download.size_of` does."""
    with _naming_the_page(edition):
        return [size_of(remote) for remote in edition.files]


def fetch(name: str, out: Path, *, job: Job) -> Path:
    """Fetch a data set into a folder, or check the one that is there.

    Parameters
    ----------
    name : str
        A key of `addresses.EDITIONS`.
    out : Path
        Where the folder `name` is made.
    job : callable
        `progress.Reporter.job`, or its like.

    Returns
    -------
    Path
        The folder `name`, with the set and a receipt, `fetched.json`: what was fetched from where,
        under which licence, and the size and SHA-256 of each file.

    Raises
    ------
    InputError
        If the name is unknown or no program can fetch the set; if the folder holds something else
        or has changed since; if another fetch of it is at work; and as `download` and `unpack`.
    """
    edition = edition_of(name)
    folder = out / name
    if folder.exists():
        check(folder, job=job)
        return folder
    if not edition.files:
        raise InputError(by_hand(name))
    staging = out / f".{name}.part"
    staging.mkdir(parents=True, exist_ok=True)
    with _alone(staging):
        for remote in edition.files:
            with _naming_the_page(edition), job(f"downloading {remote.name}, MB") as advance:
                download(remote, staging, progress=_in_megabytes(advance))
        _put_together(name, staging, job).rename(folder)
        shutil.rmtree(staging)
    return folder


def check(folder: Path, *, job: Job) -> int:
    """Check a fetched folder against its receipt.

    Returns
    -------
    int
        How many files are there as they were fetched.

    Raises
    ------
    InputError
        If there is no receipt, or a file is missing or has changed.
    """
    receipt = folder / RECEIPT
    if not receipt.is_file():
        raise InputError(
            f"{folder}: already there and not fetched by this command; move it away, or choose "
            "another folder with --out"
        )
    try:
        files = json.loads(receipt.read_text("utf-8"))["files"]
        expected = {path: (entry["size"], entry["sha256"]) for path, entry in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{receipt}: not a receipt; move {folder} away to fetch anew") from error
    wrong = []
    with job("checking files") as advance:
        for done, (path, facts) in enumerate(expected.items(), start=1):
            place = folder / path
            if not place.is_file() or (place.stat().st_size, _sha256(place)) != facts:
                wrong.append(path)
            advance(done, len(expected))
    if wrong:
        raise InputError(
            f"{folder}: {len(wrong)} of {len(expected)} files are missing or have changed since "
            f"they were fetched, first {wrong[0]}; move the folder away to fetch it anew"
        )
    return len(expected)


def by_hand(name: str) -> str:
    """Say in one line how a user comes by a data set without this program."""
    dataset = DATASETS[edition_of(name).dataset]
    return f"{name}: to be fetched by hand from {dataset.source}: {dataset.obtain}"


@contextmanager
def _naming_the_page(edition: Edition) -> Iterator[None]:
    """Add to what went wrong with a download where the set can be had by hand."""
    try:
        yield
    except InputError as error:
        page = DATASETS[edition.dataset].source
        raise InputError(f"{error}; the publisher's page is {page}") from error


def _put_together(name: str, staging: Path, job: Job) -> Path:
    """Make the whole folder from the downloads: archives unpacked, a receipt, the plain files."""
    edition = EDITIONS[name]
    whole = staging / "whole"
    shutil.rmtree(whole, ignore_errors=True)  # of a fetch that was killed here
    plain = [remote for remote in edition.files if not is_archive(remote.name)]
    for remote in edition.files:
        if remote not in plain:
            _unpack(staging / remote.name, whole / remote.place, job)
    places = {whole / remote.place / remote.name: staging / remote.name for remote in plain}
    unpacked = {path: path for path in sorted(whole.rglob("*")) if path.is_file()}
    dataset = DATASETS[edition.dataset]
    receipt = {
        "name": name,
        "licence": dataset.licence,
        "citation": dataset.citation,
        "fetched": [_described(remote, staging / remote.name) for remote in edition.files],
        "files": {
            place.relative_to(whole).as_posix(): {
                "size": path.stat().st_size,
                "sha256": _sha256(path),
            }
            for place, path in (unpacked | places).items()
        },
    }
    whole.mkdir(exist_ok=True)
    text = json.dumps(receipt, indent=1, ensure_ascii=False)
    (whole / RECEIPT).write_text(f"{text}\n", "utf-8")
    # Last, so that a kill before it costs no download.
    for place, path in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    return whole


def _unpack(archive: Path, folder: Path, job: Job) -> None:
    at_least = archive.stat().st_size  # how much it holds is known when all is unpacked
    try:
        with job(f"unpacking {archive.name}, MB") as advance:
            show = _in_megabytes(advance)
            unpack(archive, folder, progress=lambda done: show(done, max(done, at_least)))
    except DamagedArchiveError as error:
        archive.unlink()
        raise InputError(f"{error}; it is deleted, call again to fetch it anew") from error


def _described(remote: RemoteFile, path: Path) -> dict[str, object]:
    return {"url": remote.url, "size": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_megabytes(advance: Advance) -> Callable[[int, int], None]:
    return lambda done, total: advance(done // _MB, -(-total // _MB))


@contextmanager
def _alone(staging: Path) -> Iterator[None]:
    """Keep two fetches from writing to the same files; a kill lets go by itself."""
    with (staging / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"{staging}: another fetch of it is at work; wait for it") from error
        yield
