"""Owns the tests of the explorer's plot in a browser: mouse, touch, keys, phone, paper."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "explorer_input.py"))
drawn_cells, page_of, pixels_of = _shared["drawn_cells"], _shared["page_of"], _shared["pixels_of"]
Plot, HOSTILE, RED, DESK = (_shared[name] for name in ("Plot", "HOSTILE", "RED", "DESK"))
PHONE = {"width": 360, "height": 740}

# The place of each cell's card in the viewport.
STEP_THROUGH = """async () => {
  const boxes = [];
  const canvas = document.querySelector("canvas");
  for (let cell = 0; cell < Number(canvas.dataset.points); cell++) {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "n" }));
    await new Promise(requestAnimationFrame);
    const box = document.querySelector(".scatter-card").getBoundingClientRect();
    boxes.push([box.left, box.top, box.right, box.bottom]);
  }
  return boxes;
}"""

Pages = Callable[..., Any]


@pytest.fixture
def opened(open_page: Pages) -> Pages:
    """Open the scatter of the drawn cells."""

    def open_(cells: dict[str, Any] | None = None, text: str = "", **options: Any) -> Plot:
        return Plot(
            open_page(page_of(cells or drawn_cells(), text), **{"viewport": DESK} | options)
        )

    return open_


def test_plot_opens_on_the_test_side_and_tells_its_state(opened: Pages) -> None:
    plot = opened()
    assert plot.state() == {
        "synthetic": "",
        "points": "30",
        "axes": "feature 1, feature 2, feature 3",
        "colour": "true class",
        "chosen": "0",
        "azimuth": "-60.00",
        "elevation": "25.00",
        "zoom": "1.00",
        "side": "test",
        "selected": "",
    }
    # Marks of every class are seen: their colours, strong ones, lie on the walls.
    spread = plot.pixels().reshape(-1, 3)
    assert (np.ptp(spread, axis=1) > 90).sum() > 300


def test_drag_turns_both_ways_and_chooses_nothing(opened: Pages) -> None:
    plot = opened()
    before = plot.pixels()
    plot.page.mouse.move(*plot.place(0.3, 0.5))
    plot.page.mouse.down()
    plot.page.mouse.move(*plot.place(0.5, 0.6), steps=4)
    plot.page.mouse.up()
    plot.page.mouse.move(0, 0)
    state = plot.state()
    assert float(state["azimuth"]) < -100 and float(state["elevation"]) > 40
    assert state["selected"] == ""
    assert (plot.pixels() != before).any(axis=2).mean() > 0.05


def test_hover_shows_picture_label_predictions_and_features(opened: Pages) -> None:
    plot = opened()
    plot.page.mouse.move(*plot.place())
    assert plot.state()["selected"] == "middle"
    text = plot.card.inner_text()
    assert "middle" in text and "basophil, test cell" in text
    assert "KNN\tneutrophil ✗ mistake" in text and "cubic SVM\tbasophil ✓" in text
    assert plot.card.locator("li").all_inner_texts() == ["0"] * 5
    picture = pixels_of(plot.card.locator(".scatter-picture").screenshot())
    assert np.abs(picture[20:-20, 20:-20] - RED).max() < 12
    plot.page.mouse.move(*plot.place(0.02, 0.98))
    assert plot.state()["selected"] == "" and plot.card.is_hidden()


def test_hover_does_not_find_a_cell_that_is_hidden(opened: Pages) -> None:
    plot = opened()
    plot.page.get_by_role("button", name="basophil").click()
    plot.page.mouse.move(*plot.place())
    assert plot.state()["selected"] != "middle"


def test_click_keeps_the_card_until_escape_or_a_click_beside_it(opened: Pages) -> None:
    plot = opened()
    plot.page.mouse.click(*plot.place())
    plot.page.mouse.move(*plot.place(0.02, 0.98))
    assert plot.state()["selected"] == "middle" and plot.card.is_visible()
    assert plot.press("Escape")["selected"] == ""
    plot.page.mouse.click(*plot.place())
    plot.page.mouse.click(*plot.place(0.02, 0.98))
    assert plot.state()["selected"] == "" and plot.card.is_hidden()


def test_choosing_a_feature_draws_it_and_never_the_same_twice(opened: Pages) -> None:
    plot = opened()
    before = plot.pixels()
    x, _, z = plot.page.locator("select[name=axis]").all()
    x.select_option("feature 5")
    assert plot.state()["axes"] == "feature 5, feature 2, feature 3"
    assert (plot.pixels() != before).any()
    z.select_option("feature 5")
    assert plot.state()["axes"] == "feature 3, feature 2, feature 5"
    assert x.input_value() == "feature 3"


def test_sides_classes_and_mistakes_choose_what_is_drawn(opened: Pages) -> None:
    plot = opened()
    assert plot.choose("training")["points"] == "15"
    assert plot.choose("all")["points"] == "45"
    assert "outlined ones" in plot.page.locator(".scatter-status").inner_text()
    toggle = plot.page.get_by_role("button", name="monocyte")
    assert toggle.inner_text().split() == ["monocyte", "15"]
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "false"
    assert plot.state()["points"] == "30"
    toggle.click()
    assert plot.state()["points"] == "45"
    # KNN mistakes a basophil and a monocyte, the SVM none.
    assert plot.choose("only mistakes of")["points"] == "2"
    assert "that KNN mistook" in plot.page.locator(".scatter-status").inner_text()
    plot.page.locator("select[name=classifier]").select_option("cubic SVM")
    assert plot.state()["points"] == "0"
    assert plot.press("n")["selected"] == ""


def test_a_cell_that_is_filtered_out_loses_its_card(opened: Pages) -> None:
    plot = opened()
    plot.page.mouse.click(*plot.place())
    assert plot.choose("training")["selected"] == "" and plot.card.is_hidden()


def test_training_cells_are_outlined_only_beside_test_cells(opened: Pages) -> None:
    plot = opened()
    plot.choose("training")
    filled = (np.ptp(plot.pixels(), axis=2) > 90).sum()
    plot.choose("all")
    for toggle in plot.page.locator(".scatter-legend button").all():
        toggle.click()
    assert plot.state()["points"] == "0"
    plot.page.evaluate(
        "() => document.querySelectorAll('.scatter-legend button').forEach((b) => b.click())"
    )
    both = (np.ptp(plot.pixels(), axis=2) > 90).sum()
    plot.choose("test")
    test_only = (np.ptp(plot.pixels(), axis=2) > 90).sum()
    assert both - test_only < 0.75 * filled


def test_keys_turn_zoom_step_centre_and_reset(opened: Pages) -> None:
    plot = opened()
    home = plot.state()
    turned = plot.press("ArrowLeft", "ArrowUp", "+")
    assert (turned["azimuth"], turned["elevation"], turned["zoom"]) == ("-54.00", "19.00", "1.25")
    assert plot.press("ArrowRight", "ArrowDown", "-") == home
    assert plot.press("n")["selected"] == "middle"
    assert plot.press("n")["selected"] == HOSTILE
    assert plot.press("p", "p")["selected"] == "cell-29"
    assert plot.press("Escape", "p")["selected"] == "cell-29"
    spoken = plot.page.locator("[aria-live]").inner_text()
    assert spoken.startswith("cell-29; neutrophil, test cell; KNN")
    # Turned around, the last cell lies where the middle one was.
    plot.press("c")
    plot.page.mouse.click(*plot.place())
    assert plot.state()["selected"] == "cell-29"
    assert plot.press("+", "Home", "Escape") == home


def test_elevation_stops_overhead_and_azimuth_goes_round(opened: Pages) -> None:
    plot = opened()
    assert plot.press(*["ArrowDown"] * 20)["elevation"] == "90.00"
    assert plot.press(*["ArrowRight"] * 20)["azimuth"] == "-180.00"
    assert plot.press("ArrowRight")["azimuth"] == "174.00"


def test_buttons_zoom_and_reset(opened: Pages) -> None:
    plot = opened()
    for _ in range(2):
        plot.page.get_by_role("button", name="zoom in").click()
    plot.page.get_by_role("button", name="zoom out").click()
    assert plot.state()["zoom"] == "1.25"
    plot.page.get_by_role("button", name="reset").click()
    assert plot.state()["zoom"] == "1.00"


def test_the_wheel_scrolls_the_page_and_zooms_only_with_ctrl(opened: Pages) -> None:
    plot = opened()
    plot.page.mouse.move(*plot.place(0.1, 0.1))
    plot.page.keyboard.down("Control")
    plot.page.mouse.wheel(0, -50)
    plot.page.wait_for_function("() => document.querySelector('canvas').dataset.zoom === '1.65'")
    plot.page.keyboard.up("Control")
    assert plot.page.evaluate("scrollY") == 0
    plot.page.mouse.wheel(0, 300)
    plot.page.wait_for_function("() => scrollY > 200")
    assert plot.state()["zoom"] == "1.65"


def test_touch_taps_turns_and_pinches(opened: Pages) -> None:
    plot = opened(viewport=PHONE, has_touch=True, is_mobile=True)
    session = plot.page.context.new_cdp_session(plot.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    plot.page.touchscreen.tap(*plot.place())
    assert plot.state()["selected"] == "middle" and plot.card.is_visible()
    plot.page.touchscreen.tap(*plot.place(0.03, 0.97))
    assert plot.state()["selected"] == ""
    touch("touchStart", plot.place(0.3, 0.5))
    for right in (0.4, 0.5, 0.6):
        touch("touchMove", plot.place(right, 0.5))
    touch("touchEnd")
    state = plot.state()
    assert float(state["azimuth"]) < -70 and state["zoom"] == "1.00"
    touch("touchStart", plot.place(0.45, 0.5), plot.place(0.55, 0.5))
    for wide in (0.1, 0.15, 0.2):
        touch("touchMove", plot.place(0.5 - wide, 0.5), plot.place(0.5 + wide, 0.5))
    touch("touchEnd")
    assert float(plot.state()["zoom"]) > 2
    assert plot.page.evaluate("visualViewport.scale") == 1


@pytest.mark.parametrize("viewport", [DESK, PHONE, {"width": 740, "height": 360}])
def test_every_card_stays_within_the_viewport(opened: Pages, viewport: dict[str, int]) -> None:
    plot = opened(viewport=viewport)
    plot.canvas.scroll_into_view_if_needed()
    boxes = plot.page.evaluate(STEP_THROUGH)
    assert len(boxes) == 30
    for left, top, right, bottom in boxes:
        assert left >= 0 and right <= viewport["width"]
        assert top >= 0 and bottom <= viewport["height"]
    assert plot.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_dark_and_light_differ_and_a_change_is_followed(opened: Pages) -> None:
    plot = opened()
    light = plot.pixels()
    plot.page.emulate_media(color_scheme="dark")
    dark = plot.pixels()
    # Paper, at the left edge, and the axes' labels on it.
    assert light[5, 5].min() == 255 and dark[5, 5].max() < 40
    assert light.min() < 90 and dark.max() > 220
    plot.page.emulate_media(color_scheme="light")
    assert np.array_equal(plot.pixels(), light)


def test_black_marks_can_be_seen_in_the_dark(opened: Pages) -> None:
    classes = tuple(f"class {position}" for position in range(7))
    plot = opened(drawn_cells(classes), color_scheme="dark")
    for toggle in plot.page.locator(".scatter-legend button").all()[:6]:
        toggle.click()
    assert plot.state()["points"] == "10"
    white = (plot.pixels() > 200).all(axis=2)
    plot.page.locator(".scatter-legend button").last.click()
    assert white.sum() > (plot.pixels() > 200).all(axis=2).sum() + 200
    swatch = plot.page.locator(".scatter-legend path").last
    assert swatch.evaluate("(path) => getComputedStyle(path).fill") == "rgb(232, 232, 232)"


def test_plot_is_sharp_and_follows_the_width_of_its_container(opened: Pages) -> None:
    plot = opened(device_scale_factor=2)
    size = "(canvas) => [canvas.width, 2 * canvas.clientWidth, canvas.height]"
    plot.state()
    width, twice, height = plot.canvas.evaluate(size)
    assert width == twice and height > 600
    plot.page.set_viewport_size(PHONE)
    plot.state()
    narrow, twice, _ = plot.canvas.evaluate(size)
    assert narrow == twice < width


def test_hostile_ids_are_shown_as_they_are(opened: Pages) -> None:
    plot = opened()
    assert plot.press("n", "n")["selected"] == HOSTILE
    assert plot.card.locator(".scatter-id").inner_text() == HOSTILE
    assert plot.page.locator(".scatter b").count() == 0


def test_paper_is_white_holds_the_card_and_leaves_out_the_controls(opened: Pages) -> None:
    plot = opened(color_scheme="dark")
    plot.page.mouse.click(*plot.place())
    dark = plot.pixels()
    plot.page.emulate_media(media="print", color_scheme="dark")
    plot.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper = plot.pixels()
    assert paper[5, 5].min() == 255 and paper.min() < 60
    for hidden in ("form", ".scatter-view", "#scatter-help"):
        assert plot.page.locator(hidden).is_hidden()
    card, canvas = plot.card.bounding_box(), plot.canvas.bounding_box()
    assert card["y"] >= canvas["y"] + canvas["height"]
    plot.page.evaluate("dispatchEvent(new Event('afterprint'))")
    plot.page.emulate_media(media="screen", color_scheme="dark")
    assert np.array_equal(plot.pixels(), dark)
    assert plot.page.pdf().startswith(b"%PDF")


def test_without_scripts_a_line_says_what_is_missing(opened: Pages) -> None:
    plot = opened(java_script_enabled=False)
    assert "JavaScript" in plot.page.locator("noscript").inner_text()
    assert plot.canvas.is_hidden() and plot.page.locator("form").is_hidden()


def test_drawn_cells_are_marked_on_the_plot_itself(opened: Pages) -> None:
    real, drawn = opened(), opened(text=SYNTHETIC_TEXT)
    assert drawn.canvas.get_attribute("aria-label").startswith(SYNTHETIC_TEXT)
    changed = (real.pixels() != drawn.pixels()).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 200
    assert rows.min() > changed.shape[0] - 30 and columns.max() < changed.shape[1] / 2


def test_cells_without_pictures_have_cards_without_them(opened: Pages) -> None:
    plot = opened(drawn_cells(pictures=False))
    assert plot.press("n")["selected"] == "middle"
    assert plot.card.is_visible() and plot.page.locator(".scatter-picture").count() == 0


def test_every_control_has_a_name(opened: Pages) -> None:
    plot = opened()
    nameless = """() => [...document.querySelectorAll("button, input, select, canvas[tabindex]")]
      .filter((element) => !(element.ariaLabel || element.innerText?.trim()
        && element.tagName === "BUTTON" || element.labels?.[0]?.innerText.trim()))
      .map((element) => element.outerHTML)"""
    assert plot.page.evaluate(nameless) == []


def test_no_axis_value_reaches_the_strip_of_the_mark_on_a_phone(opened: Pages) -> None:
    plot = opened(viewport={"width": 390, "height": 844})
    plot.page.evaluate("""() => {
      window.written = [];
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
        if (text) window.written.push(y);
        return fillText.call(this, text, x, y, ...rest);
      };
    }""")
    for key in [*["ArrowLeft"] * 8, *["ArrowUp"] * 8, *["ArrowDown"] * 16]:
        plot.press(key)  # and wait until it is drawn
    height = plot.canvas.bounding_box()["height"]
    written = plot.page.evaluate("window.written")
    assert len(written) > 50 and max(written) <= height - 24 - 8 and min(written) >= 8
