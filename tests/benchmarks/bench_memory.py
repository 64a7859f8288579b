"""Resident memory over twenty fits of `HybridClassifier` in one process of its own."""

import json
import subprocess
import sys

import numpy as np
from measured import own_memory, write_table

FITS, CELLS, SIZE = 20, 64, 64
MEGABYTES = 50


def test_twenty_fits_in_one_process_grow_by_at_most_fifty_megabytes():
    made = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=True)
    held = json.loads(made.stdout)
    grown = held[-1] - held[2]
    write_table(
        "fits",
        ["fits in one process", "after the 3rd", "after the last", "highest", "growth"],
        [
            [
                FITS,
                *(f"{each:.0f} MB" for each in (held[2], held[-1], max(held))),
                f"{grown:+.1f} MB",
            ]
        ],
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
        held.append(own_memory())
    print(json.dumps(held))


if __name__ == "__main__":
    main()
