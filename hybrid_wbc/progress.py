"""What a long job says while it works: a bar on a terminal, plain lines elsewhere, all in a log."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Advance(Protocol):
    """Called with how much is done, of how much, and a detail to show."""

    def __call__(self, done: int, total: int, detail: str = "", /) -> None: ...  # noqa: D102


_SECONDS_BETWEEN_LINES = 15.0


class Reporter:
    """Says on a console what is being done.

    Parameters
    ----------
    console : rich.console.Console, optional
        By default stderr, so that stdout can be piped.
    log : Path, optional
        File that every line is added to, with the time.
    """

    def __init__(self, console: Console | None = None, log: Path | None = None) -> None:
        self.console = Console(stderr=True) if console is None else console
        self.log = log
        self._last = 0.0

    def say(self, line: str) -> None:
        """Say one finished thing."""
        self._print(line)
        self._write(line)

    @contextmanager
    def job(self, title: str) -> Iterator[Advance]:
        """Follow a job of known length.

        Parameters
        ----------
        title : str

        Yields
        ------
        callable
            To be called with how much is done, of how much, and a detail to show.
        """
        on_terminal = self.console.is_terminal
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
        )
        self._last = time.monotonic()
        with Progress(
            *columns, console=self.console, transient=True, disable=not on_terminal
        ) as bar:
            task = bar.add_task(title, total=None, detail="")

            def advance(done: int, total: int, detail: str = "") -> None:
                bar.update(task, completed=done, total=total, detail=detail)
                line = self._write_now_and_then(title, done, total, detail)
                if line and not on_terminal:
                    self._print(line)

            yield advance

    def _write_now_and_then(self, title: str, done: int, total: int, detail: str) -> str:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return ""
        self._last = now
        line = f"{title}: {done} of {total}" + (f", {detail}" if detail else "")
        self._write(line)
        return line

    def _print(self, line: str) -> None:
        if self.console.is_terminal:  # a line ends with a word; paths stay whole, however long
            line = textwrap.fill(
                line, self.console.width, break_long_words=False, break_on_hyphens=False
            )
        self.console.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def _write(self, line: str) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
