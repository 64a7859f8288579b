"""What `predict` prints: CSV into a pipe, a table on a terminal, and to a file on request."""

import io
import sys

import pytest

from hybrid_wbc.cli.views.predict import show_predictions
from hybrid_wbc.studies.predict import Table


@pytest.fixture
def table() -> Table:
    rows = [["a, b.png", "monocyte", 0.123456], ["c.png", "neutrophil", 2.0]]
    return Table(["image", "knn", "feature_1"], rows, ["d.png: unreadable"], "take care")


def test_a_pipe_gets_csv_at_full_precision_and_warnings_go_to_stderr(capsys, table):
    show_predictions(table, None)
    said = capsys.readouterr()
    assert said.out == 'image,knn,feature_1\n"a, b.png",monocyte,0.123456\nc.png,neutrophil,2.0\n'
    assert said.err == "warning: take care\nskipped d.png: unreadable\n"


def test_a_terminal_gets_a_table_with_rounded_figures(monkeypatch, table):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    for name, value in (("TERM", "dumb"), ("COLUMNS", "80"), ("LINES", "25")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal)
    show_predictions(table, None)
    rows = [line.split() for line in terminal.getvalue().splitlines()]
    assert rows[0] == ["image", "knn", "feature", "1"]
    assert rows[2] == ["c.png", "neutrophil", "2.000"]


def test_a_file_gets_the_table_and_stdout_nothing(capsys, table, tmp_path):
    show_predictions(table, tmp_path / "table.csv")
    said = capsys.readouterr()
    assert said.out == "" and said.err.splitlines()[-1] == f"{tmp_path / 'table.csv'}: 2 images"
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 3
