"""How the terminal shows tables, pairs, figures, and what a data set is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hybrid_wbc.data.checking import Check
    from hybrid_wbc.evaluation.audit import Audit
    from hybrid_wbc.evaluation.statistics import OverallScores, Score

# Columns into a pipe: a row of words is one line, so that it can be searched.
ONE_LINE = 10_000
_FIGURES = 200
_PLAIN: dict[str, Any] = {"box": None, "pad_edge": False}


def gap() -> str:
    """Give what stands between a figure and its interval: on a terminal the columns have to fit."""
    return "\n" if sys.stdout.isatty() else " "


def with_interval(score: Score) -> str:
    """Write a mean with its interval."""
    return f"{score['mean']:.3f}{gap()}{score['low']:.3f}–{score['high']:.3f}"


def macro_f1(scores: OverallScores | None) -> str:
    """Write a mean macro F1, or a dash where there is none."""
    return "–" if scores is None else f"{scores['macro_f1']['mean']:.3f}"


def accuracy(scores: OverallScores | None) -> str:
    """Write a mean accuracy with its interval, or a dash where there is none."""
    return "–" if scores is None else with_interval(scores["accuracy"])


def p_value(p: float) -> str:
    """Write a p value to three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def in_megabytes(size: int) -> str:
    """Write a number of bytes in megabytes, or in kilobytes where it is small."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table of figures, its first column to the left and the others to the right."""
    table = Table(title=title or None, title_justify="left", **_PLAIN)
    for number, column in enumerate(columns):
        if number == 0:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _FIGURES).print(table)


def print_words(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table of words, every column to the left and folded, and a blank line after it."""
    table = Table(show_header=any(columns), **_PLAIN)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else ONE_LINE
    console = Console(width=width, highlight=False, markup=False)
    if title:
        console.print(title)
    console.print(table)
    console.print()


def print_pairs(pairs: Sequence[tuple[str, str]], indent: str) -> None:
    """Print names with their descriptions, one a line."""
    width = max(len(name) for name, _ in pairs)
    for name, description in pairs:
        click.echo(f"{indent}{name:<{width}}  {description}")


def print_set(facts: Check | Audit) -> None:
    """Say in one line what a data set is: where it lies, its layout, and what it is known as."""
    kind = "SYNTHETIC, " if facts["synthetic"] else ""
    known = f", recognised as {facts['dataset']}" if facts["dataset"] else ""
    click.echo(f"{facts['path']}: {kind}layout {facts['layout']}{known}")
