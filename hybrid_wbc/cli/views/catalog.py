"""What commands say of the public data sets: the list of them, and what fetching one means."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli.views.lines import ONE_LINE, in_megabytes
from hybrid_wbc.config.names import BUNDLED
from hybrid_wbc.data.bundled import installed
from hybrid_wbc.data.sets.addresses import EDITIONS, Edition
from hybrid_wbc.data.sets.catalog import DATASETS, Dataset

_LABEL = 9  # columns


def show_datasets(indent: str) -> None:
    """Show every public set with its facts, on stdout."""
    width = _width(sys.stdout.isatty())
    for dataset in DATASETS.values():
        click.echo(_wrapped(f"{indent}{dataset.name}  ", dataset.title, width, f"{indent}    "))
        names = [name for name, edition in EDITIONS.items() if edition.dataset == dataset.name]
        is_fetched = bool(EDITIONS[names[0]].files)
        get = f"hybrid-wbc data fetch {', or '.join(names)}" if is_fetched else dataset.obtain
        cells = ", ".join(f"{name} {dataset.counts[name]}" for name in dataset.classes)
        here = [
            ("here", f"{installed.folder_of(name)} (a part, small; set data.bundled: {name})")
            for name in BUNDLED
            if name == dataset.name
        ]
        facts = [
            ("cells", f"{sum(dataset.counts.values())}: {cells}"),
            ("licence", dataset.licence),
            ("cite", dataset.citation),
            ("from", dataset.source),
            ("get", get if is_fetched else f"by hand: {get}"),
            *here,
            *(("beware" if n == 0 else "", hazard) for n, hazard in enumerate(dataset.hazards)),
        ]
        for label, text in facts:
            click.echo(_wrapped(f"{indent}  {label:<{_LABEL}}", text, width))


def show_offer(
    dataset: Dataset, edition: Edition, sizes: Sequence[int | None], folder: Path
) -> None:
    """Show what would be fetched from where, how big, under which licence, and what to cite."""
    facts = [
        ("fetch", f"{remote.name}, {_in_words(size)}, from {remote.url}")
        for remote, size in zip(edition.files, sizes, strict=True)
    ]
    if facts:
        facts.append(("into", str(folder)))
    else:
        facts += [("from", dataset.source), ("get", f"by hand: {dataset.obtain}")]
    facts += [("licence", dataset.licence), ("cite", dataset.citation)]
    click.echo(dataset.title, err=True)
    for label, text in facts:
        click.echo(_wrapped(f"  {label:<{_LABEL}}", text, _width(sys.stderr.isatty())), err=True)


def _wrapped(start: str, text: str, width: int, below: str = "") -> str:
    """Wrap a text that begins with `start`, its further lines below the text or at `below`."""
    return textwrap.fill(
        text,
        width,
        initial_indent=start,
        subsequent_indent=below or " " * len(start),
        break_long_words=False,  # addresses stay whole
        break_on_hyphens=False,
    )


def _width(on_terminal: bool) -> int:
    """Columns to wrap at; into a pipe each fact is one line, so that it can be searched."""
    return shutil.get_terminal_size().columns if on_terminal else ONE_LINE


def _in_words(size: int | None) -> str:
    return "size unknown" if size is None else in_megabytes(size)
