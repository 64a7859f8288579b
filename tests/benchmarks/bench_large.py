"""Memory of one epoch and the extraction on sets up to many times larger than it; SYNTHETIC.

Two processes for each size: one reads, checks and decodes the set, the other trains on what was
decoded. Pages of the file of decoded images are not counted: the system takes them back at will.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from measured import SIZE, Stage, drawn_set, in_a_process, own_memory, write_table

MEGABYTES = 200
# A million images take 25 GB of disk, and an hour on two cores.
LARGEST = int(os.environ.get("HYBRID_WBC_LARGE", "100000"))
SIZES = [size for size in (10_000, 100_000, 1_000_000) if size <= LARGEST]
WHERE = "HYBRID_WBC_LARGE_FOLDER"


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_memory_of_an_epoch_and_the_extraction_does_not_grow_with_the_set(tmp_path):
    folder = Path(os.environ.get(WHERE, tmp_path))
    rows, held = [], []
    for size in SIZES:
        cache = tmp_path / f"cache-{size}"
        place = drawn_set(folder, size)
        read = in_a_process(__file__, "read", place, tmp_path / "sides", cache=cache)
        worked = in_a_process(__file__, "train", tmp_path / "sides", cache=cache)
        held.append(worked["highest"])
        rows.append(
            [f"{size:,}", f"{read['seconds']:.0f} s", f"{read['highest']:.0f} MB",
             f"{worked['training']:.0f} s", f"{worked['extracting']:.0f} s",
             f"{worked['highest']:.0f} MB"]
        )  # fmt: skip
        print(rows[-1], flush=True)
        # Twelve gigabytes of a million images.
        shutil.rmtree(cache)
    heading = ["images", "read, checked, decoded", "memory", "one epoch", "extraction", "memory"]
    write_table("large", heading, rows)
    assert held[-1] - held[0] <= MEGABYTES


def read(place: str, sides: str) -> dict:
    """Read a set as a run does; leave its classes and sides, and its pixels in the cache."""
    from hybrid_wbc.data import cleaning, splitting
    from hybrid_wbc.data.loading import decode
    from hybrid_wbc.data.pixels import Pixels
    from hybrid_wbc.data.reading import readers

    with Stage() as stage:
        reading = readers.read(Path(place))
        cleaned = cleaning.clean(reading.samples)
        cells = decode(reading, cleaned, cleaned.kept, Pixels(SIZE))
        split = splitting.split_by_ratio(
            cells.labels.tolist(), cells.sources.tolist(), test=0.3, validation=0.1, seed=0
        )
    assert cells.synthetic and not cleaned.dropped
    Path(sides).mkdir(exist_ok=True)
    np.save(Path(sides) / "labels.npy", np.unique(cells.labels, return_inverse=True)[1])
    np.save(Path(sides) / "split.npy", split)
    return {"seconds": stage.seconds, "highest": stage.highest}


def train(sides: str) -> dict:
    """Train one epoch of a tiny network and extract, from the file that lies in the cache."""
    from hybrid_wbc.cnn.extraction import extract
    from hybrid_wbc.cnn.fitting import fit_network
    from hybrid_wbc.config.network import Augmentation, Network, Training
    from hybrid_wbc.data.rows import Rows

    (entry,) = Path(os.environ["HYBRID_WBC_CACHE"]).glob("images-*.entry")
    labels, split = np.load(Path(sides) / "labels.npy"), np.load(Path(sides) / "split.npy")
    with entry.open("rb") as file:
        file.seek(128)  # a line of text, and then NumPy's own layout
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
        images = np.asarray(np.memmap(file, np.uint8, "r", offset=file.tell(), shape=shape))
    trained, validated = split == "train", split == "validation"
    with Stage() as training:
        model, _ = fit_network(
            Network(width=0.125, standardise=True),
            Training(epochs=1, batch_size=256, best_weights=True),
            Augmentation(),
            Rows.of(images, trained),
            labels[trained],
            classes=5,
            seed=0,
            validation=(Rows.of(images, validated), labels[validated]),
            advance=lambda *_: None,
        )
    with Stage() as extracting:
        X, softmax = extract(model, images)
    assert X.shape == (len(labels), 5) and softmax.shape == (len(labels), 5)
    return {
        "training": training.seconds,
        "extracting": extracting.seconds,
        "highest": max(training.highest, extracting.highest),
        "after": own_memory(),
    }


if __name__ == "__main__":
    print(json.dumps({"read": read, "train": train}[sys.argv[1]](*sys.argv[2:])))
