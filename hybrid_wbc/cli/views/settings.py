"""What `settings` shows: each setting with what it takes, its default and what it does."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views.lines import ONE_LINE

if TYPE_CHECKING:
    from hybrid_wbc.config.described import Section


def show_sections(sections: Sequence[Section]) -> None:
    """Show sections of settings; what is piped has one line for each sentence of words."""
    width = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else ONE_LINE
    for number, section in enumerate(sections):
        if number:
            click.echo()
        click.secho(section.key or "at the top of a config", bold=True)
        _show_words(section.description, "", width)
        for setting in section.settings:
            default = f"default {setting.default}" if setting.default else "not set by default"
            click.echo()
            _show_words(f"{setting.key}: {setting.takes}; {default}", "  ", width)
            _show_words(setting.description, "      ", width)


def _show_words(text: str, indent: str, width: int) -> None:
    for paragraph in filter(None, text.split("\n\n")):
        plain = " ".join(paragraph.replace("`", "").split())
        further = f"{indent}    " if indent == "  " else indent
        click.echo(
            textwrap.fill(
                plain, width, initial_indent=indent, subsequent_indent=further,
                break_long_words=False, break_on_hyphens=False,
            )
        )  # fmt: skip
