"""What `cache` prints: where it is, what it holds by kind, and what was freed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.lines import in_megabytes
from hybrid_wbc.cli.views.tables import print_table

if TYPE_CHECKING:
    from hybrid_wbc.data.cache import Contents, Share


def show_contents(contents: Contents) -> None:
    """Show the cache's place, its entries by kind and its limit."""
    count = sum(share["files"] for share in contents["kinds"].values())
    held, limit = _counted(count, contents["bytes"]), f"{contents['limit'] / 1e9:g} GB"
    lines.say(f"{contents['place']}: {held}, limit {limit}")
    rows = [
        [kind, str(share["files"]), in_megabytes(share["bytes"])]
        for kind, share in contents["kinds"].items()
    ]
    if rows:
        click.echo()
        print_table(["kind", "entries", "size"], rows)


def show_cleared(place: str, freed: Share) -> None:
    """Say how much was removed from where."""
    lines.say(f"{place}: removed {_counted(freed['files'], freed['bytes'])}")


def _counted(files: int, size: int) -> str:
    return f"{files} {'entry' if files == 1 else 'entries'}, {in_megabytes(size)}"
