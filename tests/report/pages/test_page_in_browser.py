"""Owns the tests of the page as a browser shows it: on a phone, in the dark, on paper, by keys."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.report.pages import audit, reproduction
from hybrid_wbc.report.pages.run import render

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
a_run, picture = _shared["a_run"], _shared["picture"]
CLASSES, LONG, KEYS = (_shared[name] for name in ("PBC", "LONG", "EVERY_KEY"))

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
# An A4 sheet within Chromium's own margins of 0.4 inches, at 96 pixels an inch.
PAPER = {"width": 717, "height": 1045}

# The smallest contrast of any text with what lies behind it, and that text (WCAG 2.2, 1.4.3).
WORST_CONTRAST = """() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((c, i) => c * a + below[i] * (1 - a));
  const behind = (element) => {
    const below = element.parentElement ? behind(element.parentElement) : [255, 255, 255];
    return over(parse(getComputedStyle(element).backgroundColor), below);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let worst = [21, "nothing"];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const paper = behind(element);
    const lights = [over(parse(getComputedStyle(element).color), paper), paper].map(luminance);
    const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (contrast < worst[0]) worst = [contrast, texts.currentNode.data];
  }
  return worst;
}"""
# Texts that reach beyond the card or paragraph that they stand in; a box that scrolls may.
RUNS_OUT = """() => {
  const out = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest(".wide, nav, .hidden, .skip, .panel > h3, select")) continue;
    const box = element.closest("article, button, li, section, header, main");
    const card = box.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const text = range.getBoundingClientRect();
    if (text.right > card.right + 1 || text.left < card.left - 1) out.push(range.toString());
  }
  return out;
}"""
TOO_SMALL = """() => [...document.querySelectorAll("nav a, button, summary, select, .tabs > label, "
  + ".scatter label")]
  .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
  .map((target) => target.innerText)"""
TOO_WIDE = """() => [...document.querySelectorAll(".wide")]
  .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.innerText.slice(0, 60))"""


@pytest.fixture(scope="module")
def html() -> str:
    """A page of the largest set that is shipped: eight classes, every classifier."""
    run = a_run(classes=CLASSES, keys=KEYS)
    run["command"] = "hybrid-wbc run lisc --data /data/a/very/long/path/" + "x" * 60
    run["private"] = "LISC's terms keep its cells with those who fetch them."
    names = ("embedding_scatter", "pair_plot", "feature_subsets", "prediction_sheet")
    return render({**run, "synthetic": True}, {name: picture(size=(1440, 900)) for name in names})


@pytest.fixture
def opened(open_page: Callable[..., Any], html: str) -> Callable[..., Any]:
    """Open that page; `open_page` fails the test if it complains or asks for anything."""

    def open_(**options: Any) -> Any:
        page = open_page(html, **options)
        page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
        return page

    return open_


@pytest.mark.parametrize("viewport", [PHONE, DESK])
def test_page_never_scrolls_sideways(opened: Any, viewport: dict[str, int]) -> None:
    page = opened(viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


@pytest.mark.parametrize("classes", [CLASSES, LONG], ids=["PBC", "40 letters"])
def test_names_stay_in_their_cards_and_the_page_in_its_window(
    open_page: Callable[..., Any], classes: tuple[str, ...]
) -> None:
    run = a_run(classes=classes, keys=KEYS)
    # Every classifier wrong, with the longest names beside one another.
    run["mistakes"] = [
        {**run["mistakes"][0], "true": name, "answers": dict.fromkeys(KEYS, other)}
        for name, other in zip(classes, classes[::-1], strict=True)
    ]
    html = render({**run, "synthetic": True}, {"pair_plot": picture(size=(1440, 900))})
    page = open_page(html, viewport=DESK)
    page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
    for width in (390, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width
            assert page.evaluate(RUNS_OUT) == [], (width, scheme)


@pytest.mark.parametrize("kind", ["audit", "reproduction"])
def test_long_names_stay_in_their_cards_on_the_other_pages(
    open_page: Callable[..., Any], kind: str
) -> None:
    shared = runpy.run_path(str(Path(__file__).parents[1] / f"{kind}_input.py"))
    if kind == "audit":
        found = shared["an_audit"](path="/somewhere/" + "x" * 80)
        found["classes"] = dict.fromkeys(LONG, found["classes"]["monocyte"])
        for pair in found["pairs"]:
            pair |= {"labels": [[LONG[2]], [LONG[1]]], "files": ["y" * 90 + ".png", "b.png"]}
        pixels = np.zeros((60, 80, 3), np.uint8)
        shown = {name: pixels for pair in found["pairs"] for name in pair["files"]}
        html = audit.render(found, shown, private="", command="hybrid-wbc data audit " + "z" * 90)
    else:
        rows = [shared["a_row"](**{"class": name}) for name in LONG]
        deductions = [shared["a_deduction"]()]
        html = reproduction.render(
            shared["a_reproduction"](rows=rows, deductions=deductions),
            command="hybrid-wbc reproduce s9 --data " + "z" * 90,
        )
    page = open_page(html, viewport=DESK)
    for width in (390, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.scrollingElement.scrollWidth") <= width
            assert page.evaluate(RUNS_OUT) == [], (width, scheme)


def test_a_finger_finds_every_control_on_a_phone(opened: Any) -> None:
    page = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate(TOO_SMALL) == []


def test_charts_take_the_pages_colours_in_the_dark_and_sheets_have_their_own_picture(
    open_page: Callable[..., Any],
) -> None:
    run, light, dark = a_run(), picture(size=(90, 40)), picture(size=(80, 40))
    html = render(run, {"pair_plot": light, "prediction_sheet": light}, {"prediction_sheet": dark})
    page = open_page(html, viewport=DESK, color_scheme="light")
    page.evaluate("document.querySelectorAll('details').forEach((box) => (box.open = true))")
    chart, sheet = page.locator(".chart img"), page.locator(".of-cells img")
    shown = "(image) => image.decode().then(() => image.naturalWidth)"
    assert chart.evaluate("(e) => getComputedStyle(e).filter") == "none"
    assert sheet.evaluate(shown) == 90
    page.emulate_media(color_scheme="dark")
    assert "invert" in chart.evaluate("(e) => getComputedStyle(e).filter")
    assert sheet.evaluate("(e) => getComputedStyle(e).filter") == "none"
    page.wait_for_function("document.querySelector('.of-cells img').currentSrc")
    assert sheet.evaluate(shown) == 80
    page.emulate_media(media="print", color_scheme="dark")
    assert chart.evaluate("(e) => getComputedStyle(e).filter") == "none"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_lies_behind_it(opened: Any, scheme: str) -> None:
    page = opened(viewport=DESK, color_scheme=scheme)
    contrast, text = page.evaluate(WORST_CONTRAST)
    assert contrast >= 4.5, text
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_paper_is_white_cuts_no_table_and_shows_every_tab(opened: Any) -> None:
    page = opened(viewport=PAPER, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(WORST_CONTRAST)[0] >= 4.5
    assert page.evaluate("document.documentElement.scrollWidth") == PAPER["width"]
    assert page.evaluate(TOO_WIDE) == []
    assert page.locator(".panel:visible").count() == page.locator(".panel").count() == 6
    assert page.locator("nav, button.copy").first.is_hidden()


def test_every_picture_is_drawn_and_has_an_alternative_text(opened: Any) -> None:
    page = opened(viewport=DESK)
    pictures = page.locator("img:visible")
    assert pictures.count() == 9  # of figures, a mistake and its neighbours, a suspect
    for shown in pictures.all():
        assert shown.get_attribute("alt")
        assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0


def test_tabs_change_by_click_and_by_arrow_keys(opened: Any) -> None:
    page = opened(viewport=PHONE)
    tabs = page.locator("#features .tabs")
    assert tabs.locator(".panel:visible h3").all_inner_texts() == ["KNN"]
    tabs.get_by_text("cubic SVM", exact=True).first.click()
    assert tabs.locator(".panel:visible h3").all_inner_texts() == ["cubic SVM"]
    page.keyboard.press("ArrowRight")
    assert tabs.locator(".panel:visible h3").all_inner_texts() == ["random forest"]
    assert tabs.locator("label").last.evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"


def test_tab_key_starts_at_the_skip_link_and_shows_where_it_is(opened: Any) -> None:
    page = opened(viewport=PHONE)
    focused = "document.activeElement"
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(f"""() => {{
              const style = getComputedStyle({focused});
              const label = {focused}.matches(".tabs input") && {focused}.nextElementSibling;
              const outline = label ? getComputedStyle(label) : style;
              return [{focused}.innerText, {focused}.className, outline.outlineStyle];
            }}""")
        )
    assert stops[0][:2] == ["Skip to the results", "skip"]
    assert [text for text, *_ in stops[1:4]] == ["Results", "Do the classifiers differ?",
                                                 "Paper against ours"]  # fmt: skip
    assert {outline for *_, outline in stops} <= {"solid", "auto"}
    # A table that scrolls sideways is a stop, so that arrow keys move it.
    assert any("wide" in name.split() for _, name, _ in stops)
    page.keyboard.press("Home")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#in-short"


def test_boxes_that_do_not_scroll_are_no_stop_for_the_keyboard(opened: Any) -> None:
    page = opened(viewport=PHONE)
    narrow = page.locator("#confusion .wide[tabindex]").count()
    page.set_viewport_size(DESK)
    page.wait_for_function("!document.querySelector('#confusion .wide[tabindex]')")
    assert narrow == len(KEYS)


def test_headings_are_not_hidden_by_the_row_of_contents(opened: Any) -> None:
    page = opened(viewport=PHONE)
    page.locator("nav a", has_text="Mistakes").click()
    bar = page.locator("nav").bounding_box()
    heading = page.locator("#mistakes h2").bounding_box()
    assert bar["y"] == 0 and bar["y"] + bar["height"] <= heading["y"] < PHONE["height"]


def test_the_command_is_copied_as_it_is(opened: Any) -> None:
    page = opened(viewport=PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "hybrid-wbc run lisc --data /data/a/very/long/path/" + "x" * 60


def test_without_scripts_the_page_is_whole_but_for_the_turning_plot(
    open_page: Callable[..., Any], html: str
) -> None:
    page = open_page(html, viewport=DESK, java_script_enabled=False)
    assert page.locator("h2:visible").count() == page.locator("h2").count()
    page.locator("#classes").get_by_text("Precision", exact=True).first.click()
    assert page.locator("#classes .panel:visible h3").all_inner_texts() == ["Precision"]
    assert page.locator("button.copy").is_hidden()
    assert page.locator("noscript").is_visible()
