"""A look at a data set: reads and cleans it, and sums up what is there and what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

from hybrid_wbc.config import shipped
from hybrid_wbc.data import checking, cleaning, sides
from hybrid_wbc.data.reading import readers
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.choose import FEWEST_SOURCES, rare_classes


class CheckedSet(checking.Check):
    """What a set holds, what is dropped of it, and what comes next.

    `to_mend` are the reasons for which a run would end with an error; `next_command` is the command
    that trains on the set, empty where something has to be mended first.
    """

    to_mend: list[str]
    next_command: str


def check(path: Path, reporter: Reporter, *, layout: str = "auto") -> CheckedSet:
    """Sum up a data set: counts, drops with their reasons, sizes, warnings, and what comes next.

    Parameters
    ----------
    path : Path
        A folder or file that `readers.read` knows.
    reporter : Reporter
    layout : str
        A key of `readers.LAYOUTS`, or `auto`.

    Returns
    -------
    CheckedSet

    Raises
    ------
    InputError
        If there is no set at the path, or no image in it can be used.
    """
    reading = readers.read(path, layout)
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    summary = checking.check(reading, cleaned)
    # A shipped config of that name would be meant otherwise.
    named = f"./{path}" if str(path) in shipped.files() else str(path)
    command = shlex.join(["hybrid-wbc", "run", named])
    if layout != "auto":
        command += f" --set data.layout={layout}"
    to_mend = _to_mend(summary, cleaned, command)
    return {**summary, "to_mend": to_mend, "next_command": "" if to_mend else command}


def _to_mend(summary: checking.Check, cleaned: cleaning.Cleaned, command: str) -> list[str]:
    """Say for which reasons a run of the set would end with an error."""
    classes = summary["classes"]
    if len(classes) < 2:
        return ["a run tells classes apart: add cells of a second class"]
    refused, _, why = summary["split"].partition(": ")
    if refused == sides.REFUSED:
        return [why]
    if not any(sides.NO_SIDE in counts or "all" in counts for counts in classes.values()):
        held = {side for counts in classes.values() for side in counts}
        if {TRAIN, TEST} <= held:
            return [
                f"{name} has no cell on the {side} side: add some, or split all cells anew with "
                f"{command} --set split.method=ratio"
                for name, counts in classes.items()
                for side in (TRAIN, TEST)
                if side not in counts
            ]
    if len(classes) - len(rare_classes(cleaned.kept)) < 2:
        return [f"fewer than two classes have cells of {FEWEST_SOURCES} sources: add cells"]
    return []
