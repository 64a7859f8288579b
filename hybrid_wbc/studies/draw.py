"""One figure of a finished run as a file: PNG, PDF or SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from typing_extensions import TypedDict

from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place
from hybrid_wbc.studies.results import Run, load_run


class Options(TypedDict, total=False):
    """What can be chosen of a figure; see the methods of `studies.results.Run`."""

    features: tuple[int, ...]
    side: str
    repeat: str
    classifier: str | tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One figure: the method of a run that draws it, and the options that it takes."""

    draw: Callable[..., Figure]
    takes: tuple[str, ...]


FIGURES = {
    "scatter": Kind(Run.scatter, ("features", "side", "repeat", "classifier")),
    "pairs": Kind(Run.pairs, ("features", "side", "repeat")),
    "confusion": Kind(Run.confusion, ("classifier", "side", "repeat")),
    "subsets": Kind(Run.subsets, ()),
    "roc": Kind(Run.roc, ("classifier", "repeat")),
    "precision-recall": Kind(Run.precision_recall, ("classifier", "repeat")),
    "calibration": Kind(Run.calibration, ("classifier", "repeat")),
}
# Without the hour of making, so that the same figure is the same file.
FORMATS: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}


def draw_figure(
    folder: Path,
    name: str,
    options: Options,
    *,
    kind: str | None = None,
    dpi: int = 300,
    out: Path | None = None,
) -> Path:
    """Draw one figure of a run and write it.

    Parameters
    ----------
    folder : Path
        The run folder.
    name : str
        A key of `FIGURES`.
    options : Options
        Those that are given.
    kind : str, optional
        A key of `FORMATS`; by default that of `out`, or "png".
    dpi : int
        Dots per inch, also of the points in a PDF or SVG.
    out : Path, optional
        The file; by default one of the figure's name in the run's own folder of figures.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InputError
        If the figure takes no such option, or format and file do not fit.
    """
    figure = FIGURES[name]
    for option in options:
        if option not in figure.takes:
            able = [other for other, of in FIGURES.items() if option in of.takes]
            raise InputError(
                f"--{option}: the figure {name} does not take it; {', '.join(able)} do"
            )
    kind = _format(kind, out)
    run = load_run(folder)
    picture = io.BytesIO()
    # Type 42 are fonts that journals take, and that can be edited.
    with matplotlib.rc_context({"pdf.fonttype": 42, "svg.hashsalt": name}):
        figure.draw(run, **options).savefig(
            picture, format=kind, dpi=dpi, metadata=dict(FORMATS[kind])
        )
    if out is None:
        return run.files.write_figure(name, picture.getvalue(), kind)
    with in_place(out) as beside:
        beside.write_bytes(picture.getvalue())
    return out


def _format(kind: str | None, out: Path | None) -> str:
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    if out is not None and ending not in FORMATS:
        raise InputError(f"{out}: --out takes a file that ends in .{', .'.join(FORMATS)}")
    if kind is not None and ending not in ("", kind):
        raise InputError(
            f"--format: received {kind} for {out}; leave --format out, or let --out end in .{kind}"
        )
    return kind or ending or "png"
