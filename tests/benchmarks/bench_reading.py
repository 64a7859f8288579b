"""Seconds until 13,672 images are in memory, the first time and the second."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.data import arrays, cleaning
from hybrid_wbc.data.reading import readers


def test_images_are_decoded_once_and_read_from_the_cache_after(tmp_path, monkeypatch):
    folder = os.environ.get("HYBRID_WBC_DATA")
    if not folder:
        pytest.skip("HYBRID_WBC_DATA is not set: no real images to read")
    root = Path(folder) / "pbc-128"
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path))

    def read() -> tuple[float, float, np.ndarray]:
        started = time.perf_counter()
        cleaned = cleaning.clean(readers.read(root).samples)
        checked = time.perf_counter()
        images = arrays.load_images(cleaned.kept, cleaned.contents(cleaned.kept), size=96)
        done = time.perf_counter()
        return checked - started, done - checked, images

    first, second = read(), read()
    print(
        f"\n{len(first[2])} images at 96×96: first {first[0]:.2f} s of checking and "
        f"{first[1]:.2f} s of decoding; second {second[0]:.2f} s and {second[1]:.2f} s"
    )
    assert np.array_equal(first[2], second[2])
    assert second[0] + second[1] <= 2.0
