"""The command `explain`: what raises and lowers a run's numbers for pictures."""

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
@click.argument("paths", metavar="[RUN|BUNDLE] IMAGES...", nargs=-1, required=True, type=_PATH)
@options.statistics_option
@click.option("--page", metavar="FILE", type=_PATH, help="Write everything as one HTML page here.")
@click.option("--png", metavar="FOLDER", type=_PATH, help="Draw a figure of each picture in here.")
def explain(
    paths: Sequence[Path], statistics: Statistics | None, page: Path | None, png: Path | None
) -> None:
    """Show what raises and lowers each number of a RUN's or BUNDLE's network for image files.

    For the class that the network names, the one that comes second and each unit of the embedding:
    Grad-CAM at the last convolution, checked against occlusion. Where the two disagree it says so.
    With the nearest training cells, each unit's strongest and weakest ones, and what each
    classifier said. Each image is taken for one cell; those that `predict` takes for smears are
    named. Without a RUN or BUNDLE it is the model that comes with the program, `packaged`.
    """
    places.check({"--page": page}, {"--png": png})
    model, images = options.model_and_images(paths)
    waiting.say(waiting.TENSORFLOW)
    from hybrid_wbc.cli.views.explain import show_explanation
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.studies import explain as study
    from hybrid_wbc.studies.opening import open_finished

    settings, opened = open_finished(model, statistics)
    found = study.explain(settings, opened, images, Reporter())
    written = [] if png is None else study.write_figures(png, found)
    if page is not None:
        asked = [str(model), *map(str, images)]
        if statistics is not None:
            asked = ["--statistics", statistics, *asked]
        study.write_page(page, found, opened, asked)
        written.append(page)
    show_explanation(found, written)


COMMANDS = (explain,)
