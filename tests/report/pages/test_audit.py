"""The page of an audit: what it says, escapes and leaves out, and how a browser shows it."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.report.pages.audit import render

_shared = runpy.run_path(str(Path(__file__).parents[1] / "audit_input.py"))
an_audit = _shared["an_audit"]


def page_of(audit: dict[str, Any], *, private: str = "") -> str:
    ids = {name for pair in audit["pairs"] for name in pair["files"]}
    generator = np.random.default_rng(0)
    shown = {name: generator.integers(0, 256, (300, 400, 3), np.uint8) for name in sorted(ids)}
    return render(audit, shown, private=private, command="hybrid-wbc data audit cells")


def words(html: str) -> str:
    body = html[html.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\u00a0", " ")


def test_what_was_not_measured_is_not_shown():
    unmeasured = {"random": None, "by_source": None, "difference": None, "published": None}
    audit = an_audit(leakage=an_audit()["leakage"] | unmeasured)
    assert "was not measured: fewer than two classes have 5 sources" in words(page_of(audit))
    assert "naming the largest class" not in words(page_of(audit))


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
