"""The explorer of a run's page: its size, and frames a second while it turns, at many cells."""

import os
import runpy
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from hybrid_wbc.report.pages.run import render
from hybrid_wbc.report.pages.scatter import scatter_cells

playwright = pytest.importorskip("playwright.sync_api")
a_run = runpy.run_path(str(Path(__file__).parents[1] / "report" / "page_input.py"))["a_run"]

KEYS = ("knn", "svm", "forest", "cnn", "vote")
CLASSES = tuple(f"cell type {number}" for number in range(1, 9))
FRAMES = 40
TURN = """async (frames) => {
  const canvas = document.querySelector(".scatter-plot");
  const started = performance.now();
  for (let frame = 0; frame < frames; frame++) {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - started;
}"""


def page_of(cells: int) -> str:
    """A page of five features and five classifiers, its pictures as noisy as photographs are."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, len(CLASSES), cells)
    X = (rng.normal(size=(len(CLASSES), 5)) * 6)[y] + rng.normal(size=(cells, 5)) * 2
    images = np.empty((cells, 64, 64, 3), np.uint8)
    for image in images:
        coarse = rng.integers(90, 255, (6, 6, 3)).astype(np.uint8)
        smooth = cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_CUBIC)
        image[:] = np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255)
    said = {key: np.where(rng.random(cells) < 0.1, 0, y) for key in KEYS}
    points, sprite = scatter_cells(
        X.astype(np.float32),
        y,
        rng.choice(["train", "test"], cells),
        [f"folder-of-a-slide/cell-{number:06}.jpg" for number in range(cells)],
        CLASSES,
        {key: np.array(CLASSES)[given] for key, given in said.items()},
        images,
        titles={key: key for key in KEYS},
        sources=[f"slide-{number}" for number in rng.integers(0, 90, cells)],
    )
    run = a_run(classes=CLASSES, keys=KEYS)
    return render({**run, "scatter": {"cells": points, "sprite": sprite}}, {})


@pytest.mark.parametrize(("cells", "most_bytes"), [(1_000, 4e6), (20_000, 25e6)])
def test_the_page_stays_small_and_turns_smoothly(cells, most_bytes, tmp_path):
    html = page_of(cells)
    size = len(html.encode())
    print(f"\n{cells:,} cells: {size / 1e6:.2f} MB")
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    browser_path = shutil.which(os.environ.get("HYBRID_WBC_BROWSER", "chromium"))
    frames = {}
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=browser_path, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        page.get_by_label("all", exact=True).check()
        page.locator(".scatter-plot").scroll_into_view_if_needed()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def busy() -> float:
            """Seconds that the page's own thread has worked, whatever else the machine does."""
            measured = session.send("Performance.getMetrics")["metrics"]
            return next(entry["value"] for entry in measured if entry["name"] == "ThreadTime")

        for what in ("marks", "pictures", "two axes"):
            if what == "pictures":
                page.get_by_label("pictures").check()
            if what == "two axes":
                page.get_by_label("pictures").uncheck()
                page.locator("[name=axis]").last.select_option("none")
            page.evaluate(TURN, 5)
            before = busy()
            elapsed = page.evaluate(TURN, FRAMES) / 1000
            frames[what] = FRAMES / (busy() - before)
            work, seen = 1000 / frames[what], FRAMES / elapsed
            print(
                f"{what:9} {work:5.1f} ms of work a frame: {frames[what]:5.0f} frames a second on "
                f"a core of its own, {seen:5.1f} seen on this machine"
            )
        browser.close()
    assert size <= most_bytes
    assert min(frames.values()) >= 30
