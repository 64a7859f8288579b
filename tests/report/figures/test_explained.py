"""The figure of a picture explained: where it is coloured, and what is written on it."""

import runpy
from pathlib import Path

import numpy as np
from matplotlib.text import Text

from hybrid_wbc.report.figures.explained import explained_figure, overlay

_shared = runpy.run_path(str(Path(__file__).parents[1] / "explained_input.py"))
an_explanation = _shared["an_explanation"]


def draw(*, synthetic: bool):
    found = an_explanation()
    said = ["KNN: basophil"]
    return explained_figure(
        found.pictures[0], ["a", "b", "c"], ["x", "y", "z"], said, found.training,
        synthetic=synthetic,
    )  # fmt: skip


def test_what_raises_is_blue_what_lowers_orange_and_the_rest_grey():
    places = np.zeros((4, 4))
    places[0, 0], places[3, 3] = 2.0, -1.0
    drawn = overlay(np.full((32, 32, 3), 100, np.uint8), places, 64).astype(int)
    assert drawn.shape == (64, 64, 3)
    red, _, blue = drawn[2, 2]
    assert blue > red + 80
    red, _, blue = drawn[-3, -3]
    assert red > blue + 40
    assert np.ptp(drawn[2, -3]) == 0


def test_a_map_of_zeros_leaves_the_picture_grey():
    drawn = overlay(np.full((8, 8, 3), 100, np.uint8), np.zeros((4, 4)), 16)
    assert (drawn == drawn[0, 0, 0]).all()


def test_the_figure_shows_the_picture_two_maps_a_number_and_the_neighbours():
    figure = draw(synthetic=False)
    assert len(figure.axes) == 1 + 2 * 3 + 5
    texts = " ".join(text.get_text() for text in figure.findobj(Text))
    for text in ("new/cell <1>.png", "KNN: basophil", "Grad-CAM", "occlusion", "distance 0.25"):
        assert text in texts
    assert "SYNTHETIC" not in texts


def test_nothing_lies_outside_the_paper_and_drawn_cells_are_marked():
    figure = draw(synthetic=True)
    assert "SYNTHETIC" in figure.get_suptitle()
    figure.canvas.draw()
    for axis in figure.axes:
        box = axis.get_position()
        assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
