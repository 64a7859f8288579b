"""What `stress` shows: a table for each axis, within 80 columns on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hybrid_wbc.cli.views import lines
from hybrid_wbc.cli.views.tables import gap, print_table
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.evaluation import overlap
from hybrid_wbc.report.words import stress as words

if TYPE_CHECKING:
    from hybrid_wbc.evaluation.statistics import AnyScore
    from hybrid_wbc.evaluation.stress import Stress, Tested

# Shown of several classifiers where a table has room for one: by name, and not by its score.
_PREFERRED = ("vote", "cnn")


def show_stress(stress: Stress) -> None:
    """Show what a run is worth under stress."""
    mark = overlap.mark(stress["protocol"], synthetic=stress["synthetic"])
    lines.say(f"{mark}{words.what_was_asked(stress)}")
    _show_shift(stress)
    _show_few_cells(stress)
    _show_unknown(stress)
    _show_damage(stress)
    _show_certainty(stress)
    for note in stress["notes"]:
        lines.say(f"note: {note}")


def _begin(axis: str) -> None:
    click.echo()
    lines.say(f"{words.TITLES[axis]}. {words.ASKED[axis]}")


def _show_shift(stress: Stress) -> None:
    _begin("shift")
    if not stress["shift"]:
        lines.say("no other set was named; give one or more with --on")
    places = words.places(stress)
    for name, tested in places.items():
        lines.say(f"{name}: {words.about(tested)}")
        for note in tested["notes"]:
            lines.say(f"note: {note}", start="  ")
    keys = list(stress["home"]["classifiers"])
    for metric, title in (("accuracy", "accuracy"), ("macro_recall", "macro recall")):
        rows = [
            [name, *(_written(tested["classifiers"][key][metric]) for key in keys)]  # type: ignore[literal-required]
            for name, tested in places.items()
        ]
        print_table(["", *(CLASSIFIERS[key].title for key in keys)], rows, title)
    rows = [
        [name, *(f"{tested['elsewhere'][key]:.3f}" for key in keys)]
        for name, tested in places.items()
        if any(tested["elsewhere"].values())
    ]
    if rows:
        heads = ["", *(CLASSIFIERS[key].title for key in keys)]
        print_table(heads, rows, "share of answers that name another class of the run")
    key = _told(stress["home"])
    rows = [
        [label, *(_recall(tested, key, label) for tested in places.values())]
        for label in stress["home"]["classes"]
    ]
    print_table(["", *places], rows, f"recall by class, {CLASSIFIERS[key].title}")


def _show_few_cells(stress: Stress) -> None:
    if not stress["few_cells"]:
        return
    _begin("few_cells")
    keys = list(stress["few_cells"][0]["classifiers"])
    rows = [
        [f"{few['cells']}", *(_written(few["classifiers"][k]["balanced_accuracy"]) for k in keys)]
        for few in stress["few_cells"]
    ]
    at_home = stress["home"]["classifiers"]
    rows.append(["all", *(_written(at_home[key]["balanced_accuracy"]) for key in keys)])
    draws = stress["few_cells"][0]["draws"]
    heads = ["cells a class", *(CLASSIFIERS[key].title for key in keys)]
    print_table(heads, rows, f"balanced accuracy, {draws} draws of each repeat")


def _show_unknown(stress: Stress) -> None:
    if not stress["unknown"]:
        return
    _begin("unknown")
    rows = [
        [
            each["label"],
            str(each["cells"]),
            _written(each["nearest"]),
            _written(each["mahalanobis"]),
        ]
        for each in stress["unknown"]
    ]
    print_table(["left out", "cells", *words.SCORES.values()], rows)


def _show_damage(stress: Stress) -> None:
    damaged = stress["damage"]
    if damaged is None:
        return
    _begin("damage")
    keys = list(damaged["undamaged"])
    rows = [["undamaged", "accuracy", *(_written(damaged["undamaged"][key]) for key in keys)]]
    rows += [
        [kind["title"], kind["unit"], *(words.step(kind, key) for key in keys)]
        for kind in damaged["kinds"].values()
    ]
    heads = ["", "step in", *(CLASSIFIERS[key].title for key in keys)]
    print_table(heads, rows, f"step at which five points are lost, {words.undamaged(stress)}")


def _show_certainty(stress: Stress) -> None:
    places = {n: t for n, t in words.places(stress).items() if t["certainty"]}
    if not places:
        return
    _begin("certainty")
    shares = [f"{share:.0%} answered" for share in words.SHARES_TOLD]
    heads = ["", "calibration error", "Brier score", *shares]
    for key in next(iter(places.values()))["certainty"]:
        rows = []
        for name, tested in places.items():
            found = tested["certainty"][key]
            told = {each["share"]: each["accuracy"] for each in found["answered"]}
            figures = [found["calibration_error"], found["brier_score"]]
            figures += [told[share] for share in words.SHARES_TOLD]
            rows.append([name, *map(_written, figures)])
        print_table(heads, rows, CLASSIFIERS[key].title)


def _told(home: Tested) -> str:
    """Name the classifier that a table of one is of."""
    return next((key for key in _PREFERRED if key in home["classifiers"]), "cnn")


def _recall(tested: Tested, key: str, label: str) -> str:
    return _written(tested["classifiers"][key]["per_class"][label]["recall"])


def _written(score: AnyScore) -> str:
    """Write a mean with its interval, or a dash where there is none."""
    if score["mean"] is None:
        return "–"
    if score["low"] is None or score["high"] is None:
        return f"{score['mean']:.3f}"
    return f"{score['mean']:.3f}{gap()}{score['low']:.3f}–{score['high']:.3f}"
