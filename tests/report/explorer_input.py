"""Owns the cells that the tests of the explorer show in a browser, and how they handle it."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image

from hybrid_wbc.report import pages
from hybrid_wbc.report.pages.scatter import scatter_cells
from hybrid_wbc.report.pages.templates import explorer_scripts

FOLDER = Path(pages.__file__).parent
CLASSES = ("basophil", "monocyte", "neutrophil")
HOSTILE = "</script><b>\"'&ü"
RED = (200, 30, 30)
DESK = {"width": 1000, "height": 900}
PAGE = """{% from "scatter.html.j2" import scatter %}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';
script-src 'unsafe-inline'; img-src data:"><title>cells</title><style>{{ styles | safe }}</style>
</head><body><main><section>{{ scatter(cells, sprite, synthetic_text) }}</section>
<div style="height: 2000px"></div></main><script>{{ script | safe }}</script></body></html>"""


def drawn_cells(classes: tuple[str, ...] = CLASSES, *, pictures: bool = True) -> dict[str, Any]:
    """Ten test cells and five training cells of each class.

    The first test cell, `middle`, has the middle value of every feature, so that it is drawn in
    the middle of the plot, and the first classifier mistakes it.
    """
    rng = np.random.default_rng(4)
    y = np.tile(np.arange(len(classes)), 15)
    X = rng.uniform(0.4, 1, (len(y), 5)) * rng.choice([-1, 1], (len(y), 5))
    X[0], X[1], X[2] = 0, 1, -1
    ids = [f"cell-{position}" for position in range(len(y))]
    ids[0], ids[1] = "middle", HOSTILE
    knn = np.array(classes)[y]
    knn[[0, 4]] = classes[-1]
    images = np.full((len(y), 24, 24, 3), (30, 30, 200), np.uint8)
    images[0] = RED
    cells, sprite = scatter_cells(
        X,
        y,
        np.where(np.arange(len(y)) < 10 * len(classes), "test", "train"),
        ids,
        classes,
        {"knn": knn, "svm": np.array(classes)[y]},
        images if pictures else None,
        titles={"knn": "KNN", "svm": "cubic SVM"},
        sources=[f"slide {position % 12:02}" for position in range(len(y))],
        columns={
            "stain": ["" if position % 5 == 0 else HOSTILE for position in range(len(y))],
            "side": [f"{position / 7:.2f}" for position in range(len(y))],
        },
    )
    return {"cells": cells, "sprite": sprite and base64.b64encode(sprite).decode()}


def page_of(cells: dict[str, Any], synthetic_text: str = "") -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hybrid_wbc.report.pages", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.from_string(PAGE).render(
        **cells,
        synthetic_text=synthetic_text,
        styles=(FOLDER / "page.css").read_text() + (FOLDER / "scatter.css").read_text(),
        script=explorer_scripts(),
    )


class Plot:
    """The scatter of an open page: its state, its pixels, and a mouse over it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.canvas = page.locator(".scatter-plot")
        self.card = page.locator(".scatter-card")

    def state(self) -> dict[str, str]:
        """Read the canvas' data attributes once all that was asked for has been drawn."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return self.canvas.evaluate("(canvas) => ({ ...canvas.dataset })")

    def pixels(self) -> np.ndarray:
        self.state()
        data = self.canvas.evaluate("(canvas) => canvas.toDataURL()")
        return pixels_of(base64.b64decode(data.partition(",")[2]))

    def place(self, right: float = 0.5, down: float = 0.5) -> tuple[float, float]:
        box = self.canvas.bounding_box()
        return box["x"] + right * box["width"], box["y"] + down * box["height"]

    def press(self, *keys: str) -> dict[str, str]:
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)
        return self.state()

    def choose(self, label: str) -> dict[str, str]:
        self.page.get_by_label(label, exact=True).check()
        return self.state()


def pixels_of(picture: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image.convert("RGB")).astype(int)
