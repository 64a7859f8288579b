"""The command `stress`: what a finished run is worth away from its own test side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli import options, places, waiting

if TYPE_CHECKING:
    from hybrid_wbc.config.names import Statistics

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("path", metavar="RUN|BUNDLE", type=_PATH)
@click.option(
    "--on", "sets", type=_PATH, multiple=True, metavar="SET", help="Another set; repeatable."
)
@options.statistics_option
@click.option("--quick", is_flag=True, help="Ask less: the first repeat, fewer cells and steps.")
@click.option("--json", "json_file", type=_PATH, help="Write everything here as JSON too.")
def stress(
    path: Path,
    sets: Sequence[Path],
    statistics: Statistics | None,
    quick: bool,
    json_file: Path | None,
) -> None:
    """Put a finished RUN, or one in a file, under stress along five axes, each with 95 % intervals.

    Shift: other sets. Few cells: the classifiers fitted on 5 to 50 cells a class. Unknown: each
    class left out in turn. Damage: blur, noise, light, hue, JPEG, size and place, step by step.
    Certainty: calibration, and accuracy against the share answered. The run's page shows it too.
    """
    places.check({"--json": json_file})
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.stress import show_stress
    from hybrid_wbc.runs import formats
    from hybrid_wbc.runs.opening import reporter_of
    from hybrid_wbc.studies.opening import open_finished
    from hybrid_wbc.studies.stress import stress as put_under_stress

    settings, opened = open_finished(path, statistics)
    found = put_under_stress(settings, opened, sets, reporter_of(opened), quick=quick)
    if json_file is not None:
        formats.STRESS.write(json_file, found)
    show_stress(found)


COMMANDS = (stress,)
