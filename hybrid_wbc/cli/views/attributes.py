"""What `attributes` shows: attributes by features, and by the class beside all features."""

from __future__ import annotations

import functools
import operator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import gap, p_value, print_table

if TYPE_CHECKING:
    from markupsafe import Markup

    from hybrid_wbc.evaluation.attributes import AttributesTold
    from hybrid_wbc.evaluation.score_types import Score


def show_attributes(found: AttributesTold, mark: str, run: Path) -> None:
    """Show the shares with their intervals, a sentence for each attribute, and what took no part.

    Parameters
    ----------
    found : AttributesTold
    mark : str
        Stands before the title.
    run : Path
        Whose page can show it too.
    """
    from hybrid_wbc.report.words import attributes as words

    names = [words.name_of(attribute) for attribute in found["attributes"]]
    width = len(found["features"])
    rows = [
        [name, *(_share(each["alone"]) for each in attribute["subsets"][:width])]
        for name, attribute in zip(names, found["attributes"], strict=True)
    ]
    title = f"{mark}share of each attribute's variation told by each feature (95 % interval)"
    print_table(["", *found["features"]], rows, title)
    click.echo()
    rows = [
        [
            name,
            _share(attribute["class_alone"]),
            *(_share(attribute["subsets"][-1][of]) for of in ("alone", "with_class")),
            _share(attribute["subsets"][-1]["beyond_class"]),
            p_value(attribute["p_holm"]),
        ]
        for name, attribute in zip(names, found["attributes"], strict=True)
    ]
    heads = [
        "", "class alone", words.together(found), "with class", "beyond class", "p, Holm"
    ]  # fmt: skip
    print_table(heads, rows, f"{mark}all features, and the class")
    click.echo()

    def number(*path: str | int, kind: str = "share") -> Markup:  # noqa: ARG001
        value = functools.reduce(operator.getitem, path[1:], found)  # type: ignore[arg-type]
        return _written(value)

    for place in range(len(names)):
        lines.say(words.sentence(found, place, number).unescape())
    lines.say(words.summary(found))
    for note in words.notes(found):
        lines.say(note)
    lines.say(f"`hybrid-wbc report {run}` shows it on the run's page")


def _share(score: Score) -> str:
    """Write a share in two decimals, its interval below it on a terminal."""
    mean, low, high = (_written(score[end]) for end in ("mean", "low", "high"))
    return f"{mean}{gap()}{low}–{high}"


def _written(value: Any) -> Markup:
    """Write a share; two decimals are as much as its interval bears."""
    from markupsafe import Markup

    text = f"{value:.2f}"
    return Markup(text if text.strip("-0.") else text.lstrip("-"))
