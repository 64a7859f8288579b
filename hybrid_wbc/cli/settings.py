"""The command `settings`: what a config may hold, one key, one section, or all of it."""

from __future__ import annotations

import click

from hybrid_wbc.cli.views.settings import show_sections


@click.command()
@click.argument("key", required=False)
def settings(key: str | None) -> None:
    """Show what KEY does, what it takes and its default; all settings without KEY.

    KEY is a setting such as training.epochs, or a section such as training.
    """
    from hybrid_wbc.config.described import find, sections

    show_sections(sections() if key is None else find(key))


COMMANDS = (settings,)
