"""The whole page of a run on real cells: its size, and that a browser shows it without complaint.

The embedding is a principal component analysis of the pixels, so that no network is trained:
pictures, figures and tables are those of a real page, the scores are not.
"""

import importlib
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.decomposition import PCA

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import evaluate, plot, prepare, run
from hybrid_wbc.stages.repeats import repeats

playwright = pytest.importorskip("playwright.sync_api")


def table_of(data: Path, per_class: int, table: Path) -> Path:
    """List so many cells of each class, each a source of its own: no photographs are looked for."""
    rows = ["path,label,source"]
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        for picture in sorted(folder.iterdir())[:per_class]:
            rows.append(f"{picture},{folder.name},{picture.stem}")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return table


@pytest.mark.parametrize(
    ("per_class", "most_bytes", "ablated"), [(125, 4e6, True), (100_000, 25e6, False)]
)
def test_a_page_of_real_cells_stays_small_and_opens(per_class, most_bytes, ablated, tmp_path):
    # What the ablation adds to a page does not grow with the cells, and its time does.
    data = Path(os.environ.get("HYBRID_WBC_DATA", "")) / "pbc-128"
    if not data.is_dir():
        pytest.skip("HYBRID_WBC_DATA names no folder with pbc-128")
    table = table_of(data, per_class, tmp_path / "cells.csv")
    settings = load.load("pbc", [f"data.path={table}", "split.test=0.8"])
    folder = RunFolder.create(tmp_path / "runs", settings.name, settings.to_yaml())
    reporter = Reporter(Console(file=io.StringIO()))
    cells = prepare.prepare(settings, folder, reporter)
    (repeat,) = repeats(Run(folder).config(), cells)
    pixels = cells.images.reshape(len(cells.ids), -1).astype(np.float32)
    X = PCA(5, random_state=0).fit_transform(pixels[:, ::12]).astype(np.float32)
    X /= X.std(axis=0)
    classes, y = np.unique(cells.labels, return_inverse=True)
    files = Run(folder).repeat(repeat.name)
    files.path.mkdir()
    files.write_embeddings(
        Embeddings(
            X=X,
            y=y,
            ids=cells.ids,
            sources=cells.sources,
            split=repeat.split,
            classes=classes,
            probabilities=np.full((len(y), len(classes)), 1 / len(classes), np.float32),
        )
    )
    files.write_history({"loss": [1.0, 0.5], "accuracy": [0.5, 0.9]})
    run.classify(Run(folder).config(), folder, reporter)
    importlib.reload(plot)  # the tests draw coarsely
    evaluate.evaluate(Run(folder).config(), folder)
    if ablated:
        run.report(Run(folder).config(), folder, reporter)
    else:
        run.write_page_again(Run(folder).config(), folder, reporter)
    size = folder.page.stat().st_size
    print(f"\n{len(y):,} cells: {size / 1e6:.2f} MB")
    complaints = []
    with playwright.sync_playwright() as driver:
        path = shutil.which(os.environ.get("HYBRID_WBC_BROWSER", "chromium"))
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(folder.page.as_uri())
        page.get_by_label("all", exact=True).check()
        page.get_by_label("pictures").check()
        page.wait_for_function("document.querySelector('.scatter-plot').dataset.side === 'all'")
        shown = int(page.locator(".scatter-plot").get_attribute("data-points"))
        browser.close()
    assert not complaints
    assert shown == len(y)
    assert size <= most_bytes
