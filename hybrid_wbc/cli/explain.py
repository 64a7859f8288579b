"""The command `explain`: what raises and lowers a run's numbers for pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hybrid_wbc.cli import waiting

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="RUN", type=_PATH)
@click.argument("images", nargs=-1, required=True, type=_PATH)
@click.option("--page", metavar="FILE", type=_PATH, help="Write everything as one HTML page here.")
@click.option("--png", metavar="FOLDER", type=_PATH, help="Draw a figure of each picture in here.")
def explain(folder: Path, images: Sequence[Path], page: Path | None, png: Path | None) -> None:
    """Show what raises and lowers each number of a RUN's network for image files.

    For the class that the network names, the one that comes second and each unit of the embedding:
    Grad-CAM at the last convolution, checked against occlusion. Where the two disagree it says so.
    With the nearest training cells, each unit's strongest and weakest ones, and what each
    classifier said. Each image is taken for one cell, as `predict` does.
    """
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.explain import show_explanation
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.runs.opening import open_run
    from hybrid_wbc.studies import explain as study

    study.check_places(page, png)
    settings, opened, _ = open_run(folder)
    found = study.explain(settings, opened, images, Reporter())
    written = [] if png is None else study.write_figures(png, found)
    if page is not None:
        study.write_page(page, found, opened, images)
        written.append(page)
    show_explanation(found, written)


COMMANDS = (explain,)
