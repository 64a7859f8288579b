"""The command `plot`: the figures of a finished run, all of them or one for a paper."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid_wbc.cli import places, waiting
from hybrid_wbc.errors import InputError

# What the command needs beyond this is imported when it is called.

_PATH = click.Path(path_type=Path)
# Named here, so that `--help` need not wait for matplotlib.
_FIGURES = (
    "scatter", "pairs", "confusion", "subsets", "roc", "precision-recall", "calibration",
)  # fmt: skip


@click.command()
@click.argument("folder", metavar="RUN", type=_PATH)
@click.option("--figure", type=click.Choice(_FIGURES), help="Draw this one figure; all by default.")
@click.option("--features", help="Of a scatter two or three, of pairs any: 1,4,5.")
@click.option("--side", help="Whose cells: train, validation, test or all.")
@click.option(
    "--repeat", "--seed", "repeat", help="Of one repeat: its name (seed-0-fold-1) or a seed."
)
@click.option(
    "--classifier", "classifiers", multiple=True, help="Only this classifier; repeatable."
)
@click.option("--format", "kind", type=click.Choice(("png", "pdf", "svg")), help="Of the file.")
@click.option("--dpi", type=click.IntRange(20, 2400), help="Dots per inch; 300 by default.")
@click.option("--out", type=_PATH, help="The file; by default in the run's folder of figures.")
def plot(
    folder: Path,
    figure: str | None,
    features: str | None,
    side: str | None,
    repeat: str | None,
    classifiers: tuple[str, ...],
    kind: str | None,
    dpi: int | None,
    out: Path | None,
) -> None:
    """Draw a RUN's figures again, or one figure as a file for a paper.

    Two features give a scatter in the plane, three one in space; with --classifier, rings mark the
    cells that it classes wrong.
    """
    places.check({"--out": out})
    waiting.say(f"opening {folder}")
    if figure is None:
        from hybrid_wbc.runs.opening import open_run
        from hybrid_wbc.stages.run import plot as draw_all

        given = {
            "--features": features, "--side": side, "--repeat": repeat,
            "--classifier": classifiers, "--format": kind, "--dpi": dpi, "--out": out,
        }  # fmt: skip
        if chosen := [name for name, value in given.items() if value]:
            raise InputError(f"{chosen[0]}: needs --figure; choose from {', '.join(_FIGURES)}")
        settings, opened, reporter = open_run(folder)
        draw_all(settings, opened, reporter)
        click.echo(opened.path)
        return

    from hybrid_wbc.studies.draw import Options, draw_figure

    options: Options = {}
    if features is not None:
        options["features"] = _numbers(features)
    if side is not None:
        options["side"] = side
    if repeat is not None:
        options["repeat"] = repeat
    if classifiers:
        options["classifier"] = classifiers[0] if len(classifiers) == 1 else classifiers
    click.echo(draw_figure(folder, figure, options, kind=kind, dpi=dpi or 300, out=out))


def _numbers(features: str) -> tuple[int, ...]:
    """Read the numbers of features."""
    try:
        return tuple(int(part) for part in features.split(","))
    except ValueError as error:
        raise InputError(
            f"--features: received '{features}'; give their numbers, as 1,4 or 1,4,5"
        ) from error


COMMANDS = (plot,)
