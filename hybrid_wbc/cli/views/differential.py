"""What `predict` shows of the differential: each slide's classes with both kinds of limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import print_table

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.differential import Differential, Line
    from hybrid_wbc.evaluation.predicted import Predicted


def show_differentials(predicted: Predicted) -> None:
    """Print the differential of each slide; of pictures of single cells there is none."""
    if not predicted["smears"]:
        return
    from hybrid_wbc.evaluation.predicted import shortest_names

    mark = "SYNTHETIC cells, " if predicted["synthetic"] else ""
    names = shortest_names(slide["name"] for slide in predicted["slides"])
    for slide in predicted["slides"]:
        click.echo()
        _show(slide, f"{mark}{names[slide['name']]}")


def _show(slide: Differential, name: str) -> None:
    from hybrid_wbc.report.words.differential import about_limits, has_errors, in_short

    title = f"{name}: {in_short(slide)}"
    with_errors = has_errors(slide)
    rows = [
        [
            line["label"],
            str(line["count"]),
            f"{line['share']:.1%}" if slide["cells"] else "–",
            _limits(line["low"], line["high"]),
            *([_wide(line)] if with_errors else []),
        ]
        for line in slide["lines"]
    ]
    beside = [
        [f"{label}, per 100 white cells", str(count), _per_hundred(count, slide["cells"])]
        for label, count in slide["beside"].items()
    ]
    of_all = slide["cells"] + slide["unknown"]
    unknown = f"{slide['unknown'] / of_all:.1%}" if of_all else "–"
    empty = [""] * (2 if with_errors else 1)
    rows += [[*row, *empty] for row in beside]
    rows.append(["unlike anything seen", str(slide["unknown"]), unknown, *empty])
    if slide["cut_off"]:
        rows.append(["cut off by the frame", str(slide["cut_off"]), "", *empty])
    columns = ["class", "cells", "share", "95 % limits"]
    print_table([*columns, *(["with the errors"] if with_errors else [])], rows, title)
    lines.say(about_limits(slide))


def _limits(low: float, high: float) -> str:
    return f"{100 * low:.1f}–{100 * high:.1f}"


def _wide(line: Line) -> str:
    low, high = line["low_with_errors"], line["high_with_errors"]
    return "–" if low is None or high is None else _limits(low, high)


def _per_hundred(count: int, cells: int) -> str:
    return f"{100 * count / cells:.1f}" if cells else "–"
