"""Resident memory over twenty fits of `HybridClassifier` in one process of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

FITS, CELLS, SIZE = 20, 64, 64
MEGABYTES = 50


def resident() -> float:
    """Give this process's resident memory that belongs to no file, in megabytes."""
    facts = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Anonymous:\s+(\d+)", facts, re.M)[1]) / 1e3


def test_twenty_fits_in_one_process_grow_by_at_most_fifty_megabytes():
    made = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    held = json.loads(made.stdout)
    grown = held[-1] - held[2]
    print(
        f"\n{FITS} fits of {CELLS} cells at {SIZE}×{SIZE}, 2 epochs: {held[2]:.0f} MB after the "
        f"3rd, {held[-1]:.0f} MB after the last (highest {max(held):.0f} MB): {grown:+.1f} MB"
    )
    assert grown <= MEGABYTES
    assert max(held[3:]) - held[2] <= MEGABYTES


def main() -> None:
    from hybrid_wbc import HybridClassifier

    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (CELLS, SIZE, SIZE, 3)).astype(np.uint8)
    labels = np.arange(CELLS) % 4
    held = []
    for seed in range(FITS):
        HybridClassifier(size=SIZE, epochs=2, random_state=seed).fit(images, labels)
        held.append(resident())
    print(json.dumps(held))


if __name__ == "__main__":
    main()
