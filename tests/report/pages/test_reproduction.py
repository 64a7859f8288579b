"""The page of a reproduction: what it shows, escapes and leaves out."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path

from hybrid_wbc.report.pages.reproduction import render

_shared = runpy.run_path(str(Path(__file__).parents[1] / "reproduction_input.py"))
a_row, a_deduction, run_facts = (_shared[key] for key in ("a_row", "a_deduction", "run_facts"))
a_reproduction = _shared["a_reproduction"]


def page_of(**changes) -> str:
    return render(a_reproduction(**changes), command="hybrid-wbc reproduce s9")


def words(page: str) -> str:
    body = page[page.index("<body>") :]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)))


def test_the_papers_figure_stands_beside_both_protocols_and_their_difference():
    text = words(page_of())
    for said in ("0.98", "0.950 0.900–1.000", "0.700 0.650–0.750", "+0.250 +0.180 to +0.320",
                 "published − by source", "98 % Table I", "hybrid-wbc reproduce s9"):  # fmt: skip
        assert said in text
    assert "the recipe as it stands" in text


def test_one_protocol_alone_has_no_difference():
    page = page_of(
        runs={"by source": run_facts()},
        changed={"by source": ["training.epochs: 1 instead of 5"]},
        rows=[a_row(**{"as published": None, "difference": None})],
    )
    assert "published − by source" not in page
    assert "of the recipe was changed: training.epochs: 1 instead of 5" in words(page)


def test_sections_without_content_are_left_out():
    for section in ("deductions", "classes"):
        assert f'id="{section}"' not in page_of()
    page = page_of(deductions=[a_deduction()], rows=[a_row(), a_row(**{"class": "monocyte"})])
    for section in ("deductions", "classes"):
        assert f'id="{section}"' in page and f'href="#{section}"' in page
    assert "network.width" in page and "the paper is silent" in page


def test_drawn_cells_and_other_data_are_said_first():
    page = page_of(synthetic=True, other_data=True)
    assert "<title>SYNTHETIC: s9, reproduced</title>" in page
    assert words(page).index("OTHER DATA") < words(page).index("In short")


def test_what_a_recipe_says_is_escaped():
    page = page_of(
        title="<script>alert(1)</script>",
        contradictions=[{"bears_on": ["accuracy"], "says": "<b>both</b>"}],
    )
    assert "<script>alert" not in page and "<b>both" not in page
    assert page == page_of(
        title="<script>alert(1)</script>",
        contradictions=[{"bears_on": ["accuracy"], "says": "<b>both</b>"}],
    )
