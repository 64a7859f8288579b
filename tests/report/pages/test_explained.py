"""The page of explained pictures, as text and as a browser shows it."""

import re
import runpy
from pathlib import Path

import pytest

from hybrid_wbc.report.pages.explained import render

_shared = runpy.run_path(str(Path(__file__).parents[1] / "explained_input.py"))
an_explanation = _shared["an_explanation"]
LONG = tuple(f"a-class-with-a-name-of-many-letters-{n:04}" for n in range(2))


def page(**options) -> str:
    return render(an_explanation(**options), private="", command="hybrid-wbc explain run new")


def test_the_page_names_its_files_and_every_number_and_asks_for_nothing_elsewhere():
    html = page()
    assert "cell &lt;1&gt;.png" in html and "<1>" not in html
    assert "SYNTHETIC" in html and "not a medical device" in html
    assert "KNN" in html and "basophil 0.900, then monocyte 0.100" in html
    assert html.count("The two disagree: do not read this map") == 2
    assert not re.search(r"https?://|src=[\"'](?!data:)|@import|url\(", html)
    assert html == page()


def test_training_cells_are_shown_with_their_pictures_or_named_without():
    assert page().count('alt="training cell') == 4 * 5
    without = page(pictures=False)
    assert 'alt="training cell' not in without and "train/basophil/4.png" in without


def test_why_a_page_may_not_be_passed_on_is_said():
    html = render(an_explanation(), private="Keep it to yourself.", command="x")
    assert "Not to be passed on." in html and "Keep it to yourself." in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_names_never_make_the_page_scroll_sideways(open_page, scheme):
    for width in (360, 1280):
        opened = open_page(
            page(classes=LONG), viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        assert opened.evaluate("document.documentElement.scrollWidth") == width
