"""How the terminal shows tables, pairs and figures."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.statistics import OverallScores


def macro_f1(scores: OverallScores | None) -> str:
    """Write a mean macro F1, or a dash where there is none."""
    return "–" if scores is None else f"{scores['macro_f1']['mean']:.3f}"


def accuracy(scores: OverallScores | None) -> str:
    """Write a mean accuracy with its interval, or a dash where there is none."""
    if scores is None:
        return "–"
    accuracy = scores["accuracy"]
    gap = "\n" if sys.stdout.isatty() else " "
    return f"{accuracy['mean']:.3f}{gap}{accuracy['low']:.3f}–{accuracy['high']:.3f}"


def p_value(p: float) -> str:
    """Write a p value to three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def in_megabytes(size: int) -> str:
    """Write a number of bytes in megabytes, or in kilobytes where it is small."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table, its first column to the left and the others to the right."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        if number == 0:
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    # Into a pipe, a table is as wide as it needs to be.
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def print_pairs(pairs: Sequence[tuple[str, str]], indent: str) -> None:
    """Print names with their descriptions, one a line."""
    width = max(len(name) for name, _ in pairs)
    for name, description in pairs:
        click.echo(f"{indent}{name:<{width}}  {description}")
