"""Owns the tests of the page: it holds the numbers, needs no network, and escapes its input."""

from __future__ import annotations

import base64
import copy
import re
from html.parser import HTMLParser
from typing import Any

import jinja2
import pytest

from hybrid_wbc.report.page import METRIC_TITLES, render
from hybrid_wbc.report.style import SYNTHETIC_TEXT

PNG = b"\x89PNG\r\n\x1a\n not a whole picture"
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Outline(HTMLParser):
    """Follows the open tags, and keeps each address and heading."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for key, value in attrs if key in ("src", "href", "srcset")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def read(html: str) -> Outline:
    outline = Outline()
    outline.feed(html)
    outline.close()
    assert outline.open == []
    return outline


def score(mean: float) -> dict[str, Any]:
    return {
        "mean": mean,
        "low": mean - 0.05,
        "high": mean + 0.02,
        "raw": [mean - 0.01, mean + 0.01],
    }


def a_run(classes: tuple[str, ...] = ("basophil", "monocyte")) -> dict[str, Any]:
    per_class = {
        name: {
            "precision": score(0.711),
            "recall": score(0.722),
            "f1": score(0.733),
            "support": 1234,
        }
        for name in classes
    }
    scores = {key: score(0.611 + index / 100) for index, key in enumerate(METRIC_TITLES)}
    return {
        "name": "00007-lisc",
        "synthetic": False,
        "metrics": {
            "synthetic": False,
            "n_files": 9957,
            "n_sources": 277,
            "classes": list(classes),
            "notes": ["two cells were photographed twice"],
            "counts": {"train": dict.fromkeys(classes, 1500), "test": {classes[0]: 7}},
            "classifiers": {
                key: {**scores, "per_class": per_class, "confusion": [[1, 0], [0, 1]]}
                for key in ("knn", "svm", "forest", "cnn")
            },
        },
        "settings": {"training": {"epochs": 50, "optimizer": {"name": "adam"}}, "seeds": [0, 1]},
        "dropped": [],
        "provenance": {"commit": "0123abcd", "dirty": False},
    }


def test_page_holds_means_intervals_and_the_raw_value_of_each_repeat() -> None:
    html = render(a_run(), {})
    for written in ("0.611", "0.561 to 0.631", "0.601, 0.621", "0.661", "0.711", "0.722", "0.733"):
        assert written in html
    for title in ("KNN", "cubic SVM", "random forest", "CNN softmax"):
        assert f'<th scope="row">{title}</th>' in html
    assert "1,234" in html


def test_page_puts_the_sections_in_reading_order() -> None:
    assert read(render(a_run(), {})).headings == [
        "00007-lisc",
        "Results on the test side",
        "What these numbers do not show",
        "Figures",
        "Class by class",
        "Data",
        "Settings",
        "Provenance",
    ]


def test_page_says_synthetic_only_of_drawn_cells_and_always_research_use() -> None:
    run = a_run()
    real = render(run, {"pair_plot": PNG})
    drawn = render({**run, "synthetic": True}, {"pair_plot": PNG})
    assert "SYNTHETIC" not in real
    # In the banner and under the figure; the title has its own wording.
    assert drawn.count(SYNTHETIC_TEXT) == 2
    assert "<title>SYNTHETIC: 00007-lisc</title>" in drawn
    for html in (real, drawn):
        assert "Research use only, not a medical device." in html


def test_page_is_one_file_that_asks_for_nothing() -> None:
    html = render(a_run(), {"embedding_scatter": PNG, "my_own_figure": PNG})
    outline = read(html)
    data = "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert outline.addresses == [data, data]
    assert not outline.tags & {"script", "link", "iframe"}
    assert not re.search(r"https?://|url\(|@import", html)
    assert "My own figure." in html


def test_page_escapes_what_it_is_given() -> None:
    run = a_run(classes=("<b>", "monocyte"))
    run["name"] = "<i>run</i>"
    run["metrics"]["notes"] = ["<script>alert(1)</script>"]
    run["settings"] = {"<u>": "<u>"}
    run["provenance"] = {"argv": ["<s>"]}
    run["dropped"] = [{"id": "<em>", "reason": "<q>"}]
    html = render(run, {'"><b>': PNG})
    assert not read(html).tags & {"b", "i", "script", "u", "s", "em", "q"}
    assert '<th scope="row">&lt;b&gt;</th>' in html


def test_page_counts_files_against_independent_sources_and_lists_the_hazards() -> None:
    run = a_run()
    html = render(run, {})
    assert "9,957 files" in html and "277 independent sources" in html
    assert "277 observations, not of 9,957" in html
    assert "<li>two cells were photographed twice</li>" in html
    run["metrics"]["n_sources"] = 9957
    html = render(run, {})
    assert "as far as the set tells them apart" in html and "observations" not in html


def test_page_counts_each_side_with_its_total_and_zero_for_an_absent_class() -> None:
    html = render(a_run(), {})
    assert '<th scope="row">train</th><td>1,500</td><td>1,500</td><td>3,000</td>' in html
    assert '<th scope="row">test</th><td>7</td><td>0</td><td>7</td>' in html


def test_page_counts_thousands_of_drops_by_reason_and_shows_the_first_few() -> None:
    run = a_run()
    assert "Nothing was dropped." in render(run, {})
    run["dropped"] = [
        {"id": f"cell-{index}", "reason": "duplicate" if index % 4 else "unreadable"}
        for index in range(4000)
    ]
    html = render(run, {})
    assert '<th scope="row">duplicate</th><td>3,000</td>' in html
    assert '<th scope="row">unreadable</th><td>1,000</td>' in html
    assert "The first 10 of 4,000" in html
    assert "cell-9<" in html and "cell-10<" not in html


def test_page_names_settings_by_their_dotted_path() -> None:
    html = render(a_run(), {})
    assert '<th scope="row">training.optimizer.name</th><td>adam</td>' in html
    assert '<th scope="row">seeds</th><td>[0, 1]</td>' in html
    assert '<th scope="row">dirty</th><td>false</td>' in html


def test_page_leaves_out_an_interval_that_one_repeat_cannot_give() -> None:
    run = a_run()
    accuracy = {"mean": 0.8125, "low": None, "high": None, "raw": [0.8125]}
    run["metrics"]["classifiers"] = {
        "knn": {**run["metrics"]["classifiers"]["knn"], "accuracy": accuracy}
    }
    assert "<td>0.812</td>" in render(run, {})


def test_page_is_the_same_each_time_and_leaves_the_run_as_it_was() -> None:
    run = a_run()
    before = copy.deepcopy(run)
    assert render(run, {"pair_plot": PNG}) == render(run, {"pair_plot": PNG})
    assert run == before


def test_page_refuses_a_run_without_its_numbers() -> None:
    run = a_run()
    del run["metrics"]["classifiers"]["svm"]["kappa"]
    with pytest.raises(jinja2.UndefinedError, match="kappa"):
        render(run, {})
