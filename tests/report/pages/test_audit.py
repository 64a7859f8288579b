"""The page of an audit: what it says, escapes and leaves out, and how a browser shows it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.report.pages.audit import render
from hybrid_wbc.report.words.audit import by_label, percent, points, sentences


def score(mean: float) -> dict[str, Any]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "raw": [mean]}


def an_audit(**changes: Any) -> dict[str, Any]:
    """Give an audit of ten files with a photograph on two sides and a conflict."""
    pair = {
        "level": "photograph",
        "files": ["train/neut/a.png", "test/neut/b.png"],
        "labels": [["neutrophil"], ["neutrophil"]],
        "sides": ["train", "test"],
        "distance": 0.2,
        "likeness": "photograph",
        "landmarks": 31,
        "correlation": 0.97,
    }
    row = {"cells": 5, "files": 5, "photographs": 4, "sources": 4, "effective_sources": 3.57}
    return {
        "path": "/somewhere/cells",
        "synthetic": False,
        "notes": [],
        "n_readable": 10,
        "unreadable": [{"id": "mono/broken.png", "reason": "truncated"}],
        "unlabelled": 0,
        "several_labels": 0,
        "n_photographs": 8,
        "n_cell_groups": 7,
        "n_sources": 8,
        "largest_photograph": 3,
        "largest": [{"source": "test/neut/b.png", "files": 3}],
        "duplicates": [["mono/c.png", "mono/d.png"]],
        "conflicts": [
            {"level": "cells", "files": {"a.png": ["monocyte"], "b.png": ["neutrophil"]}}
        ],
        "sides": {
            "train": {"files": 6, "photographs": 5, "cell_groups": 5},
            "test": {"files": 4, "photographs": 4, "cell_groups": 4},
        },
        "shared": [
            {
                "level": "photograph",
                "sides": {"train": ["train/neut/a.png"], "test": ["test/neut/b.png"]},
            }
        ],
        "classes": {"monocyte": row, "neutrophil": row},
        "leakage": {
            "left_out": {},
            "n_files": 10,
            "n_sources": 8,
            "effective_sources": 7.1,
            "largest_class": 0.5,
            "folds": 5,
            "seeds": [0, 1, 2],
            "random": score(0.9),
            "by_source": score(0.6),
            "difference": score(0.3),
            "published": score(0.7),
        },
        "pairs": [
            pair | {"kind": "sides"},
            pair | {"kind": "conflict", "labels": [["monocyte"], []]},
            pair | {"kind": "unlike", "likeness": "nothing"},
        ],
        **changes,
    }


def page_of(audit: dict[str, Any], *, private: str = "") -> str:
    ids = {name for pair in audit["pairs"] for name in pair["files"]}
    generator = np.random.default_rng(0)
    shown = {name: generator.integers(0, 256, (300, 400, 3), np.uint8) for name in sorted(ids)}
    return render(audit, shown, private=private, command="hybrid-wbc data audit cells")


def words(html: str) -> str:
    body = html[html.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\u00a0", " ")


def test_the_first_lines_say_photographs_split_worth_and_conflicts():
    photographs, split, worth, doubled = (
        line.replace("\u00a0", " ") for line in sentences(an_audit())
    )
    assert photographs.startswith(
        "10 files show 8 photographs; the most copied fills 3 files. Some cells were photographed"
    )
    assert split == "The set's own split leaks: 1 photograph (2 files) on several sides."
    assert worth == (
        "A bare colour histogram gets 90.0 % when files are split at random and 60.0 % when "
        "photographs are kept together; the difference of 30.0 points (95 % interval 25.0 to 35.0) "
        "is what copies alone are worth. Naming the largest class gets 50.0 %. On the set's own "
        "split: 70.0 %."
    )
    assert doubled == (
        "2 files are byte-identical copies, in 1 group; no labels of theirs conflict. 1 group of "
        "files that show the same has different labels, which may be of two cells in view: see "
        "the pairs."
    )


def test_a_set_without_copies_or_split_says_so():
    first, split, _, doubled = sentences(
        an_audit(n_photographs=10, n_cell_groups=10, n_sources=10, sides={}, shared=[],
                 duplicates=[], conflicts=[])
    )  # fmt: skip
    assert first == "10 files, and no two show the same photograph."
    assert split == "The set comes without a split of its own."
    assert doubled == "No two files are byte-identical."


def test_a_clean_split_tells_of_cells_that_were_photographed_twice():
    shared = [{"level": "cells", "sides": {"train": ["a"], "test": ["b"]}}]
    assert sentences(an_audit(shared=[]))[1] == (
        "The set's own split shares no photograph between its sides (train 5, test 4)."
    )
    assert sentences(an_audit(shared=shared))[1].endswith(
        "(train 5, test 4). 1 group of the same cells, photographed more than once, lies on "
        "several sides."
    )


def test_only_labels_of_the_same_bytes_surely_conflict():
    files = {"a.png": ["monocyte"], "b.png": ["neutrophil"]}
    audit = an_audit(conflicts=[{"level": "file", "files": files}])
    assert sentences(audit)[3] == (
        "2 files are byte-identical copies, in 1 group; 1 with conflicting labels."
    )


def test_a_difference_that_chance_may_give_is_not_claimed():
    leakage = an_audit()["leakage"] | {"difference": score(0.01)}
    assert "copies alone are worth, and may be nothing." in sentences(an_audit(leakage=leakage))[2]


def test_what_was_not_measured_is_not_shown():
    unmeasured = {"random": None, "by_source": None, "difference": None, "published": None}
    audit = an_audit(leakage=an_audit()["leakage"] | unmeasured)
    assert "was not measured: fewer than two classes have 5 sources" in sentences(audit)[2]
    assert "naming the largest class" not in words(page_of(audit))


@pytest.mark.parametrize(
    ("value", "text"), [(0.3, "30.0"), (-0.012, "−1.2"), (-0.0001, "0.0"), (0.0, "0.0")]
)
def test_points_have_a_sign_only_where_they_are_negative(value, text):
    assert points(value) == text


def test_a_percentage_does_not_part_from_its_sign():
    assert percent(0.998) == "99.8\u00a0%"


def test_the_files_of_a_conflict_are_put_together_by_label():
    files = {"a": ["monocyte"], "b": ["neutrophil"], "c": ["neutrophil"], "d": []}
    assert by_label(files) == [
        ("neutrophil", ["b", "c"]),
        ("monocyte", ["a"]),
        ("no label", ["d"]),
    ]


def test_page_is_whole_the_same_each_time_and_asks_for_nothing():
    html = page_of(an_audit())
    assert html == page_of(an_audit())
    assert html.count("<img") == 6 and "http" not in html.replace("http-equiv", "")
    assert "default-src 'none'" in html
    text = words(html)
    for said in ("31 landmarks meet, correlation 0.97", "other copies link them", "3.6",
                 "mono/broken.png: truncated", "hybrid-wbc data audit cells"):  # fmt: skip
        assert said in text
    assert "SYNTHETIC" not in html and "Not to be passed on" not in html


def test_page_stays_small_however_large_the_set_is():
    ids = [f"train/neut/{number:05d}.png" for number in range(5000)]
    groups = [ids[start : start + 2] for start in range(0, 5000, 2)]
    html = page_of(an_audit(duplicates=groups, shared=[{"level": "file", "sides": {"a": ids}}]))
    assert len(html) < 1_000_000
    assert "The first 100 of 2500" in html and "and 4996 more" in html


def test_page_says_synthetic_and_private():
    html = page_of(an_audit(synthetic=True), private="keep it")
    assert "<title>SYNTHETIC: Audit of cells</title>" in html
    assert "SYNTHETIC: drawn cells" in words(html)
    assert "Not to be passed on. keep it" in words(html)


def test_names_of_files_and_classes_are_escaped():
    audit = an_audit(path="/x/<script>alert(1)</script>")
    audit["classes"] = {"<b>bold</b>": audit["classes"]["monocyte"]}
    audit["duplicates"] = [["<i>a</i>.png", "b.png"]]
    html = page_of(audit)
    assert "<script>alert" not in html and "<b>bold" not in html and "<i>a" not in html


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_never_scrolls_sideways_and_draws_every_picture(open_page, width, scheme):
    audit = an_audit(duplicates=[["a/" + "x" * 200 + ".png", "b.png"]])
    page = open_page(page_of(audit), viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for shown in page.locator("img:visible").all():
        assert shown.get_attribute("alt")
        assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 240


def test_paper_is_white_and_cuts_nothing(open_page):
    page = open_page(
        page_of(an_audit()), viewport={"width": 717, "height": 1045}, color_scheme="dark"
    )
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") == 717
    assert page.locator("nav").is_hidden()
