"""Every view with names of 40 letters, on a terminal of 80 columns and in a pipe."""

import io
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.cli.views import (
    agree,
    attributes,
    audit,
    check,
    compare,
    differential,
    explain,
    lines,
    predict,
    reproduction,
    run,
    stress,
    tables,
)
from hybrid_wbc.evaluation.agreement import agree as agree_counts
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run

# The tests are no package: what several files need is read by its path.
page_input = runpy.run_path(str(Path(__file__).parents[2] / "report" / "page_input.py"))
an_explanation = runpy.run_path(str(Path(__file__).parents[2] / "report" / "explained_input.py"))[
    "an_explanation"
]
PBC, LONG, KEYS = (page_input[name] for name in ("PBC", "LONG", "EVERY_KEY"))
cell_input = runpy.run_path(str(Path(__file__).parents[2] / "report" / "cell_input.py"))
FILE = "slide-of-patient-number-{}-photographed-at-the-hospital.png"
SCORE = {"mean": -0.123, "low": -0.456, "high": 0.789, "raw": [-0.123]}
GAIN = {"mean": 0.123, "low": 0.012, "high": 0.234, "raw": [0.123]}


@pytest.fixture(params=[PBC, LONG], ids=["PBC", "40 letters"])
def classes(request):
    assert request.param is PBC or {len(name) for name in LONG} == {40}
    return request.param


@pytest.fixture
def terminal(monkeypatch):
    """Give what takes all that a view shows on a terminal of 80 columns."""
    for name, value in (("TERM", "dumb"), ("COLUMNS", "80"), ("LINES", "25"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)

    def show(view, *arguments, **options):
        screen = io.StringIO()
        screen.isatty = lambda: True
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            view(*arguments, **options)
        return screen.getvalue()

    return show


def looks_right(shown, *expected):
    """Hold what was shown: nothing is wider than 80, no word is cut, all that is named is there."""
    assert "\x1b" not in shown and "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    words = shown.split()
    for text in expected:
        for word in text.split():
            assert any(word in other for other in words), (text, shown)
    return shown.splitlines()


def test_predictions_name_every_file_and_class(terminal, classes):
    predicted = cell_input["a_prediction"](classes, FILE)
    said = terminal(predict.show_cells, predicted)
    files = [FILE.format(number) for number in range(len(classes))]
    shown = looks_right(said, *files, *classes, "0.62", "unlike anything seen")
    assert any("cut off" in line for line in shown)


def test_a_differential_fits_with_the_longest_names(terminal, classes):
    predicted = cell_input["a_prediction"](classes, FILE)
    said = terminal(differential.show_differentials, predicted)
    looks_right(said, *classes, "unlike anything seen", "100 white cells" if classes == PBC else "")
    for slide in predicted["slides"]:
        for line in slide["lines"]:
            line["low_with_errors"] = line["high_with_errors"] = None
    said = terminal(differential.show_differentials, predicted)
    looks_right(said, *classes, "of counting alone")


def test_an_agreement_fits_with_the_longest_names(terminal, classes):
    counts = np.arange(5 * len(classes)).reshape(5, -1) + 1
    agreement = agree_counts([f"slide {n}" for n in range(5)], classes, counts, counts[:, ::-1])
    looks_right(terminal(agree.show_agreement, agreement), *classes, "5 slides", "Deming")


def test_explained_pictures_are_named_with_class_and_maps(terminal, classes):
    said = terminal(explain.show_explanation, an_explanation(tuple(classes)), [])
    looks_right(said, *classes[:1], "new/cell-2.png", "0.800", "1 of 3", "SYNTHETIC")


def test_classes_of_a_check_are_named_whole(terminal, classes):
    counts = {"train": 1000, "validation": 200, "test": 300}
    said = terminal(
        check.show_check,
        {
            "path": "cells", "layout": "folder", "dataset": "", "synthetic": False,
            "split": "the set's own sides are kept",
            "classes": dict.fromkeys(classes, counts), "sizes": {"360x363": 9}, "n_sources": 3,
            "missing_labels": 0, "duplicates": 0, "notes": ["a note of many words " * 9],
            "dropped": [{"id": FILE.format(1), "reason": "unreadable, for a reason of many words"}],
            "warnings": ["beware of all that may happen " * 9],
            "to_mend": [f"{name} has no cell on the test side" for name in classes],
            "next_command": "",
        }
    )  # fmt: skip
    looks_right(said, *classes, FILE.format(1), "validation")


def test_classes_and_files_of_an_audit_are_named_whole(terminal, classes, monkeypatch):
    monkeypatch.setattr(audit, "sentences", lambda _: ["Of all these files some are copies. " * 5])
    row = {"cells": 20, "files": 20, "photographs": 20, "sources": 20, "effective_sources": 20.0}
    sides = {"train": [FILE.format(1)], "test": [FILE.format(2)]}
    said = terminal(
        audit.show_audit,
        {
            "path": "cells", "layout": "folder", "dataset": "", "synthetic": False,
            "classes": dict.fromkeys(classes, row), "shared": [{"level": "file", "sides": sides}],
            "conflicts": [{"level": "file", "files": {FILE.format(1): [classes[0]]}}],
            "duplicates": [sides["train"] + sides["test"]], "unreadable": [], "notes": [],
            "page": "audit.html",
        }
    )  # fmt: skip
    looks_right(said, *classes, FILE.format(1), FILE.format(2), "effective sources")


def test_features_and_scores_of_a_run_are_shown(terminal, make_run, tmp_path, monkeypatch, classes):
    """A run's own classes are three short ones; what is shown of its cells is renamed."""
    folder = make_run(tmp_path / "00000-a-run-with-a-name-of-several-words")
    monkeypatch.setattr(run, "print_table", _renaming(run.print_table, classes))
    said = terminal(run._show_features, Run(folder).repeats()[0], synthetic=True)
    looks_right(said, *classes[:3], "SYNTHETIC", "feature")


def _renaming(print_table, classes):
    names = dict(zip(("basophil", "eosinophil", "lymphocyte"), classes, strict=False))

    def renamed(columns, rows, title=""):
        print_table(columns, [[names.get(text, text) for text in row] for row in rows], title)

    return renamed


@pytest.mark.parametrize("names", [["nuclear_cytoplasmic_ratio", "cell_size"], LONG])
def test_attributes_are_named_whole_beside_what_each_feature_tells(terminal, names):
    numbers = [[n] for n in range(1, 6)] + [[1, 2, 3, 4, 5]]
    told = [
        {"features": each, "alone": SCORE, "with_class": SCORE, "beyond_class": SCORE}
        for each in numbers
    ]
    found = {
        "features": [f"feature {n}" for n in range(1, 6)], "rows": 9000, "tested": 1200,
        "elsewhere": 7000, "unmatched": 800, "named": [FILE.format(1)], "without_row": 3,
        "unused": [{"name": "label", "reason": "the class itself"}],
        "attributes": [
            {"name": name, "left_out": {"odd": 3}, "class_alone": SCORE,
             "subsets": told, "p_holm": 0.0001} for name in names
        ],
    }  # fmt: skip
    said = terminal(attributes.show_attributes, found, "SYNTHETIC cells, ", Path("a-run"))
    spoken = [name.replace("_", " ") for name in names]
    looks_right(said, "SYNTHETIC", *spoken, FILE.format(1), "-0.12", "-0.46–0.79", "< 0.001")
    if names is not LONG:
        table = said.split("\n\n")[0].splitlines()
        assert sum(line.split()[-5:] == ["-0.46–0.79"] * 5 for line in table) == len(names)


def test_an_ablation_names_the_class_that_leans_most_on_a_feature(terminal, classes, monkeypatch):
    every = [[n] for n in range(1, 6)] + [[1, 2, 3, 4, 5]]
    every += [[m for m in range(1, 6) if m != n] for n in range(1, 6)]
    part = {
        "subsets": [{"features": numbers, "accuracy": SCORE} for numbers in every],
        "shapley": {"accuracy": [SCORE] * 5, "recall": {name: [GAIN] * 5 for name in classes}},
        "permutation": [SCORE] * 5,
    }
    ablation = {
        "chance": {"accuracy": SCORE},
        "features": [f"feature {n}" for n in range(1, 6)],
        "classifiers": {"knn": part},
    }
    monkeypatch.setattr(Run, "ablation", lambda _: ablation)
    monkeypatch.setattr(Run, "provenance", lambda _: {"data": {"synthetic": False}})
    said = terminal(run.show_ablation, RunFolder(Path("a-run")), "by source")
    looks_right(said, classes[0], "shuffled", "left out")


def test_many_runs_stand_side_by_side_or_below_each_other(terminal):
    names = [f"0000{number}-a-run-of-my-own-images" for number in range(6)]
    scores = {"knn": {"accuracy": SCORE, "macro_f1": SCORE, "macro_recall": SCORE}}
    runs = [
        {"name": name, "synthetic": False, "n_cells": 9, "n_sources": 9, "warning": "",
         "scores": scores} for name in names
    ]  # fmt: skip
    pair = {"first": names[0], "second": names[1], "difference": SCORE, "only_first": 1,
            "only_second": 2, "p_holm": 0.5}  # fmt: skip
    paired = {"knn": {"n_sources": 9, "pairs": [pair]}}
    of_set = {"name": "another-microscope", "synthetic": False, "cells": 9, "sources": 9,
              "paired": paired, "refused": "", "scores": dict.fromkeys(names, scores)}  # fmt: skip
    compared = {"runs": runs, "paired": paired, "refused": "", "other_sets": [of_set]}
    said = terminal(compare.show_comparison, compared)
    looks_right(said, *names, "KNN", "difference", "only one right", "macro recall")


def test_figures_of_a_reproduction_are_named_by_their_class(terminal, classes):
    rows = [
        [f"recall, {name}, random forest, training side", "0.99", "0.500\n0.400–0.600",
         "0.500\n0.400–0.600", "+0.100\n−0.100 to +0.300"] for name in classes
    ]  # fmt: skip
    heads = ["", "paper", "as published", "by source", "published − by source"]
    title = "mean (95 % interval, clustered by photograph)"
    said = terminal(reproduction.print_table, heads, rows, title)
    looks_right(said, *classes, "published", "+0.300")


def test_every_axis_of_stress_is_shown_with_its_classes_and_sets(terminal, classes):
    found = page_input["a_stress"](classes, KEYS, others=3)
    shown = looks_right(
        terminal(stress.show_stress, found), *classes, "bcisc 3", "Mahalanobis", "answered",
    )  # fmt: skip
    assert len(shown) < 260


@pytest.mark.parametrize("columns", [10, 40, 80, 140])
def test_a_row_in_a_pipe_is_one_line_with_every_text_whole(capsys, classes, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [[FILE.format(1), name, "0.5 (0.4 to 0.6)"] for name in classes]
    tables.print_table(["cell", "class", "accuracy"], rows, "a title " * 30)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 2 + len(classes)
    assert all(text in line for row, line in zip(rows, shown[2:], strict=True) for text in row)


def test_brackets_in_a_name_are_no_markup(terminal):
    rows = [["[red]stained[/red]", "3"]]
    said = terminal(tables.print_table, ["class", "cells"], rows, "[bold]")
    looks_right(said, "[red]stained[/red]", "[bold]")


def test_a_word_wider_than_the_terminal_stays_whole():
    path = "/data/" + "x" * 100
    assert lines.wrapped(f"page: {path}", 80, "", "  ").splitlines() == ["page:", f"  {path}"]
