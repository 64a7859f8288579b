"""The suspected wrong labels of a finished run, as a table that can be read back as corrections."""

from __future__ import annotations

from pathlib import Path

from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.suspects import Suspect
from hybrid_wbc.files import write_table
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run, suspected

# `id` and `label` are what `run --labels` reads: the suggested label, beside the present one.
COLUMNS = (
    "id", "label", "present_label", "agreement", "neighbours", "probability_of_present_label",
    "repeats", "reason",
)  # fmt: skip


def find_suspects(folder: RunFolder) -> list[Suspect]:
    """Find the cells of a run whose labels are suspected.

    Parameters
    ----------
    folder : RunFolder

    Returns
    -------
    list of Suspect
        The most suspected first.

    Raises
    ------
    InputError
        If nothing has been classified yet, or the network has no embedding layer.
    """
    repeats = [repeat for repeat in Run(folder).repeats() if repeat.is_classified]
    if not repeats:
        raise InputError(f"{folder.path}: nothing is classified yet; finish the run first")
    repeats[0].features("neighbour of any cell")
    return suspected(repeats)


def rows(suspects: list[Suspect]) -> list[list[str | float | int | None]]:
    """Give the rows of the table, in the order of `COLUMNS`."""
    return [
        [
            suspect["id"],
            suspect["suggested"],
            suspect["label"],
            suspect["agreement"],
            suspect["neighbours"],
            suspect["probability"],
            suspect["repeats"],
            suspect["reason"],
        ]
        for suspect in suspects
    ]


def write_suspects(path: Path, suspects: list[Suspect]) -> None:
    """Write the table as CSV."""
    write_table(path, COLUMNS, rows(suspects))
