"""What several rooms' tests share: drawn smears, small settings, a cache of their own."""

import ctypes
import gc
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import hypothesis
import joblib
import numpy as np
import pytest
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.files import write_table, write_text
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import CONFIG, MANIFEST, RunFolder, repeat_name
from hybrid_wbc.runs.provenance import provenance
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import plot, run
from hybrid_wbc.stages.ablate import ablate

# Freed memory goes back to the system, so that a process does not grow with every network that it
# builds. The second is heeded when a process starts: by the workers of xdist.
os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**20))
# So is this: a worker has a core, and more threads than cores wait for each other by spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")

GIVEN_BACK = pytest.StashKey[int]()

# A shared machine can be slow for a moment; the whole suite's time is watched instead.
hypothesis.settings.register_profile("shared", deadline=None)
# `make test-thorough` asks for it by --hypothesis-profile.
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("shared")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

SMALL = [
    "data.size=32",
    "training.epochs=2",
    "training.batch_size=8",
    "split.test=0.34",
]


# Folders and files whose tests train, or start processes that import TensorFlow: seconds each.
SLOW = (
    "cli/test_main.py", "cli/test_results.py", "cnn/", "data/test_pixels.py", "estimator/",
    "evaluation/test_coverage.py", "report/pages/", "runs/test_results.py", "stages/", "studies/",
    "test_numbers.py", "test_protocols.py", "test_public.py", "test_readme.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Mark the slow tests, in one place, and begin with them: quick files fill up the end."""
    here = Path(__file__).parent

    def is_slow(item):
        return item.path.relative_to(here).as_posix().startswith(SLOW)

    items.sort(key=is_slow, reverse=True)
    for item in filter(is_slow, items):
        item.add_marker(pytest.mark.slow)


def pytest_runtestloop():
    """Leave what importing made out of every later search for garbage, which is then quick."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown(item):
    """Give back what glibc keeps for later, each time that tests have left much more of it."""
    pages = Path("/proc/self/statm")
    before = item.config.stash.get(GIVEN_BACK, 0)
    if pages.exists() and resident(pages) > max(10**9, before + 10**8):
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        item.config.stash[GIVEN_BACK] = resident(pages)


def resident(pages: Path) -> int:
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.fixture(scope="session", autouse=True)
def quickly():
    """Draw a run's figures coarsely, and fit in threads: processes take seconds to start.

    Laying a figure out takes longer than drawing it, and is tested where the figures are.
    """
    patch = pytest.MonkeyPatch()
    png = plot._png

    def as_it_stands(figure):
        figure.set_layout_engine("none")
        return png(figure)

    patch.setattr(plot, "_png", as_it_stands)
    patch.setattr(plot, "_DOTS_PER_INCH", 40)
    with joblib.parallel_config(backend="threading"):
        yield
    patch.undo()


@pytest.fixture(scope="session")
def without_figures() -> Callable[[], AbstractContextManager[None]]:
    """Give a `with` under which runs draw no figures: half of the time that a small run takes."""

    @contextmanager
    def leave_out():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "draw_figures", lambda *_: plot.Drawn())
            yield

    return leave_out


@pytest.fixture(scope="module")
def undrawn(without_figures) -> Iterator[None]:
    """Leave the figures out of every run of a file that looks at none."""
    with without_figures():
        yield


@pytest.fixture
def undrawn_here(without_figures) -> Iterator[None]:
    """Leave the figures out of the runs of one test that looks at none."""
    with without_figures():
        yield


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Keep decoded images out of the user's cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("HYBRID_WBC_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def smears(tmp_path_factory) -> Path:
    """Six drawn smears a class, in LISC's layout."""
    path = tmp_path_factory.mktemp("data") / "smears"
    write_smears(path, per_class=6, seed=1)
    return path


@pytest.fixture
def small() -> list[str]:
    """Settings under which a run takes seconds."""
    return list(SMALL)


def settings_at(path: Path, seeds: tuple[int, ...]) -> load.Config:
    gone = json.dumps(str(path / "gone"))  # or smears would be drawn, only to be other images
    return load.load("quickstart-drawn", [f"evaluation.seeds={len(seeds)}", f"data.path={gone}"])


def write_run(
    path: Path,
    *,
    seeds: tuple[int, ...] = (0,),
    sharper: float = 0.0,
    copies: int = 1,
    first_cell: int = 0,
) -> RunFolder:
    """Write a run folder up to its embeddings and classifiers, without a network or an image.

    Each source gives `copies` cells. The embeddings are drawn: a `sharper` run parts its classes
    better and is otherwise the same; `first_cell` shifts the cells' names.
    """
    settings = settings_at(path, seeds)
    path.mkdir(parents=True)
    folder = RunFolder(path)
    write_text(path / CONFIG, settings.to_yaml())
    classes = np.array(["basophil", "eosinophil", "lymphocyte"])
    sources = 60
    number = np.repeat(np.arange(sources), copies)
    ids = np.array([f"cell-{first_cell + n}-{i}" for i, n in enumerate(number)])
    y = number % 3
    for seed in seeds:
        generator = np.random.default_rng(seed)
        X = np.repeat(generator.standard_normal((sources, 5)), copies, axis=0)
        X += 0.1 * generator.standard_normal(X.shape)
        X[:, :3] += (1.5 + sharper) * np.eye(3)[y]
        tested = np.isin(number, generator.permutation(sources)[:20])
        odds = np.exp(2 * X[:, :3])
        Embeddings(
            X=X.astype(np.float32),
            y=y,
            ids=ids,
            sources=np.array([f"photograph-{first_cell + n}" for n in number]),
            split=np.where(tested, "test", "train"),
            classes=classes,
            probabilities=(odds / odds.sum(axis=1, keepdims=True)).astype(np.float32),
        ).save(folder.repeat(repeat_name(seed, None)) / "embeddings.npz")
        history = ("epoch", "loss", "accuracy")
        write_table(path / f"seed-{seed}" / "history.csv", history, [(1, 1.0, 0.5), (2, 0.5, 0.9)])
    columns = ("id", "path", "sha256", "label", "source", "split", "dropped")
    rows = [
        (i, f"{i}.png", f"sha-of-{i}", classes[label], f"photograph-{n}", "", "")
        for i, label, n in zip(ids, y, number, strict=True)
    ]
    write_table(path / MANIFEST, columns, rows)
    data = {"path": "cells", "layout": "folder", "synthetic": True, "notes": []}
    Run(folder).write_provenance(provenance({row[0]: row[2] for row in rows}, data))
    run.classify(settings, folder, Reporter(Console(file=StringIO())))
    return folder


@pytest.fixture(scope="session")
def make_run(tmp_path_factory) -> Callable[..., RunFolder]:
    """Give `write_run`, for tests of what follows from embeddings and predictions.

    What it wrote before with the same keywords is copied.
    """
    written: dict[tuple[Any, ...], Path] = {}

    def make(path: Path, *, seeds: tuple[int, ...] = (0,), **others: Any) -> RunFolder:
        key = (seeds, *sorted(others.items()))
        if key not in written:
            place = tmp_path_factory.mktemp("written") / "run"
            written[key] = write_run(place, seeds=seeds, **others).path
        shutil.copytree(written[key], path)
        write_text(path / CONFIG, settings_at(path, seeds).to_yaml())
        return RunFolder(path)

    return make


@pytest.fixture(scope="session")
def ablated(tmp_path_factory) -> RunFolder:
    """Give `artifacts/00000-quickstart` with two seeds, of which every subset is scored."""
    path = tmp_path_factory.mktemp("looked-at") / "artifacts" / "00000-quickstart"
    folder = write_run(path, seeds=(0, 3), copies=2)
    reporter = Reporter(Console(file=StringIO()))
    ablate(Run(folder).config(), folder, reporter, jobs=1)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless browser of the system's own, for all tests of a session."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed; it is in the extra [test]"
    )
    named = os.environ.get("HYBRID_WBC_BROWSER")
    executable = next(filter(None, map(shutil.which, (named,) if named else _BROWSERS)), None)
    if executable is None:
        pytest.skip(
            f"no browser: looked for {named or ', '.join(_BROWSERS)}; "
            "HYBRID_WBC_BROWSER may name a Chromium"
        )
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()
