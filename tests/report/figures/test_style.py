"""Owns the tests of what all figures share: their looks, marks and untouched state."""

from __future__ import annotations

import io
import runpy
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot
import pytest
from matplotlib.figure import Figure

from hybrid_wbc.report.figures.style import (
    AS_PUBLISHED_TEXT,
    SYNTHETIC_TEXT,
    add_mark,
    class_styles,
)

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
DRAWINGS = _shared["DRAWINGS"]
draw_embedding_scatter = _shared["draw_embedding_scatter"]
texts = _shared["texts"]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_say_synthetic_only_of_drawn_cells(draw: Callable[[bool], Figure]) -> None:
    assert SYNTHETIC_TEXT in texts(draw(True))
    assert SYNTHETIC_TEXT not in texts(draw(False))


def test_a_second_mark_stands_below_the_first() -> None:
    figure = draw_embedding_scatter(True)
    add_mark(figure, AS_PUBLISHED_TEXT)
    assert f"{SYNTHETIC_TEXT}\n{AS_PUBLISHED_TEXT}" in texts(figure)


@pytest.mark.parametrize("draw", DRAWINGS)
def test_figures_save_without_warning_the_same_each_time_and_leave_no_state(
    draw: Callable[[bool], Figure],
) -> None:
    settings = dict(matplotlib.rcParams)
    files = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            file = io.BytesIO()
            draw(True).savefig(file, format="png", dpi=40)
            files.append(file.getvalue())
    assert files[0] == files[1]
    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == settings


def test_24_classes_have_24_looks() -> None:
    looks = class_styles(24)
    assert len({(look.colour, look.marker) for look in looks}) == 24
    assert len({look.marker for look in looks[:12]}) == 12
