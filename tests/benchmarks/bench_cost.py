"""What each stage costs as a set grows, in seconds and memory, and what that comes to at 10⁷.

SYNTHETIC cells: copies of drawn ones with a pixel changed. Each size is a process of its own that
goes through the stages one after the other, on the network that is named here.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from measured import SIZE, Stage, drawn_set, in_a_process, own_memory, write_table

LARGEST = int(os.environ.get("HYBRID_WBC_LARGE", "100000"))
SIZES = [size for size in (1_000, 10_000, 100_000) if size <= LARGEST]
WHERE = "HYBRID_WBC_LARGE_FOLDER"
STAGES = ("reading", "training", "extraction", "classifiers", "scoring", "ablation")
ON_PAPER = 10_000_000
SOURCES = "finding sources"
EPOCHS, SEEDS = 50, 10


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_the_cost_of_each_stage_is_measured_and_its_growth_written_down(tmp_path):
    folder = Path(os.environ.get(WHERE, tmp_path))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*STAGES, SOURCES)}
    for size in SIZES:
        place = drawn_set(folder, size)
        measured = in_a_process(
            __file__, "stages", place, tmp_path / f"runs-{size}", cache=tmp_path / f"cache-{size}"
        )
        measured |= in_a_process(__file__, "sources", place, cache=tmp_path / f"cache-{size}")
        for name, taken in measured.items():
            found[name].append((taken["seconds"], taken["memory"]))
    rows, later = [], {}
    for name, taken in found.items():
        seconds, memory = np.array(taken).T
        grows = exponent(seconds)
        later[name] = seconds[-1] * (ON_PAPER / SIZES[-1]) ** max(grows, 0.0) / 3600
        rows.append(
            [name, *(f"{each:.1f} s" for each in seconds), f"{grows:.2f}",
             *(f"{each:.0f} MB" for each in memory), f"{later[name]:.1f} h"]
        )  # fmt: skip
    sizes = [f"{size:,}" for size in SIZES]
    heading = ["stage", *sizes, "exponent", *(f"memory at {size}" for size in sizes),
               f"{ON_PAPER:,} on paper"]  # fmt: skip
    write_table("cost", heading, rows, on_paper(later))
    assert all(len(taken) == len(SIZES) for taken in found.values())


def on_paper(hours: dict[str, float]) -> str:
    """Say what ten seeds of fifty epochs take on one machine and on ten, and what most of it is."""
    once = hours["reading"] + hours["scoring"] + hours[SOURCES]
    each = {
        "training": EPOCHS * hours["training"],
        **{name: hours[name] for name in ("extraction", "classifiers", "ablation")},
    }
    one, ten = once + SEEDS * sum(each.values()), once + sum(each.values())
    shares = {"reading": hours["reading"], SOURCES: hours[SOURCES], "scoring": hours["scoring"]}
    shares |= {name: SEEDS * took for name, took in each.items()}
    most = max(shares, key=lambda name: shares[name])
    return (
        f"On paper, {SEEDS} seeds of {EPOCHS} epochs on {ON_PAPER:,} cells take {one:,.0f} h on "
        f"one machine like this and {ten:,.0f} h on ten, a seed on each. Most of it, "
        f"{shares[most]:,.0f} h on one, is {most}."
    )


def exponent(values: np.ndarray) -> float:
    """Fit how a cost grows between the last two sizes; what is the same at any size is left out."""
    if len(values) < 2:
        return 1.0
    # Start-up dominates the smallest size.
    return float(np.log(values[-1] / values[-2]) / np.log(SIZES[-1] / SIZES[-2]))


def stages(place: str, out: str) -> dict:
    """Go through a run's stages, and give what each took."""
    from io import StringIO

    from rich.console import Console

    import hybrid_wbc.cnn.fitting  # noqa: F401  (TensorFlow takes seconds to load)
    from hybrid_wbc.config import load
    from hybrid_wbc.progress import Reporter
    from hybrid_wbc.runs.folder import RunFolder
    from hybrid_wbc.runs.results import Run
    from hybrid_wbc.stages import ablate, evaluate
    from hybrid_wbc.stages.classify import classify_repeat
    from hybrid_wbc.stages.extract import extract_repeat
    from hybrid_wbc.stages.prepare import prepare
    from hybrid_wbc.stages.repeats import repeats
    from hybrid_wbc.stages.train import train_repeat

    config = load.load(
        "quickstart-drawn",
        [f"data.path={json.dumps(place)}", f"data.size={SIZE}", "training.epochs=1",
         "evaluation.seeds=1", "network.width=0.25"],
    )  # fmt: skip
    folder = RunFolder.create(Path(out), config.name, config.to_yaml())
    reporter = Reporter(Console(file=StringIO()))
    taken = {}

    def measure(name: str, do):
        before = own_memory()
        with Stage() as stage:
            made = do()
        taken[name] = {"seconds": stage.seconds, "memory": max(0, stage.highest - before)}
        return made

    cells = measure("reading", lambda: prepare(config, folder, reporter))
    (repeat,) = repeats(config, cells)
    measure("training", lambda: train_repeat(config, folder, cells, repeat, reporter))
    measure("extraction", lambda: extract_repeat(config, folder, cells, repeat, reporter))
    kept = Run(folder).repeat(repeat.name)
    measure("classifiers", lambda: classify_repeat(config, kept, reporter, synthetic=True))
    measure("scoring", lambda: evaluate.evaluate(config, folder))
    measure("ablation", lambda: ablate.ablate(config, folder, reporter))
    return taken


def sources(place: str) -> dict:
    """Find which pictures show one photograph, as where a set names no sources."""
    from hybrid_wbc.data import cleaning
    from hybrid_wbc.data.photographs.naming import group_samples
    from hybrid_wbc.data.reading import readers

    cleaned = cleaning.clean(readers.read(Path(place)).samples)
    before = own_memory()
    with Stage() as stage:
        group_samples(cleaned.kept, cleaned.contents(cleaned.kept))
    return {SOURCES: {"seconds": stage.seconds, "memory": stage.highest - before}}


if __name__ == "__main__":
    print(json.dumps({"stages": stages, "sources": sources}[sys.argv[1]](*sys.argv[2:])))
