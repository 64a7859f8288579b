"""Tables in a pipe and on a terminal, and how figures are written."""

import io
import sys

import pytest

from hybrid_wbc.cli.views import tables

SCORE = {"mean": 0.9, "low": 0.8, "high": 0.95, "raw": [0.9]}


def to_terminal(monkeypatch) -> io.StringIO:
    """Make stdout a terminal of 60 columns without colours."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    for name, value in (("TERM", "dumb"), ("COLUMNS", "60"), ("LINES", "25")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal)
    return terminal


def test_an_interval_stands_beside_its_mean_in_a_pipe():
    assert tables.with_interval(SCORE) == "0.900 0.800–0.950"


def test_an_interval_stands_below_its_mean_on_a_terminal(monkeypatch):
    to_terminal(monkeypatch)
    assert tables.with_interval(SCORE) == "0.900\n0.800–0.950"


def test_what_was_not_scored_is_a_dash():
    assert tables.accuracy(None) == tables.macro_f1(None) == "–"
    assert tables.accuracy({"accuracy": SCORE}) == tables.with_interval(SCORE)


@pytest.mark.parametrize(("p", "said"), [(0.0004, "< 0.001"), (0.001, "0.001"), (0.25, "0.250")])
def test_a_small_p_value_is_said_to_be_small(p, said):
    assert tables.p_value(p) == said


def test_figures_stand_to_the_right_and_names_to_the_left(capsys):
    tables.print_table(["name", "figure"], [["a", "1.0"], ["long name", "10.0"]], "title")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].rstrip() == "title"
    assert [line.rstrip() for line in lines[1:]] == [
        "name       figure",
        "a             1.0",
        "long name    10.0",
    ]


def test_a_row_of_words_is_one_line_in_a_pipe_and_is_folded_on_a_terminal(capsys, monkeypatch):
    sentence = "a reason that is too long for a narrow terminal " * 4
    tables.print_words(["key", "reason"], [("training.epochs", sentence)])
    assert sentence.strip() in capsys.readouterr().out
    terminal = to_terminal(monkeypatch)
    tables.print_words(["key", "reason"], [("training.epochs", sentence)])
    lines = terminal.getvalue().splitlines()
    assert len(lines) > 4 and max(map(len, lines)) <= 60


def test_brackets_in_words_are_no_markup(capsys):
    tables.print_words(["", ""], [("data.draw", "[bold]two[/bold]")], "[red]")
    assert "[bold]two[/bold]" in (said := capsys.readouterr().out) and "[red]" in said


@pytest.mark.parametrize(
    ("synthetic", "dataset", "said"),
    [
        (True, "", "cells: SYNTHETIC, layout lisc\n"),
        (False, "lisc", "cells: layout lisc, recognised as lisc\n"),
    ],
)
def test_a_set_is_said_to_be_drawn_or_recognised(capsys, synthetic, dataset, said):
    facts = {"path": "cells", "layout": "lisc", "synthetic": synthetic, "dataset": dataset}
    tables.print_set(facts)
    assert capsys.readouterr().out == said
