"""Owns the tests of what all figures share: their looks, marks and untouched state."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from hybrid_wbc.report.figures.style import (
    AS_PUBLISHED_TEXT,
    DARK_INK,
    DARK_PAPER,
    SYNTHETIC_TEXT,
    VERMILION,
    add_mark,
    class_styles,
    in_dark,
    wrapped,
)

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).with_name("figure_input.py")))
DRAWINGS = _shared["DRAWINGS"]
draw_embedding_scatter = _shared["draw_embedding_scatter"]
save_twice = _shared["save_twice"]
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
    save_twice(draw)


def test_24_classes_have_24_looks() -> None:
    looks = class_styles(24)
    assert len({(look.colour, look.marker) for look in looks}) == 24
    assert len({look.marker for look in looks[:12]}) == 12


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("monocyte", ["monocyte"]),
        ("immature granulocyte", ["immature", "granulocyte"]),
        ("promyelocyte_or_myelocyte", ["promyelocyte_", "or_myelocyte"]),
        ("reactivelymphocytewithoutspace", ["reactivelympho", "cytewithoutspa", "ce"]),
    ],
)
def test_a_name_breaks_where_it_has_a_place_for_it(name: str, lines: list[str]) -> None:
    assert wrapped(name, 14).splitlines() == lines


def test_in_the_dark_texts_and_paper_change_and_pictures_do_not() -> None:
    figure = DRAWINGS[5](True)
    before = [image.get_array().copy() for axis in figure.axes for image in axis.images]
    in_dark(figure)
    assert to_hex(figure.get_facecolor()).upper() == DARK_PAPER
    colours = {to_hex(text.get_color()).upper() for text in figure.findobj(Text)}
    assert colours == {DARK_INK, VERMILION}  # the mark of drawn cells stays
    after = [image.get_array() for axis in figure.axes for image in axis.images]
    assert all((one == other).all() for one, other in zip(before, after, strict=True))
