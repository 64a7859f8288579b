"""The command `serve`: a page in the browser and endpoints for programs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli import options, waiting
from hybrid_wbc.config.names import PACKAGED
from hybrid_wbc.errors import InputError

if TYPE_CHECKING:
    from hybrid_wbc.config.names import Statistics

_PATH = click.Path(path_type=Path)
# What the extra brings.
_NEEDED = ("fastapi", "uvicorn", "python_multipart")


@click.command()
@click.argument("model", metavar="[RUN|BUNDLE]", type=_PATH, default=PACKAGED)
@options.statistics_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any."
)
def serve(model: Path, statistics: Statistics | None, host: str, port: int) -> None:
    """Serve a finished RUN or a BUNDLE as a page in the browser.

    Without either it is the model that comes with the program, `packaged`.
    Smears and single cells that are dropped on it are classified and counted as `predict` does it;
    a click on a cell shows more of it. POST /predict is for programs, /docs describes it. Nothing
    that is sent is written to disk. For research; not for diagnosis.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise InputError(
            f'serve needs {", ".join(missing)}, not installed: pip install "hybrid-wbc[serve]"'
        )
    waiting.say(f"opening {model}")
    from hybrid_wbc.cli.views import lines
    from hybrid_wbc.serve.running import serve as serve_model
    from hybrid_wbc.studies.model import open_model

    opened = open_model(model, statistics)
    for warning in opened.warnings:
        lines.say(f"warning: {warning}", err=True)
    try:
        serve_model(opened, host, port, lambda line: lines.say(line, err=True))
    except KeyboardInterrupt:
        lines.say("ended", err=True)


COMMANDS = (serve,)
