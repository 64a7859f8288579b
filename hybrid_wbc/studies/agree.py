"""Set tables of counts beside a manual reference: one row a slide, one column a class."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

from hybrid_wbc.data.reading.rows import column, heading, rows, value
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.agreement import Agreement, agree
from hybrid_wbc.evaluation.differential import BESIDE, in_order
from hybrid_wbc.files import in_place
from hybrid_wbc.report.figures.agreement import bland_altman
from hybrid_wbc.studies.counting import CUT_OFF, UNKNOWN

SLIDE = "slide"
# Columns that are counted beside the classes.
_NOT_COMPARED = (*BESIDE, UNKNOWN, CUT_OFF)
# What a table may call the sum of its classes, which is none of them.
_TOTALS = ("total", "totals", "sum", "wbc", "cells", "gesamt", "summe", "suma")
_FIGURES = (".png", ".pdf", ".svg")


def compare_counts(counts: Path, reference: Path) -> Agreement:
    """Set one table of counts beside another.

    Parameters
    ----------
    counts, reference : Path
        CSV files with a column `slide` and one for each class, as `predict --counts` writes them.
        What is no white cell, and cells that are unlike anything seen or cut off, are not
        compared. A column of totals is held against the sum of the classes.

    Returns
    -------
    Agreement
        Of the slides and classes that both have.

    Raises
    ------
    InputError
        Naming the row where a table is wrong or does not add up to its total, or if the two have
        no slide or no class in common.
    """
    ours, theirs = _read(counts), _read(reference)
    slides = [slide for slide in ours if slide in theirs]
    if not slides:
        raise InputError(
            f"{counts} and {reference}: no slide of one name in both; their column '{SLIDE}' has "
            f"to name the slides alike (the first are '{next(iter(ours))}' and "
            f"'{next(iter(theirs))}')"
        )
    first, second = ours[slides[0]], theirs[slides[0]]
    labels = in_order(label for label in first if label in second)
    if not labels:
        raise InputError(
            f"{counts} and {reference}: no class in common; the columns are {', '.join(first)} and "
            f"{', '.join(second)}"
        )
    only = [label for label in {**first, **second} if label not in labels]
    if only:
        raise InputError(
            f"{counts} and {reference}: only one of them counts {', '.join(only)}; name classes "
            "alike, add up what the other table counts together (bands and segmented neutrophils, "
            "say), and give 0 where there are none"
        )
    both = [np.array([[t[s][label] for label in labels] for s in slides]) for t in (ours, theirs)]
    left_out = sorted(ours.keys() ^ theirs.keys())
    return agree(slides, labels, *both, left_out=left_out)


def check_figure(path: Path) -> None:
    """Refuse a name of a figure that ends otherwise than in PNG, PDF or SVG.

    Raises
    ------
    InputError
    """
    if path.suffix.lower() not in _FIGURES:
        raise InputError(f"{path}: a figure ends in {', '.join(_FIGURES)}")


def draw_agreement(agreement: Agreement, path: Path) -> None:
    """Write the Bland-Altman figure, as PNG, PDF or SVG.

    Raises
    ------
    InputError
        As `check_figure`.
    """
    check_figure(path)
    figure = bland_altman(agreement)
    with in_place(path) as beside:
        figure.savefig(beside, format=path.suffix[1:].lower(), dpi=200)


def _read(path: Path) -> dict[str, dict[str, int]]:
    """Read a table: the cells of each class by slide."""
    if not path.exists():
        raise InputError(f"{path}: not found; give a CSV file with a row for each slide")
    head = heading(path)
    named = column(head, [SLIDE])
    if named is None or len(head) < 2:
        # Says what is amiss where this is no table at all.
        list(rows(path, []))
        raise InputError(
            f"{path}: line 1: no column '{SLIDE}' beside columns of classes; received "
            f"{', '.join(head) or 'nothing'}"
        )
    classes = {name: class_name(name) for name in head if name not in ("", named)}
    given = list(classes.values())
    twice = {name for name in given if given.count(name) > 1}
    if twice:
        raise InputError(f"{path}: line 1: two columns of {', '.join(sorted(twice))}; give one")
    found: dict[str, dict[str, int]] = {}
    for number, row in rows(path, []):
        where = f"{path}: line {number}"
        # A Mac and Windows write the same accents otherwise.
        slide = unicodedata.normalize("NFC", row[named])
        if not slide:
            raise InputError(f"{where}: the slide has no name")
        if slide in found:
            raise InputError(f"{where}: slide '{slide}' has a row already")
        entries = {classes[name]: row[name] for name in classes}
        found[slide] = _cells(where, entries)
        _check_totals(where, entries, sum(found[slide].values()))
        if not sum(found[slide].values()):
            raise InputError(f"{where}: no cell counted on slide '{slide}'; leave the slide out")
    if not found:
        raise InputError(f"{path}: no line below the first; give one for each slide")
    return found


def _cells(where: str, entries: dict[str, str]) -> dict[str, int]:
    """Read the cells of each class that is compared."""
    cells = {}
    for name, entry in entries.items():
        if name in (*_NOT_COMPARED, *_TOTALS):
            continue
        if not _is_count(entry):
            raise InputError(
                f"{where}: {name} is '{entry[:40]}'; a whole number of cells is expected, not a "
                "percentage"
            )
        cells[name] = int(entry)
    return cells


def _check_totals(where: str, entries: dict[str, str], compared: int) -> None:
    """Refuse a row whose total is not the sum of its classes: one is missing, or misread.

    A total may count what is no white cell and what is not compared as well; a blank one says
    nothing.
    """
    besides = [entries[name] for name in _NOT_COMPARED if name in entries]
    every = compared + sum(int(entry) for entry in besides if _is_count(entry))
    for name in _TOTALS:
        entry = value(entries, name) if name in entries else ""
        if entry and (not _is_count(entry) or int(entry) not in (compared, every)):
            sums = f"{compared}" if every == compared else f"{compared}, or with all else {every}"
            raise InputError(
                f"{where}: {name} is '{entry[:40]}', and the classes add up to {sums}; add the "
                f"class that is missing, mend the row, or leave the column '{name}' out"
            )


def _is_count(entry: str) -> bool:
    return entry.isascii() and entry.isdigit() and len(entry) <= 9
