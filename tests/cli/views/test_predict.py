"""What `predict` prints: CSV into a pipe, tables on a terminal, and to files on request."""

import io
import runpy
import sys
from pathlib import Path

import pytest

from hybrid_wbc.cli.views.predict import Wished, show_predictions
from hybrid_wbc.progress import Reporter

_shared = runpy.run_path(str(Path(__file__).parents[2] / "report" / "cell_input.py"))
CLASSES = ("basophil", "monocyte", "neutrophil")


@pytest.fixture
def predicted():
    told = _shared["a_prediction"](CLASSES, "a, {}.png")
    return told | {"skipped": ["d.png: unreadable"], "warnings": ["take care"]}


def show(predicted, **wished) -> None:
    show_predictions(predicted, Wished(**wished), [], Reporter())


def test_a_pipe_gets_csv_at_full_precision_and_warnings_go_to_stderr(capsys, predicted):
    predicted["cells"][0]["probability"] = 0.123456789
    show(predicted)
    said = capsys.readouterr()
    head, first, *_ = said.out.splitlines()
    assert head.startswith("image,knn,vote,feature_1,feature_2,distance_to_nearest_training_cell,")
    assert first.startswith('"a, 0.png",basophil,basophil,0.25,-1.0,1.5,smear,1,10,20,40,60,yes,')
    assert first.endswith("basophil,0.123456789,basophil; monocyte; neutrophil,no,0.75")
    assert said.err == "warning: take care\nskipped d.png: unreadable\n"


def test_a_terminal_gets_cells_and_differential_with_what_is_in_doubt(monkeypatch, predicted):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    for name, value in (("TERM", "dumb"), ("COLUMNS", "80"), ("LINES", "25")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal)
    show(predicted)
    shown = " ".join(terminal.getvalue().split())
    assert "any class" in shown and "no class" in shown
    assert "unlike anything seen; 1 of 2 say basophil" in shown
    assert "7: 1 cell of 1 picture (fewer than 100 are too few for a differential)" in shown
    assert max(map(len, terminal.getvalue().splitlines())) <= 80


def test_a_file_gets_the_table_and_stdout_nothing(capsys, predicted, tmp_path):
    show(predicted, csv=tmp_path / "table.csv")
    said = capsys.readouterr()
    assert said.out == "" and said.err.splitlines()[-1] == f"{tmp_path / 'table.csv'}: 3 cells"
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 4
