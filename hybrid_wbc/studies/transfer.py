"""Trains on one set and tests on another, and lays the ways of bringing them together in a row."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.config import load
from hybrid_wbc.config.settings import Config
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.stages.run import begin, check_names, run
from hybrid_wbc.stages.sets import data_source
from hybrid_wbc.studies import formats
from hybrid_wbc.studies.compare import Transfer, compare_transfer

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Transferred:
    """What came of training on one set and testing on another.

    Parameters
    ----------
    folders : list of RunFolder
        One for each stain and normalisation.
    compared : Transfer or None
        Of several runs.
    kept_at : Path
        The file that keeps the comparison.
    """

    folders: list[RunFolder]
    compared: Transfer | None
    kept_at: Path


def sides(test_path: Path) -> list[str]:
    """Give the changes by which any config tests on a second set, and trains on its first."""
    return [
        "data.layout=auto",
        "split.method=published",
        f"data.test_path={json.dumps(str(test_path.resolve()))}",
    ]


def transfer(
    config: Config,
    train_path: Path,
    test_path: Path,
    out: Path,
    *,
    stains: Sequence[str] = (),
    normalisations: Sequence[str] = (),
    resume: bool = False,
    client: Client | None = None,
) -> Transferred:
    """Do a run for each stain and normalisation, and compare them where there are several.

    Parameters
    ----------
    config : Config
        With the two sets, as `sides` gives them.
    train_path, test_path : Path
        The sets, which the runs are named after.
    out : Path
        Folder that run folders are made in.
    stains, normalisations : sequence of str
        Of `data.stain` and of `network.normalisation`; where none is given, the config's.
    resume : bool
        Go on with those runs that were begun.
    client : distributed.Client, optional
        Of a cluster whose workers train the networks.

    Returns
    -------
    Transferred

    Raises
    ------
    InputError
        If the data or settings cannot make a run.
    """
    between = _between(train_path, test_path)
    planned = [
        _with(config, between, stain, normalisation)
        for stain, normalisation in itertools.product(
            _once_each(stains) or [config.data.stain],
            _once_each(normalisations) or [config.network.normalisation],
        )
    ]
    # What cannot run is found out before anything is trained.
    for each in planned:
        check_names(each)
    data_source(config)
    whole = partial(run, client=client)
    folders = [
        begin(each, out, whole, resume=resume and RunFolder.is_begun(out, each.name))
        for each in planned
    ]
    kept_at = out / f"{between}.json"
    compared = compare_transfer(folders, planned) if len(folders) > 1 else None
    if compared is not None:
        formats.TRANSFER.write(kept_at, compared)
    return Transferred(folders, compared, kept_at)


def _with(config: Config, between: str, stain: str, normalisation: str) -> Config:
    """Give the settings of one run, which its name tells from the others."""
    words = (between, stain.replace(" ", "-"), normalisation)
    changed = config.model_dump() | {"name": "-".join(words)}
    changed["data"]["stain"] = stain
    changed["network"]["normalisation"] = normalisation
    return load.resolve(changed, "--stain and --normalisation")


def _between(train_path: Path, test_path: Path) -> str:
    names = [
        re.sub(r"[^\w.-]+", "-", p.resolve().name, flags=re.A) for p in (train_path, test_path)
    ]
    return f"transfer-{names[0]}-to-{names[1]}"


def _once_each(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(given))
