"""Owns the words of the five axes of stress: what each asks, the same on terminal and page."""

from __future__ import annotations

from hybrid_wbc.evaluation.stress import DamageKind, Stress, Tested

TITLES = {
    "shift": "Shift: other sets",
    "few_cells": "Few cells",
    "unknown": "Unknown: each class left out in turn",
    "damage": "Damage",
    "certainty": "Certainty",
}
ASKED = {
    "shift": (
        "Sets that the run was not trained on, over the classes that both have. An answer that "
        "names a class which the set has not counts as wrong."
    ),
    "few_cells": (
        "Balanced accuracy on the test side of classifiers fitted on so many training cells a "
        "class, each cell of another source while there are sources. The network itself was "
        "trained on all training cells: this says how many labels the classifiers need, not the "
        "network."
    ),
    "unknown": (
        "Area under the ROC curve for telling a class's test cells from the others', where only "
        "the training cells of the other classes are known; 0.5 is chance. The network has seen "
        "the class: one that has not may place such cells elsewhere."
    ),
    "damage": (
        "Test cells damaged as they were photographed, before the cell is found and cut out. The "
        "step is the first at which five points of accuracy are lost."
    ),
    "certainty": (
        "Expected calibration error in ten bins, which chance alone lifts above 0 where cells are "
        "few; Brier score, half the squared distance from the truth; accuracy among the surest "
        "cells where the others are left to a person."
    ),
}
SCORES = {
    "nearest": "distance to the nearest training cell",
    "mahalanobis": "least Mahalanobis distance to a class",
}
# Of the cells, that are answered in the tables; the figure has more.
SHARES_TOLD = (0.5, 0.8, 1.0)


def what_was_asked(stress: Stress) -> str:
    """Say how much of the run was asked."""
    repeats = stress["repeats"]
    which = "the first repeat" if len(repeats) == 1 else f"the first {len(repeats)} repeats"
    asked = "QUICK: fewer repeats, draws, steps and cells than without --quick; " if (
        stress["quick"]
    ) else ""  # fmt: skip
    of_one = ", which say nothing of another training" if len(repeats) == 1 else ""
    return (
        f"{asked}{which} ({', '.join(repeats)}), seed {stress['seed']}; 95 % intervals by "
        f"bootstrap over sources{of_one}"
    )


def places(stress: Stress) -> dict[str, Tested]:
    """Give the run's own test side and every other set, by a name of its own."""
    named = {"at home": stress["home"]}
    for tested in stress["shift"]:
        name, number = tested["name"], 2
        while name in named:
            name, number = f"{tested['name']} {number}", number + 1
        named[name] = tested
    return named


def about(tested: Tested) -> str:
    """Say what of a set was asked about."""
    left_out = tested["left_out"]
    drawn = "SYNTHETIC, " if tested["synthetic"] else ""
    without = f"; without {', '.join(left_out)}" if left_out else ""
    return (
        f"{drawn}{tested['cells']:,} cells of {tested['sources']:,} sources: "
        f"{', '.join(tested['classes'])}{without}"
    )


def step(kind: DamageKind, key: str) -> str:
    """Say at which step of a damage a classifier loses five points."""
    amount = kind["telling"][key]
    if amount is None:
        return f"not by {kind['steps'][-1]['amount']:g}"
    return f"{amount:g}"


def undamaged(stress: Stress) -> str:
    """Say how many cells were damaged."""
    damaged = stress["damage"]
    if damaged is None:
        return ""
    each = sorted(set(damaged["cells"]))
    counts = f"{each[0]:,}" if len(each) == 1 else f"{each[0]:,} to {each[-1]:,}"
    of_each = " of each repeat" if len(damaged["cells"]) > 1 else ""
    return f"{counts} test cells{of_each}"
