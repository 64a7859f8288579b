"""The page in a browser: drop, boxes, a cell, a correction, files; on a phone and by keyboard."""

import csv
import io
import json
import runpy
import time
from pathlib import Path

import pytest

from hybrid_wbc.report.pages import served

Mapper = runpy.run_path(str(Path(__file__).with_name("model_input.py")))["Mapper"]

DROP = """async ([name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector("#ask").dispatchEvent(event);
  }
}"""


@pytest.fixture(scope="module")
def address(serving, model):
    with serving(model) as (address, _):
        yield address


@pytest.fixture
def open_page(browser, address):
    """Open the page; afterwards fail if it complained or asked for anything elsewhere."""
    complaints, contexts, known = [], [], (address, "data:", "blob:")

    def open_(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on(
            "request",
            lambda asked: asked.url.startswith(known) or complaints.append(asked.url),
        )
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def answered(page):
    page.wait_for_selector("#answer:not([hidden])", timeout=60_000)


def until(page, holds: str, seconds: float = 60.0):
    """Wait for a condition; the page forbids what Playwright would wait by."""
    end = time.monotonic() + seconds
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(50)


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return io.StringIO(download.value.path().read_text("utf-8"))


def test_a_dropped_smear_is_boxed_and_a_cell_is_shown_corrected_and_saved(open_page, smear, model):
    page = open_page(accept_downloads=True)
    page.evaluate(DROP, ["drawn smear.png", list(smear)])
    answered(page)
    boxes = page.locator(".box")
    assert boxes.count() == page.locator("#cells li").count() >= 1
    frame, box = page.locator(".frame img").bounding_box(), boxes.first.bounding_box()
    assert frame["x"] - 3 <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"] + 3
    assert page.locator("#cell").is_hidden()

    boxes.first.click()
    shown = page.locator("#cell").inner_text()
    assert "drawn smear.png 1" in shown and "probability" in shown and "set at 0.9" in shown
    page.wait_for_selector("#cell svg .here")
    assert page.locator("#cell .near li").count() == 5
    until(page, "[...document.querySelectorAll('.near img')].every(i => i.naturalWidth)")
    assert page.locator("#cell svg circle").count() == len(model.trained) + 1

    given = page.locator("#cell select").input_value()
    other = next(name for name in model.classes if name != given)
    page.locator("#cell select").select_option(other)
    page.locator("#counts", has_text="labels were corrected").wait_for()
    assert page.locator("#corrected").inner_text() == "1 corrected"
    assert page.locator("#cells li").first.locator("select").input_value() == other
    assert boxes.first.inner_text().endswith(other)
    row = page.locator("#counts tr", has_text=other).inner_text().split()
    assert row[1] == "1" or row[0] != other

    page.locator("#level").select_option("0.8")  # asks again, and keeps what was corrected
    page.locator("#about", has_text="prediction sets at 0.8").wait_for()
    assert page.locator("#corrected").inner_text() == "1 corrected"

    rows = list(csv.DictReader(saved(page, "#csv")))
    assert len(rows) == boxes.count()
    assert (rows[0]["answer"], rows[0]["label"]) == (given, other)
    assert {"knn", "vote", "feature_1", "probability", "set", "left", "cut_off_by_frame"} <= set(
        rows[0]
    )
    told = json.load(saved(page, "#json"))
    assert told["cells"][0]["label"] == other and told["classes"] == model.classes


def test_a_phone_shows_all_within_its_width_and_goes_to_the_cell(open_page, smear, make_cell):
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    files = [
        {"name": name, "mimeType": "image/png", "buffer": content}
        for name, content in (("smear.png", smear), ("cell.png", make_cell()))
    ]
    page.set_input_files("#files", files)
    answered(page)
    page.locator(".show").last.tap()
    page.wait_for_selector("#cell svg .here")
    until(page, "Math.abs(document.querySelector('#cell').getBoundingClientRect().top) < 60")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("#cell h2").inner_text() == "cell.png"


def test_the_keyboard_goes_from_cell_to_cell_and_corrects(open_page, smear, make_cell, model):
    page = open_page()
    cells = [
        {"name": f"{n}.png", "mimeType": "image/png", "buffer": make_cell(colour)}
        for n, colour in enumerate([(200, 90, 160), (90, 90, 200)])
    ]
    page.set_input_files("#files", cells)
    answered(page)
    page.locator(".show").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.cell") == "1"
    given = page.locator("#cells select").nth(1).input_value()
    wanted = next(n for n, name in enumerate(model.classes) if name != given)
    page.keyboard.press(str(wanted + 1))
    assert page.locator("#cells select").nth(1).input_value() == model.classes[wanted]
    page.keyboard.press("0")
    assert page.locator("#cells select").nth(1).input_value() == given
    page.keyboard.press("Enter")
    page.wait_for_selector("#cell:not([hidden])")
    assert page.locator("#cell h2").inner_text() == "1.png"
    focusable = page.evaluate("document.querySelectorAll('#answer button[tabindex=\"0\"]').length")
    assert focusable == 1


def test_maps_are_shown_on_demand_and_those_that_disagree_are_faded(
    browser, serving, make_model, make_cell, monkeypatch
):
    monkeypatch.setattr("hybrid_wbc.serve.service.Mapper", Mapper)
    with serving(make_model(network="a network")) as (address, _):
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.set_input_files(
            "#files", [{"name": "c.png", "mimeType": "image/png", "buffer": make_cell()}]
        )
        answered(page)
        page.locator(".show").first.click()
        page.get_by_role("button", name="raises and lowers").click()
        page.wait_for_selector(".maps article")
        headings = page.locator(".maps h4").all_inner_texts()
        assert headings == [
            "basophil: named by the network, logit 1.50",
            "feature 1: unit -0.50",
        ]
        faded = page.locator(".maps article.unreadable")
        assert "disagree: do not read this map" in faded.inner_text()
        until(page, "[...document.querySelectorAll('.maps img')].every(i => i.naturalWidth)")
        assert "conv_3" in page.locator(".explained").inner_text()
        context.close()


def test_what_is_refused_is_said_on_the_page(browser, address, make_cell):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    broken = {"name": "<b>page.png", "mimeType": "image/png", "buffer": b"<html>"}
    page.set_input_files("#files", [broken])
    page.wait_for_selector("#refusal:not([hidden])")
    assert "<b>page.png: unreadable" in page.locator("#refusal").inner_text()
    page.set_input_files(
        "#files", [broken, {"name": "c.png", "mimeType": "image/png", "buffer": make_cell()}]
    )
    answered(page)
    assert page.locator("#refusal").is_hidden()
    assert "skipped <b>page.png" in page.locator("#about").inner_text()
    context.close()


def test_eight_long_class_names_are_escaped_and_leave_the_page_its_width(
    browser, serving, make_model, smear
):
    classes = [f"<i>class & {n} of a name that is quite long" for n in range(8)]
    with serving(make_model(classes=classes, mark="SYNTHETIC")) as (address, _):
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(address)
        assert page.locator("i").count() == 0
        assert "SYNTHETIC" in page.locator("header").inner_text()
        page.set_input_files(
            "#files", [{"name": "s.png", "mimeType": "image/png", "buffer": smear}]
        )
        answered(page)
        page.locator(".box").first.click()
        page.wait_for_selector("#cell svg .here")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        context.close()


def test_the_files_of_the_page_are_those_that_are_there():
    assert all(served.file(name) for name in served.FILES)
