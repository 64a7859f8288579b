"""Owns the sentences that an audit begins with, the same on the page and on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hybrid_wbc.data.photographs.copies import Level, SharedGroup, SideCounts
from hybrid_wbc.evaluation.audit import Audit
from hybrid_wbc.evaluation.leakage import WorthOfCopies

LEVELS: dict[Level, str] = {
    "file": "same bytes",
    "photograph": "same photograph",
    "cells": "same cells",
}


def percent(share: float) -> str:
    """Write a share as a percentage with one decimal."""
    return f"{100 * share:.1f}\u00a0%"


def points(difference: float) -> str:
    """Write a difference of two shares in percentage points with one decimal, signed if below 0."""
    text = f"{100 * difference:.1f}"
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun, such as `1 file` or `2,487 files`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def sentences(audit: Audit) -> list[str]:
    """Say in plain words what a reader should know first.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    list of str
        Photographs, the set's own split, what copies are worth, duplicates and conflicts.
    """
    return [
        _photographs(audit),
        _split(audit["sides"], audit["shared"]),
        _worth(audit),
        _doubled(audit),
    ]


def _photographs(audit: Audit) -> str:
    files, found = audit["n_readable"], audit["n_photographs"]
    if found == files:
        said = f"{counted(files, 'file')}, and no two show the same photograph."
    else:
        said = f"{counted(files, 'file')} show {counted(found, 'photograph')}"
        said += f"; the most copied fills {counted(audit['largest_photograph'], 'file')}."
    if audit["n_cell_groups"] < found:
        said += (
            f" Some cells were photographed more than once: by the cells that they show, the files "
            f"are {audit['n_cell_groups']:,} groups."
        )
    if audit["n_sources"] < found:
        said += (
            f" With what the set itself puts together there are "
            f"{counted(audit['n_sources'], 'source')}."
        )
    return said


def _split(sides: Mapping[str, SideCounts], shared: Sequence[SharedGroup]) -> str:
    if not sides:
        return "The set comes without a split of its own."
    held = ", ".join(f"{name or 'no side'} {side['photographs']:,}" for name, side in sides.items())
    photographs = [group for group in shared if group["level"] != "cells"]
    cells = len(shared) - len(photographs)
    again = (
        f" {counted(cells, 'group')} of the same cells, photographed more than once, "
        f"{'lies' if cells == 1 else 'lie'} on several sides."
    )
    if len(sides) == 1:
        return f"All files lie on one side, {next(iter(sides))}: the set has no split of its own."
    if not photographs:
        said = f"The set's own split shares no photograph between its sides ({held})."
        return said + again if cells else said
    files = sum(len(ids) for group in photographs for ids in group["sides"].values())
    number = counted(len(photographs), "photograph")
    said = f"The set's own split leaks: {number} ({counted(files, 'file')}) on several sides."
    return said + again if cells else said


def _worth(audit: Audit) -> str:
    """Say what a split at random gains, and by what: copies, or other cells of one source."""
    leakage = audit["leakage"]
    random, by_source = leakage["random"], leakage["by_source"]
    difference, largest = leakage["difference"], leakage["largest_class"]
    if random is None or by_source is None or difference is None or largest is None:
        return (
            "What copies are worth was not measured: fewer than two classes have "
            f"{leakage['folds']} sources."
        )
    if has_no_copies(leakage):
        said = (
            f"A bare colour histogram gets {percent(random['mean'])} when files are split at "
            "random. Every file that took part is a source of its own, so there are no copies that "
            f"could be worth anything. Naming the largest class gets {percent(largest)}."
        )
        return said + _on_own_split(leakage)
    together, worth = "photographs are kept", "copies alone are"
    if audit["n_sources"] < audit["n_photographs"]:
        together = "photographs, and what the set itself puts together, are kept"
        worth = "knowing the source is"
        if audit["n_photographs"] == audit["n_readable"]:
            together = "what the set itself puts together is kept"
    unsure = ", and may be nothing" if difference["low"] <= 0 <= difference["high"] else ""
    gained = f"is what {worth} worth{unsure}"
    if difference["high"] < 0:
        gained = f"is below 0: {worth} worth nothing here"
    said = (
        f"A bare colour histogram gets {percent(random['mean'])} when files are split "
        f"at random and {percent(by_source['mean'])} when {together} "
        f"together; the difference of {points(difference['mean'])} points (95 % interval "
        f"{points(difference['low'])} to {points(difference['high'])}) "
        f"{gained}. Naming the largest class gets {percent(largest)}."
    )
    return said + _on_own_split(leakage)


def has_no_copies(leakage: WorthOfCopies) -> bool:
    """Whether every file that took part is a source of its own."""
    return leakage["n_sources"] == leakage["n_files"]


def _on_own_split(leakage: WorthOfCopies) -> str:
    if leakage["published"] is None:
        return ""
    return f" On the set's own split: {percent(leakage['published']['mean'])}."


def _doubled(audit: Audit) -> str:
    duplicates = len(audit["duplicates"])
    if not duplicates:
        said = "No two files are byte-identical."
    else:
        files = sum(map(len, audit["duplicates"]))
        said = f"{counted(files, 'file')} are byte-identical copies, in "
        said += f"{counted(duplicates, 'group')}; "
        certain = sum(group["level"] == "file" for group in audit["conflicts"])
        said += (
            f"{certain:,} with conflicting labels." if certain else "no labels of theirs conflict."
        )
    fields = sum(group["level"] != "file" for group in audit["conflicts"])
    if fields:
        said += (
            f" {counted(fields, 'group')} of files that show the same "
            f"{'has' if fields == 1 else 'have'} different labels, which may be of two cells in "
            "view: see the pairs."
        )
    return said


def by_label(files: Mapping[str, Sequence[str]]) -> list[tuple[str, list[str]]]:
    """Put the files of one conflict together by their labels.

    Parameters
    ----------
    files : mapping of str to sequence of str
        The labels of each file.

    Returns
    -------
    list of (str, list of str)
        Labels in words, and the files, those with most files first.
    """
    alike: dict[str, list[str]] = {}
    for name, labels in files.items():
        alike.setdefault(" and ".join(labels) or "no label", []).append(name)
    return sorted(alike.items(), key=lambda entry: -len(entry[1]))
