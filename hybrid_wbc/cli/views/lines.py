"""Lines of words: broken at the ends of words on a terminal, whole in a pipe.

`list` shows nothing else and is to be there at once, so nothing heavy is imported here.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

import click

# Into a pipe each fact is one line, so that it can be searched.
ONE_LINE = 10_000


def width(*, err: bool = False) -> int:
    """Give the columns that stdout, or stderr, has."""
    stream = sys.stderr if err else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else ONE_LINE


def wrapped(text: str, columns: int, start: str = "", below: str = "") -> str:
    """Break a text at the ends of words; paths and addresses stay whole, however long.

    Parameters
    ----------
    text : str
    columns : int
    start, below : str
        What the first line, and each further one, begins with.

    Returns
    -------
    str
    """
    if columns >= ONE_LINE:
        return start + text
    return textwrap.fill(
        text,
        columns,
        initial_indent=start,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )


def say(text: str = "", *, start: str = "", err: bool = False) -> None:
    """Print a text, its further lines below the first word of the first.

    Parameters
    ----------
    text : str
    start : str
        What stands before it: an indent, or a name with the spaces after it.
    err : bool
        On stderr.
    """
    below = " " * len(start)
    click.echo(wrapped(text, width(err=err), start, below) if text else start.rstrip(), err=err)


def print_pairs(pairs: Sequence[tuple[str, str]], indent: str) -> None:
    """Print names with their descriptions, one a line."""
    width = max(len(name) for name, _ in pairs)
    for name, description in pairs:
        say(description, start=f"{indent}{name:<{width}}  ")


def in_megabytes(size: int) -> str:
    """Write a number of bytes in megabytes, or in kilobytes where it is small."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
