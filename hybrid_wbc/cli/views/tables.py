"""How the terminal shows tables, figures, and what a data set is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hybrid_wbc.cli.views import lines

if TYPE_CHECKING:
    from hybrid_wbc.data.checking import Check
    from hybrid_wbc.evaluation.audit import Audit
    from hybrid_wbc.evaluation.score_types import OverallScores, Score

# Spaces between the columns of a table, and between the entries of a block.
_BETWEEN = 2
_APART = "   "


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


def macro_recall(scores: OverallScores | None) -> str:
    """Write a mean macro recall with its interval, or a dash where there is none."""
    return "–" if scores is None else with_interval(scores["macro_recall"])


def p_value(p: float) -> str:
    """Write a p value to three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table of figures, its first column to the left and the others to the right.

    In a pipe a row is one line. On a terminal headings and words are broken at their ends, never
    in their middle; where even that does not fit, each row is a block of its own.
    """
    _print(columns, list(rows), title, figures=True)


def print_words(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table of words, every column to the left, and a blank line after it.

    It is broken like a table of figures.
    """
    _print(columns, list(rows), title, figures=False)
    click.echo()


def _print(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str, *, figures: bool
) -> None:
    if title:
        lines.say(title)
    room = lines.width()
    fitted = _fit([[row[place] for row in (columns, *rows)] for place in range(len(columns))], room)
    if fitted is None:
        _print_blocks(columns, rows, room)
        return
    table = Table(show_header=any(columns), box=None, pad_edge=False)
    for place, (column, width) in enumerate(zip(columns, fitted, strict=True)):
        justify: Literal["left", "right"] = "right" if figures and place else "left"
        table.add_column(Text(column), justify=justify, width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=room, highlight=False)
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())


def _fit(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Choose the columns' widths: as wide as their texts, or less, but never less than a word."""
    widths = [max(map(_widest_line, texts)) for texts in columns]
    least = [max(cell_len(word) for text in texts for word in text.split() or [""])
             for texts in columns]  # fmt: skip
    spaces = _BETWEEN * (len(columns) - 1)
    if sum(least) + spaces > room:
        return None
    while sum(widths) + spaces > room:
        spare = [width - low for width, low in zip(widths, least, strict=True)]
        widest = max((width, place) for place, width in enumerate(widths) if spare[place])[1]
        widths[widest] -= 1
    return widths


def _print_blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> None:
    """Print each row as a block: its first text, and below it the others with their columns."""
    for first, *others in rows:
        lines.say(" ".join(first.split()))
        below, line = "  ", ""
        for column, text in zip(columns[1:], others, strict=True):
            said = " ".join((f"{column}: {text}" if column else text).split())
            if line and cell_len(f"{line}{_APART}{said}") <= room:
                line += _APART + said
                continue
            if line:
                click.echo(line)
            # Only what is wider than the terminal by itself is broken.
            *whole, line = lines.wrapped(said, room, below, below * 2).split("\n")
            for part in whole:
                click.echo(part)
        click.echo(line)


def _widest_line(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def print_set(facts: Check | Audit) -> None:
    """Say in one line what a data set is: where it lies, its layout, and what it is known as."""
    kind = "SYNTHETIC, " if facts["synthetic"] else ""
    known = f", recognised as {facts['dataset']}" if facts["dataset"] else ""
    lines.say(f"{facts['path']}: {kind}layout {facts['layout']}{known}")
