"""Rows of many images: what NumPy's own choice of rows gives, without its copy."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.data.rows import Rows

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 3), dtype=np.uint8)
CHOSEN = np.array([7, 1, 1, 4, 0])


@pytest.mark.parametrize("key", [slice(1, 3), slice(None), np.array([4, 0, 2])])
def test_rows_are_those_that_numpy_gives(key):
    rows = Rows.of(IMAGES, CHOSEN)
    assert np.array_equal(rows[key], IMAGES[CHOSEN][key])
    assert rows.shape == (5, 4, 4, 3) and len(rows) == 5


def test_rows_of_rows_are_rows_of_the_images():
    mask = np.array([True, False, True, True, False])
    rows = Rows.of(Rows.of(IMAGES, CHOSEN), mask)
    assert rows.images is IMAGES
    assert np.array_equal(rows[:], IMAGES[CHOSEN][mask])


def test_what_is_taken_is_a_copy():
    Rows.of(IMAGES, CHOSEN)[:2][:] = 0
    assert IMAGES.any()
