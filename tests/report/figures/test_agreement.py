"""Bland and Altman's plots: a panel a class, with bias and limits where there are slides enough."""

import numpy as np

from hybrid_wbc.evaluation.agreement import agree
from hybrid_wbc.report.figures.agreement import bland_altman


def test_each_class_has_a_panel_with_its_slides_bias_and_limits():
    generator = np.random.default_rng(0)
    counts = generator.integers(1, 99, (2, 6, 4))
    figure = bland_altman(agree(list("abcdef"), ["w", "x", "y", "z"], *counts))
    assert [axis.get_title() for axis in figure.axes] == ["w", "x", "y", "z"]
    points, zero, bias, lower, upper = figure.axes[0].lines
    assert len(points.get_xdata()) == 6 and zero.get_ydata()[0] == 0
    assert lower.get_ydata()[0] < bias.get_ydata()[0] < upper.get_ydata()[0]


def test_one_slide_is_a_point_without_limits():
    figure = bland_altman(agree(["a"], ["x", "y"], np.array([[3, 4]]), np.array([[5, 5]])))
    assert len(figure.axes[0].lines) == 2
