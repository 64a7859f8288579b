"""Owns the tests of the scatter by chosen features, in the plane and in space."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from hybrid_wbc.report.figures import scatter
from hybrid_wbc.report.figures.style import BLACK

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
CLASSES = _shared["CLASSES"]
embeddings = _shared["embeddings"]
draw_plane, draw_space = _shared["draw_plane"], _shared["draw_space"]


def test_two_features_lie_in_the_plane_with_rings_around_what_is_wrong() -> None:
    (axis,) = draw_plane(False).axes
    assert not scatter.is_in_space(axis)
    assert [axis.get_xlabel(), axis.get_ylabel()] == ["feature 1", "feature 4"]
    X, y = embeddings(30)
    *points, rings = axis.collections
    assert np.allclose(points[0].get_offsets(), X[y == 0][:, [0, 3]])
    assert np.allclose(rings.get_offsets(), X[y == 1][:, [0, 3]])
    assert rings.get_edgecolors()[0].tolist() == list(to_rgba(BLACK))
    (legend,) = axis.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*CLASSES, "classed wrong"]


def test_three_features_lie_in_space_and_the_title_counts_the_cells() -> None:
    (axis,) = draw_space(False).axes
    assert scatter.is_in_space(axis)
    assert [axis.get_xlabel(), axis.get_zlabel()] == ["feature 1", "feature 5"]
    assert axis.get_title() == "test side (30 cells)"


def test_a_large_side_is_thinned_evenly() -> None:
    X, _ = embeddings(5000)
    y = np.where(np.arange(5000) % 100 == 0, 0, 1)
    axis = Figure().subplots()
    drawn = scatter.draw_scatter(axis, X, y, 2, (0, 1))
    assert drawn == 2000
    assert [len(points.get_offsets()) for points in axis.collections] == [20, 1980]
