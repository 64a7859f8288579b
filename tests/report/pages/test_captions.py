"""Each figure of the page stands over its own words, and is told to who cannot see it."""

import pytest

from hybrid_wbc.report.pages.captions import FIGURES


@pytest.mark.parametrize("words", ["caption", "alt"])
def test_no_two_figures_say_the_same_and_each_says_it_in_sentences(words):
    said = [getattr(figure, words) for figure in FIGURES.values()]
    assert len(set(said)) == len(said)
    assert all(text[0].isupper() and text.endswith(".") for text in said)


def test_only_sheets_of_cells_are_photographic():
    assert {name for name, each in FIGURES.items() if each.photographic} == {
        name for name in FIGURES if name.endswith("_sheet")
    }
