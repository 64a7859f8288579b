"""The command `cache`: see what is kept of data sets to save time, and clear it."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--clear", "clears", is_flag=True, help="Remove every entry.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def cache(clears: bool, as_json: bool) -> None:
    """Show what is kept of data sets so that a second run starts faster, or clear it.

    HYBRID_WBC_CACHE names another place for it, HYBRID_WBC_CACHE_GB another limit than 20 GB; what
    was used longest ago goes first. All of it can be made again, and nothing else is removed.
    """
    from hybrid_wbc.cli.views.cache import show_cleared, show_contents
    from hybrid_wbc.data import cache as data_cache
    from hybrid_wbc.data import store

    if clears:
        place, freed = store.folder(), data_cache.clear()
        if as_json:
            click.echo(json.dumps({"place": str(place), "freed": freed}, indent=2))
        else:
            show_cleared(str(place), freed)
        return
    contents = data_cache.survey()
    if as_json:
        click.echo(json.dumps(contents, indent=2))
    else:
        show_contents(contents)


COMMANDS = (cache,)
