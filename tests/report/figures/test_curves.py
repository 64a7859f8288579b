"""Owns the tests of the curves of probabilities: what the panels show."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hybrid_wbc.report.figures import curves

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
CLASSES = _shared["CLASSES"]
probabilities = _shared["probabilities"]
draw_calibration_curves = _shared["draw_calibration_curves"]
draw_roc_curves = _shared["draw_roc_curves"]


def test_each_panel_has_a_line_a_class_and_a_bold_mean_and_names_its_area() -> None:
    figure = draw_roc_curves(False)
    shown = [axis for axis in figure.axes if axis.axison]
    assert [axis.get_title().splitlines()[0] for axis in shown] == ["KNN", "CNN softmax"]
    assert shown[0].get_title().endswith("mean area 0.900\n(0.850 to 0.950)")
    *thin, mean = shown[0].lines
    assert len(thin) == len(CLASSES) and mean.get_linewidth() > thin[0].get_linewidth()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*CLASSES, "mean of the classes"]


def test_precision_recall_curves_are_drawn_over_the_recall() -> None:
    given = [probabilities(60)]
    axis = Figure().subplots()
    found = curves.PRECISION_RECALL.of(given)
    area = {"mean": 0.5, "low": None, "high": None, "raw": [0.5]}
    curves.draw_class_curves(axis, found, area, "KNN")
    curves.label_axes(axis, curves.PRECISION_RECALL.axes)
    assert axis.get_title() == "KNN\nmean area 0.500"
    assert [axis.get_xlabel(), axis.get_ylabel()] == ["recall", "precision"]
    assert np.array_equal(axis.lines[0].get_ydata(), found.by_class[0])


def test_calibration_curves_show_the_line_on_which_probabilities_are_true() -> None:
    figure = draw_calibration_curves(False)
    (axis,) = (axis for axis in figure.axes if axis.axison)
    diagonal, line = axis.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert (np.diff(line.get_xdata()) > 0).all()
    assert axis.get_title() == "forest\n60 predictions"
