"""Owns the tests of the explorer in a browser: lasso, colours, axes, files, matrices."""

from __future__ import annotations

import csv
import io
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages.mistakes import nearest
from hybrid_wbc.report.pages.packing import unpack
from hybrid_wbc.report.pages.run import render

_folder = Path(__file__).parents[1]
_shared = runpy.run_path(str(_folder / "explorer_input.py"))
drawn_cells, page_of, Plot = _shared["drawn_cells"], _shared["page_of"], _shared["Plot"]
CLASSES, HOSTILE, RED, DESK = (_shared[name] for name in ("CLASSES", "HOSTILE", "RED", "DESK"))
a_run = runpy.run_path(str(_folder / "page_input.py"))["a_run"]
PHONE = {"width": 390, "height": 844}
SVG = "{http://www.w3.org/2000/svg}"
VERMILION, SKY = (213, 94, 0), (86, 180, 233)


@pytest.fixture
def opened(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open the explorer of the drawn cells; `open_page` fails the test if it complains."""

    def open_(cells: dict[str, Any] | None = None, text: str = "", **options: Any) -> Any:
        html = page_of(cells or drawn_cells(), text)
        return Plot(open_page(html, **{"viewport": DESK} | options))

    return open_


def choose(plot: Any, name: str, option: str, at: int = 0) -> dict[str, str]:
    plot.page.locator(f"[name={name}]").nth(at).select_option(option)
    return plot.state()


def drag(plot: Any, *points: tuple[float, float]) -> dict[str, str]:
    """Move the mouse, its button held, through points of the plot."""
    plot.page.mouse.move(*plot.place(*points[0]))
    plot.page.mouse.down()
    for point in points[1:]:
        plot.page.mouse.move(*plot.place(*point), steps=4)
    plot.page.mouse.up()
    return plot.state()


def around(reach: float) -> list[tuple[float, float]]:
    """Corners around the middle of the plot."""
    low, high = 0.5 - reach, 0.5 + reach
    return [(low, low), (high, low), (high, high), (low, high)]


def saved(plot: Any, name: str) -> bytes:
    with plot.page.expect_download() as download:
        plot.page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()


def groups(plot: Any) -> dict[str, int]:
    lines = plot.page.locator(".scatter-groups button").all_inner_texts()
    pairs = [text.strip().rsplit("\n", 1) for text in lines]
    return {name.strip(): int(count) for name, count in pairs}


def leaning(pixels: np.ndarray, towards: np.ndarray) -> int:
    """Count the pixels whose colour is far from grey, in this direction."""
    offset = pixels - pixels.mean(axis=2, keepdims=True)
    return int((offset @ towards > 60 * np.abs(towards).max()).sum())


# ---- Lasso, keys and gallery


@pytest.mark.parametrize("by", ["Shift", "button"])
def test_a_lasso_chooses_what_it_encircles_and_shows_it(opened: Any, by: str) -> None:
    plot = opened()
    # One of its cells lies next to the middle; what is hidden is not chosen.
    plot.page.get_by_role("button", name="monocyte").click()
    before = plot.state()
    if by == "Shift":
        plot.page.keyboard.down("Shift")
    else:
        plot.page.get_by_role("button", name="lasso").click()
    state = drag(plot, *around(0.012))
    assert state["chosen"] == "1"
    assert {key: state[key] for key in ("azimuth", "elevation", "axes")} == {
        key: before[key] for key in ("azimuth", "elevation", "axes")
    }
    assert plot.page.locator(".scatter-chosen").inner_text() == "1 cell chosen"
    (entry,) = plot.page.locator(".scatter-gallery > ul > li").all()
    text = entry.inner_text()
    assert "middle" in text and "basophil, test cell" in text and "KNN: neutrophil ✗" in text
    assert entry.locator(".scatter-near li").count() == 3
    assert int(drag(plot, *around(0.49))["chosen"]) == 20


def test_a_lasso_around_nothing_chooses_nothing_and_a_click_is_no_lasso(opened: Any) -> None:
    plot = opened()
    plot.page.keyboard.down("Shift")
    drag(plot, *around(0.49))
    state = drag(plot, (0.01, 0.9), (0.03, 0.9), (0.03, 0.93))
    assert state["chosen"] == "0" and plot.page.locator(".scatter-gallery").is_hidden()
    plot.page.mouse.click(*plot.place())
    assert plot.state()["chosen"] == "0" and plot.state()["selected"] == "middle"


def test_a_finger_draws_a_lasso_and_two_still_zoom(opened: Any) -> None:
    plot = opened(viewport=PHONE, has_touch=True, is_mobile=True)
    plot.page.get_by_role("button", name="lasso").tap()
    plot.page.get_by_role("button", name="monocyte").tap()
    session = plot.page.context.new_cdp_session(plot.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    plot.canvas.scroll_into_view_if_needed()
    corners = [plot.place(*corner) for corner in around(0.016)]
    touch("touchStart", corners[0])
    for corner in corners[1:]:
        touch("touchMove", corner)
    touch("touchEnd")
    assert plot.state()["chosen"] == "1"
    assert plot.page.evaluate("document.scrollingElement.scrollWidth") == 390
    small = """() => [...document.querySelectorAll(".scatter button")]
      .filter((button) => button.checkVisibility() && button.offsetHeight < 44)
      .map((button) => button.outerHTML)"""
    assert plot.page.evaluate(small) == []
    touch("touchStart", plot.place(0.45, 0.5), plot.place(0.55, 0.5))
    for wide in (0.1, 0.2):
        touch("touchMove", plot.place(0.5 - wide, 0.5), plot.place(0.5 + wide, 0.5))
    touch("touchEnd")
    assert float(plot.state()["zoom"]) > 2 and plot.state()["chosen"] == "1"


def test_keys_choose_without_a_mouse(opened: Any) -> None:
    plot = opened()
    assert plot.press("n", "s", "n", "s")["chosen"] == "2"
    assert plot.press("s")["chosen"] == "1"
    plot.press("l")
    assert plot.page.get_by_role("button", name="lasso").get_attribute("aria-pressed") == "true"
    assert plot.press("Escape", "s")["chosen"] == "1"


def test_cells_that_are_not_chosen_become_faint(opened: Any) -> None:
    plot = opened()
    spread = np.ptp(plot.pixels(), axis=2)
    plot.press("n", "s", "Escape")
    assert (np.ptp(plot.pixels(), axis=2) > 90).sum() < 0.3 * (spread > 90).sum()
    plot.page.get_by_role("button", name="choose none").click()
    assert np.array_equal(np.ptp(plot.pixels(), axis=2), spread)


def test_a_large_choice_comes_in_parts_and_each_cell_can_be_found_in_the_plot(opened: Any) -> None:
    plot = opened()
    plot.page.get_by_role("button", name="choose all shown").click()
    entries = plot.page.locator(".scatter-gallery > ul > li")
    assert plot.state()["chosen"] == "30" and entries.count() == 24
    more = plot.page.get_by_role("button", name="Show 6 more of 6")
    more.click()
    assert entries.count() == 30 and more.is_hidden()
    assert plot.page.evaluate("document.activeElement.closest('li').parentElement.children[24] "
                              "=== document.activeElement.closest('li')")  # fmt: skip
    plot.page.get_by_role("button", name="cell-29").click()
    assert plot.state()["selected"] == "cell-29" and plot.card.is_visible()
    # One that was hidden since then comes back.
    plot.page.get_by_role("button", name="neutrophil").click()
    assert plot.state()["points"] == "20"
    plot.page.get_by_role("button", name="cell-29").click()
    assert plot.state()["points"] == "30" and plot.state()["selected"] == "cell-29"


def test_neighbours_are_those_that_the_mistakes_of_the_page_show(opened: Any) -> None:
    drawn = drawn_cells()
    cells = drawn["cells"]
    X = unpack(cells["x"]).reshape(len(cells["axes"]), -1)[:5].T
    label, side = unpack(cells["label"]), unpack(cells["side"])
    split = [cells["sides"][position]["key"] for position in side]
    said = np.array(CLASSES)[unpack(cells["answers"][0]["said"])]
    found, _ = nearest(X, label.astype(int), split, cells["ids"], CLASSES, {"knn": said}, None)
    plot = opened(drawn)
    plot.page.get_by_role("checkbox", name="only mistakes of").check()
    plot.page.get_by_role("button", name="choose all shown").click()
    entries = plot.page.locator(".scatter-gallery > ul > li").all()
    assert len(entries) == len(found) == 2
    found.sort(key=lambda mistake: mistake["id"] != "middle")
    for mistake, entry in zip(found, entries, strict=True):
        near = entry.locator(".scatter-near li")
        assert entry.locator(".scatter-name").inner_text() == mistake["id"]
        assert near.evaluate_all("(all) => all.map(({ title }) => title)") == [
            neighbour["id"] for neighbour in mistake["neighbours"]
        ]
        distances = near.locator(".quiet").all_inner_texts()
        assert [float(text) for text in distances] == pytest.approx(
            [neighbour["distance"] for neighbour in mistake["neighbours"]], rel=0.05
        )


# ---- Colours


def test_right_and_wrong_have_their_colours_and_can_be_left_out(opened: Any) -> None:
    plot = opened()
    assert plot.page.locator(".scatter-groups").is_hidden()
    assert choose(plot, "colour", "right or wrong: KNN")["points"] == "30"
    assert groups(plot) == {"right": 28, "wrong": 2}
    choose(plot, "axis", "none", 2)
    plot.press("+", "+")
    both = plot.pixels()
    plot.page.locator(".scatter-groups button", has_text="right").click()
    assert plot.state()["points"] == "2"
    wrong = plot.pixels()
    red, blue = np.array(VERMILION) - SKY, np.array(SKY) - VERMILION
    assert leaning(wrong, red) > 50 and leaning(wrong, blue) == 0 < leaning(both, blue)
    choose(plot, "colour", "right or wrong: cubic SVM")
    assert groups(plot) == {"right": 30, "wrong": 0} and plot.state()["points"] == "30"
    choose(plot, "colour", "true class")
    assert plot.page.locator(".scatter-groups").is_hidden() and plot.state()["points"] == "30"


def test_an_answer_is_shown_by_the_colour_and_the_class_by_the_mark(opened: Any) -> None:
    plot = opened()
    choose(plot, "colour", "answer of KNN")
    assert groups(plot) == {"basophil": 9, "monocyte": 9, "neutrophil": 12}
    plot.page.locator(".scatter-groups button", has_text="neutrophil").click()
    plot.page.locator(".scatter-legend button", has_text="monocyte").click()
    assert plot.state()["points"] == "9"


def test_the_columns_of_a_table_colour_the_cells_and_take_part_in_the_list(opened: Any) -> None:
    plot = opened()
    choose(plot, "colour", "stain")
    assert groups(plot) == {HOSTILE: 24, "no value": 6}
    plot.page.locator(".scatter-groups button").first.click()
    assert plot.state()["points"] == "6"
    # Called like one of the explorer's own: the last of the two.
    plot.page.locator("[name=colour]").evaluate(
        "(select) => { select.selectedIndex = select.length - 1; "
        "select.dispatchEvent(new Event('change', { bubbles: true })); }"
    )
    parts = groups(plot)
    assert len(parts) == 7 and sum(parts.values()) == 30
    assert next(iter(parts)).startswith("0 to ")


def test_of_many_sources_the_largest_have_colours(opened: Any) -> None:
    plot = opened()
    choose(plot, "colour", "source")
    plot.choose("all")
    found = groups(plot)
    assert len(found) == 8 and list(found)[-1] == "5 other sources"
    assert sum(found.values()) == 45
    choose(plot, "colour", "side")
    assert groups(plot) == {"training": 15, "test": 30}


# ---- Axes


def test_two_axes_are_a_chart_that_is_moved_and_zoomed(opened: Any) -> None:
    plot = opened()
    cube = plot.pixels()
    flat = choose(plot, "axis", "none", 2)
    assert flat["axes"] == "feature 1, feature 2, none"
    chart = plot.pixels()
    assert (chart != cube).any(axis=2).mean() > 0.05
    # The middle cell lies in the middle of the chart, which leaves room for ticks and buttons.
    box = plot.canvas.bounding_box()
    middle = (0.5 + 24 / box["width"], 0.5 - 8 / box["height"])
    plot.page.mouse.move(*plot.place(*middle))
    assert plot.state()["selected"] == "middle"
    plot.page.mouse.move(*plot.place(0.2, 0.2))
    state = drag(plot, (0.2, 0.4), (0.3, 0.4))
    assert state["azimuth"] == flat["azimuth"]
    plot.page.mouse.move(*plot.place(middle[0] + 0.1, middle[1]))
    assert plot.state()["selected"] == "middle"
    plot.page.mouse.move(*plot.place(0.01, 0.01))
    plot.press("Home")
    assert np.array_equal(plot.pixels(), chart)
    assert plot.press("+")["zoom"] == "1.25"


def test_the_third_axis_of_a_chart_is_never_one_of_its_two(opened: Any) -> None:
    plot = opened()
    choose(plot, "axis", "none", 2)
    assert choose(plot, "axis", "feature 1", 2)["axes"] == "feature 3, feature 2, feature 1"


@pytest.mark.parametrize(
    ("group", "axes"),
    [
        ("PCA", "PCA 1, PCA 2, PCA 3"),
        # Three classes have two discriminants; the third axis is then another.
        ("LDA", "LDA 1, LDA 2, feature 1"),
        ("features", "feature 1, feature 2, feature 3"),
    ],
)
def test_a_set_of_axes_is_one_click(opened: Any, group: str, axes: str) -> None:
    plot = opened()
    choose(plot, "axis", "feature 5")
    plot.page.get_by_role("button", name=group, exact=True).click()
    assert plot.state()["axes"] == axes
    choose(plot, "axis", "none", 2)
    plot.page.get_by_role("button", name=group, exact=True).click()
    assert plot.state()["axes"] == ", ".join([*axes.split(", ")[:2], "none"])


def test_pictures_stand_in_place_of_marks(opened: Any) -> None:
    plot = opened()
    plot.page.get_by_label("pictures").check()
    plot.choose("only mistakes of")
    pixels = plot.pixels()
    middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    assert np.abs(middle - RED).max() < 12
    plot.page.get_by_label("only mistakes of").uncheck()
    blue = (np.abs(plot.pixels() - (30, 30, 200)).max(axis=2) < 12).sum()
    plot.page.get_by_label("size").fill("2")
    larger = (np.abs(plot.pixels() - (30, 30, 200)).max(axis=2) < 12).sum()
    assert blue > 5000 and larger > 1.8 * blue


def test_without_pictures_none_are_offered(opened: Any) -> None:
    plot = opened(drawn_cells(pictures=False))
    assert plot.page.get_by_label("pictures").is_hidden()
    plot.page.get_by_role("button", name="choose all shown").click()
    assert plot.page.locator(".scatter-gallery canvas").count() == 0


def test_full_screen_comes_and_goes(opened: Any) -> None:
    plot = opened()
    wide = plot.canvas.bounding_box()["height"]
    plot.page.get_by_role("button", name="full screen").click()
    plot.page.wait_for_function("() => document.fullscreenElement?.className === 'scatter'")
    assert plot.page.locator(".scatter-legend").is_visible()
    plot.press("f")
    plot.page.wait_for_function("() => !document.fullscreenElement")
    near = f"Math.abs(document.querySelector('canvas').clientHeight - {wide}) < 1"
    plot.page.wait_for_function(f"() => {near}")


# ---- Files


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_the_table_holds_the_chosen_cells_or_all_that_are_shown(opened: Any) -> None:
    drawn = drawn_cells()
    plot = opened(drawn)
    rows = rows_of(saved(plot, "save the cells as CSV"))
    ids = drawn["cells"]["ids"]
    assert sorted(row["id"] for row in rows) == sorted(ids[15:])
    values = unpack(drawn["cells"]["x"]).reshape(-1, 45)
    for row in rows:
        cell = ids.index(row["id"])
        assert float(row["feature_4"]) == pytest.approx(values[3, cell], rel=1e-4)
        assert row["side"] == "test" and row["svm"] == row["true"]
    plot.press("n", "s", "n", "s", "Escape")
    first, second = rows_of(saved(plot, "save the cells as CSV"))
    assert list(first)[:6] == ["id", "true", "side", "source", "knn", "svm"]
    assert {"PCA_1", "LDA_2"} <= set(first)
    assert (first["id"], first["true"], first["knn"]) == ("middle", "basophil", "neutrophil")
    assert second["id"] == HOSTILE and second["source"] == "slide 01"


def test_the_picture_of_the_view_is_twice_as_fine_and_has_a_legend_and_the_mark(
    opened: Any,
) -> None:
    plot = opened(text=SYNTHETIC_TEXT)
    width, height = plot.canvas.evaluate("(canvas) => [canvas.clientWidth, canvas.clientHeight]")
    with Image.open(io.BytesIO(saved(plot, "save the view as PNG"))) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert pixels.shape[1] == 2 * width and 2 * height + 40 < pixels.shape[0] < 2 * height + 200
    assert (np.ptp(pixels[2 * height :], axis=2) > 90).sum() > 200
    strip = pixels[2 * height - 48 : 2 * height]
    assert (np.ptp(strip, axis=2) > 90).sum() > 400


@pytest.mark.parametrize("flat", [False, True])
def test_the_view_is_saved_as_shapes_that_stay_sharp(opened: Any, flat: bool) -> None:
    hostile = '</svg><script>&"'
    plot = opened(drawn_cells((hostile, *CLASSES[1:])), text=SYNTHETIC_TEXT)
    if flat:
        choose(plot, "axis", "none", 2)
    root = ElementTree.fromstring(saved(plot, "save the view as SVG"))
    # One mark for each cell, and one for each class below the plot.
    assert len(root.findall(f"{SVG}use")) == 30 + 3
    said = [element.text for element in root.iter(f"{SVG}text")]
    assert {"feature 1", hostile, SYNTHETIC_TEXT} <= set(said)
    assert ("feature 3" in said) != flat
    assert root.find(f".//{SVG}script") is None
    known = {f"#{path.get('id')}" for path in root.iter(f"{SVG}path")}
    assert {use.get("href") for use in root.iter(f"{SVG}use")} == known


def test_pictures_are_saved_within_the_shapes(opened: Any) -> None:
    plot = opened()
    plot.page.get_by_label("pictures").check()
    root = ElementTree.fromstring(saved(plot, "save the view as SVG"))
    pictures = [image.get("href") for image in root.iter(f"{SVG}image")]
    assert len(pictures) == 30
    assert all(picture.startswith("data:image/jpeg;base64,") for picture in pictures)


# ---- The confusion matrices of a run's page


def run_page(counts: dict[tuple[int, int], int]) -> str:
    """A page whose KNN matrix holds these counts, with the drawn cells."""
    run = a_run(classes=CLASSES, keys=("knn", "svm"))
    table = run["metrics"]["classifiers"]["knn"]["confusion"]
    for row, column in np.ndindex(3, 3):
        table[row][column] = counts.get((row, column), 0)
    return render({**run, "scatter": {"cells": drawn_cells()["cells"], "sprite": None}}, {})


def test_a_click_on_a_matrix_shows_the_cells_behind_its_count(
    open_page: Callable[..., Any],
) -> None:
    html = run_page({(0, 0): 9, (0, 2): 1, (1, 2): 2})
    plot = Plot(open_page(html, viewport=DESK))
    plot.choose("training")
    matrix = plot.page.locator("table.matrix").first
    assert matrix.locator("td button").count() == 3  # none where no cell is
    button = matrix.get_by_role("button", name="basophil cells that KNN called neutrophil")
    assert button.inner_text() == "1"
    button.click()
    state = plot.state()
    assert (state["chosen"], state["side"], state["points"]) == ("1", "test", "30")
    assert plot.page.locator(".scatter-name").inner_text() == "middle"
    told = plot.page.locator(".scatter-from")
    assert told.inner_text() == "These are the basophil cells that KNN called neutrophil."
    assert plot.page.evaluate("document.activeElement.className") == "scatter-choice"
    plot.page.get_by_role("button", name="back to the table").click()
    assert plot.page.evaluate("document.activeElement.parentElement.className") == "wrong"


def test_counts_over_several_repeats_are_told_apart_from_the_cells_shown(
    open_page: Callable[..., Any],
) -> None:
    plot = Plot(open_page(run_page({(1, 2): 2}), viewport=DESK))
    plot.page.get_by_role("button", name="monocyte cells that KNN called neutrophil").press("Enter")
    assert plot.state()["chosen"] == "1"
    assert re.search(r"the table counts 2, over all repeats\.", plot.page.inner_text(".scatter"))
