"""What several benchmarks share: memory, drawn sets of any size, overlaps, and their tables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
# `make performance` and `make bench` name the page; without it nothing is written.
PAGE_VARIABLE = "HYBRID_WBC_PERFORMANCE"
SIZE = 64
# Part of a drawn set's name: raise it when it would be written otherwise.
_DRAWN = 1


def own_memory() -> float:
    """Give the resident memory of this process that belongs to no file, in megabytes."""
    facts = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous:\s+(\d+)", facts, re.M)[1]) / 1e3


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Give what two boxes share, as a part of what they cover together."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


class Stage:
    """Seconds, and the most memory of its own that the process had, from `with` to its end."""

    def __init__(self) -> None:
        self.seconds, self.before, self.highest = 0.0, own_memory(), 0.0
        self._done = threading.Event()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self.highest = max(self.highest, own_memory())

    def __enter__(self) -> Stage:
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self._done.set()
        self._watching.join()
        self.highest = max(self.highest, own_memory())


def drawn_set(folder: Path, count: int) -> Path:
    """Write so many SYNTHETIC pictures: 200 drawn cells under new names, with one pixel changed.

    A table beside them names the class, and the drawn cell as source, so that no cell comes to lie
    on two sides. What has been written is kept for the next time.
    """
    import cv2

    from hybrid_wbc import load_cells
    from hybrid_wbc.data.drawn.synthetic import write_smears
    from hybrid_wbc.data.sets.catalog import SYNTHETIC_MARKER

    place = folder / f"drawn-{_DRAWN}-{count}"
    table = place / "labels.csv"
    if table.is_file():
        return place
    write_smears(folder / "smears", per_class=40)
    cells = load_cells(folder / "smears", size=SIZE)
    place.mkdir(parents=True, exist_ok=True)
    (place / SYNTHETIC_MARKER).write_text("SYNTHETIC: copies of drawn cells, one pixel changed\n")
    lines = ["path,label,source"]
    for number in range(count):
        cell = number % len(cells.ids)
        picture = cells.images[cell][..., ::-1].copy()
        # The number itself, so that no two files have the same bytes.
        picture[0, 0] = number % 256, number // 256 % 256, number // 65536
        part = f"{number // 10_000:04d}"
        if number % 10_000 == 0:
            (place / part).mkdir(exist_ok=True)
        cv2.imwrite(str(place / part / f"{number:07d}.bmp"), picture)
        lines.append(f"{part}/{number:07d}.bmp,{cells.labels[cell]},cell {cell}")
    beside = place / "labels.csv.part"
    beside.write_text("\n".join(lines) + "\n")
    beside.rename(table)
    return place


def in_a_process(file: str, *arguments: object, cache: Path) -> dict:
    """Call a benchmark's own file, and read the JSON that it ends with."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HYBRID_WBC_CACHE": str(cache),
        # By itself the program reads no more than 250,000.
        "HYBRID_WBC_MAX_CELLS": "10000000",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, file, *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> str:
    """Name the processor, the cores that may be used, and how busy they are."""
    name = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        "unknown processor",
    )  # fmt: skip
    cores = len(os.sched_getaffinity(0))
    load, day = os.getloadavg()[0], time.strftime("%Y-%m-%d")
    return f"{name}, {cores} cores, load {load:.1f} at the end, {day}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Write a median with the lowest and the highest value."""
    low, middle, high = np.min(values), np.median(values), np.max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def write_table(
    name: str, heading: Sequence[str], rows: Sequence[Sequence[object]], note: str = ""
) -> None:
    """Print a table, and put it in its place on the page of measurements where one is named."""
    lines = [
        f"| {' | '.join(heading)} |",
        f"|{'---|' * len(heading)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]
    if note:
        lines += ["", note]
    print("\n" + "\n".join(lines))
    named = os.environ.get(PAGE_VARIABLE)
    if not named:
        return
    page = ROOT / named
    text = page.read_text()
    first, last = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    assert first in text, f"{named} has no place for {name}"
    before, after = text.split(first)[0], text.split(last)[1]
    inside = "\n".join([*lines, "", f"Measured on: {machine()}.", ""])
    page.write_text(before + first + inside + last + after)
