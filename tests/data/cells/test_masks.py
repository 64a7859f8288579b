from __future__ import annotations

import cv2
import numpy as np
import pytest

from hybrid_wbc.data.cells import masks


@pytest.fixture(scope="module")
def blots() -> np.ndarray:
    """Blots of many sizes, some cut by the frame."""
    noise = np.random.default_rng(3).random((90, 120)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 4) > 0.515


@pytest.mark.parametrize("radius", [7.2, 8.0, 11.6, 20.0])
@pytest.mark.parametrize("name", ["opened", "closed", "grown", "shrunk"])
def test_a_large_disc_laid_on_by_distances_does_what_it_does_pixel_by_pixel(
    blots, name, radius, monkeypatch
):
    quickly = getattr(masks, name)(blots, radius)
    monkeypatch.setattr(masks, "_WIDE", 1000)
    np.testing.assert_array_equal(quickly, getattr(masks, name)(blots, radius))
    assert quickly.any() or name in ("opened", "shrunk")


@pytest.mark.parametrize("filling", [False, True])
def test_nothing_and_everything_stay_as_they_are(filling):
    mask = np.full((30, 40), filling)
    for change in (masks.opened, masks.closed, masks.grown, masks.shrunk):
        np.testing.assert_array_equal(change(mask, 12), mask)


def test_cores_are_those_of_the_whole_picture_wherever_the_mask_lies_in_it():
    mask = np.zeros((60, 80), dtype=bool)
    for column in (20, 36):
        mask |= cv2.circle(np.zeros((60, 80), np.uint8), (column, 30), 10, 1, -1).astype(bool)
    depth, middles = masks.cores(mask, 0.25)
    assert middles.max() == 2
    moved_depth, moved = masks.cores(np.roll(mask, (9, 25), axis=(0, 1)), 0.25)
    np.testing.assert_array_equal(np.roll(middles, (9, 25), axis=(0, 1)), moved)
    np.testing.assert_array_equal(np.roll(depth, (9, 25), axis=(0, 1)), moved_depth)


def test_what_the_frame_cuts_is_as_thick_there_as_elsewhere():
    mask = np.zeros((50, 60), dtype=bool)
    mask[:, 20:41] = True
    depth, middles = masks.cores(mask, 0.25)
    np.testing.assert_array_equal(depth, np.tile(depth[25], (50, 1)))
    assert depth[25].argmax() == 30 and middles.max() == 1


def test_an_empty_mask_has_no_cores():
    assert not masks.cores(np.zeros((20, 20), dtype=bool), 0.25)[1].any()
