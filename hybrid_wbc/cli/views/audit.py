"""What `data audit` says of a set on stdout: what its page says first, and one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import print_set, print_table
from hybrid_wbc.report.words.audit import LEVELS, by_label, sentences

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.audit import Audit

_LISTED = 10
_NAMED = 4


def show_audit(audit: Audit) -> None:
    """Show what `studies.audit` found in a data set."""
    print_set(audit)
    for sentence in sentences(audit):
        lines.say(sentence)
    click.echo()
    print_table(
        ["class", "cells", "files", "photographs", "effective sources"],
        [
            [
                name,
                *(str(row[key]) for key in ("cells", "files", "photographs")),
                f"{row['effective_sources']:.1f}",
            ]
            for name, row in audit["classes"].items()
        ],
    )
    found = [
        *(
            f"shared ({LEVELS[group['level']]}): {_parts(group['sides'].items())}"
            for group in audit["shared"]
        ),
        *(
            f"conflict ({LEVELS[group['level']]}): {_parts(by_label(group['files']))}"
            for group in audit["conflicts"]
        ),
        *(f"same bytes: {_cut(ids)}" for ids in audit["duplicates"]),
        *(f"cannot be used: {file['id']}: {file['reason']}" for file in audit["unreadable"]),
    ]
    click.echo()
    for line in found[:_LISTED]:
        lines.say(line)
    if len(found) > _LISTED:
        lines.say(f"and {len(found) - _LISTED} more such lines; --json shows all")
    for note in audit["notes"]:
        lines.say(f"note: {note}")
    lines.say(f"page: {audit['page']}")


def _parts(parts: Iterable[tuple[str, list[str]]]) -> str:
    return "; ".join(f"{name or 'no side'} {len(ids)}, as {ids[0]}" for name, ids in parts)


def _cut(names: list[str]) -> str:
    """Join the first few names."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
