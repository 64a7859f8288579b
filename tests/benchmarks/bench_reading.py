"""Seconds until 13,672 images are in memory, the first time and the second."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.data import arrays, cleaning
from hybrid_wbc.data.reading import readers


def test_images_are_decoded_once_and_read_from_the_cache_after(tmp_path):
    folder = os.environ.get("HYBRID_WBC_DATA")
    if not folder:
        pytest.skip("HYBRID_WBC_DATA is not set: no real images to read")
    root = Path(folder) / "pbc-128"

    def read() -> tuple[float, float, np.ndarray]:
        started = time.perf_counter()
        cleaned = cleaning.clean(readers.read(root).samples, cache=tmp_path)
        checked = time.perf_counter()
        checksums = [cleaned.inspections[sample.id].sha256 for sample in cleaned.kept]
        images = arrays.load_images(cleaned.kept, checksums, size=96, cache=tmp_path)
        done = time.perf_counter()
        return checked - started, done - checked, images

    first, second = read(), read()
    print(
        f"\n{len(first[2])} images at 96×96: first {first[0]:.2f} s of checking and "
        f"{first[1]:.2f} s of decoding; second {second[0]:.2f} s and {second[1]:.2f} s"
    )
    assert np.array_equal(first[2], second[2])
    assert second[0] + second[1] <= 2.0
