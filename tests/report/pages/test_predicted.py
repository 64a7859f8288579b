"""The sheet of new cells: nothing fetched, all escaped; sorted, corrected, exported by key."""

import csv
import runpy
from pathlib import Path

import pytest

from hybrid_wbc.report.pages.predicted import render

a_prediction = runpy.run_path(str(Path(__file__).parents[1] / "cell_input.py"))["a_prediction"]
CLASSES = ("basophil", "monocyte", "neutrophil")


def page(file: str = "{}.png") -> str:
    return render(a_prediction(CLASSES, file), [b"webp"] * 3)


def test_names_are_escaped_and_nothing_is_fetched():
    html = page('<script>"{}.png')
    assert "<script>&" not in html and "&lt;script&gt;" in html
    assert "default-src 'none'" in html and "http" not in html.replace("http-equiv", "")


def test_what_is_in_doubt_is_noted():
    html = page()
    for note in ("unlike anything seen", "set: any class", "set: no class", "others say basophil"):
        assert f'<p class="note">{note}</p>' in html


def test_a_synthetic_run_says_so():
    predicted = a_prediction(CLASSES) | {"synthetic": True}
    assert "SYNTHETIC: 3 cells" in render(predicted, [b"webp"] * 3)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_are_sorted_corrected_and_exported_by_key(browser, tmp_path, width, scheme):
    (tmp_path / "page.html").write_text(page(), encoding="utf-8")
    with browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    ) as context:
        shown = context.new_page()
        failed: list[str] = []
        shown.on("pageerror", lambda error: failed.append(str(error)))
        shown.goto((tmp_path / "page.html").as_uri())
        shown.select_option("#sort", "answer")
        shown.focus("#cells li")
        shown.keyboard.press("ArrowRight")
        shown.keyboard.press("3")
        assert "3 shown, 1 corrected" in shown.inner_text("#status")
        with shown.expect_download() as download:
            shown.click("#export")
        exported = Path(download.value.path()).read_text(encoding="utf-8")
        rows = list(csv.DictReader(exported.splitlines()))
        assert [(row["answer"], row["label"]) for row in rows] == [
            ("basophil", "basophil"), ("monocyte", "neutrophil"), ("neutrophil", "neutrophil"),
        ]  # fmt: skip
        assert [rows[0][side] for side in ("left", "top", "right", "bottom")] == [
            "10", "20", "40", "60",
        ]  # fmt: skip
        shown.select_option("#show", "!corrected")
        assert shown.locator("#cells li:visible").count() == 1
        shown.focus("#cells li:visible")
        shown.keyboard.press("0")
        assert "0 corrected" in shown.inner_text("#status")
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        assert not failed
