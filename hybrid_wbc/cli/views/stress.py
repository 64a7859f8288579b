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
    from hybrid_wbc.evaluation.score_types import AnyScore
    from hybrid_wbc.evaluation.stress import Stress, Tested

# Shown of several classifiers where there is room for one or two: by name, and not by its score.
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
            [
                CLASSIFIERS[key].title,
                *(_written(tested["classifiers"][key][metric]) for tested in places.values()),  # type: ignore[literal-required]
            ]
            for key in keys
        ]
        print_table(["", *places], rows, title)
    if stress["shift"]:
        rows = [
            [CLASSIFIERS[key].title, *(f"{t['elsewhere'][key]:.3f}" for t in places.values())]
            for key in keys
        ]
        title = "share of answers that name a class of the run which the set has not"
        print_table(["", *places], rows, title)
    among = {name: tested.get("among_shared", {}) for name, tested in places.items()}
    among = {name: scores for name, scores in among.items() if scores}
    if among:
        rows = [
            [CLASSIFIERS[key].title, *(_written(of[key]["macro_recall"]) for of in among.values())]
            for key in next(iter(among.values()))
        ]
        title = "macro recall where no other class can be named, as with predict --classes"
        print_table(["", *among], rows, title)
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
    # Without its interval, which the columns have no room for, and which is that at home or wider.
    undamaged = [damaged["undamaged"][key]["mean"] for key in keys]
    rows = [["undamaged", "accuracy", *(f"{mean:.3f}" for mean in undamaged)]]
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
    names = ["calibration error", "Brier score"]
    names += [f"accuracy, {share:.0%} answered" for share in words.SHARES_TOLD]
    for key in _PREFERRED:
        given = [t["certainty"][key] for t in places.values() if key in t["certainty"]]
        if len(given) < len(places):
            continue
        columns = []
        for found in given:
            told = {each["share"]: each["accuracy"] for each in found["answered"]}
            scores = [found["calibration_error"], found["brier_score"]]
            columns.append([*scores, *(told[share] for share in words.SHARES_TOLD)])
        rows = [
            [name, *map(_written, scores)]
            for name, scores in zip(names, zip(*columns, strict=True), strict=True)
        ]
        print_table(["", *places], rows, CLASSIFIERS[key].title)
    lines.say("the other classifiers, and every share answered: the page and stress.json")


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
