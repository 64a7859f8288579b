"""A picture brought to a network's size keeps its colours and its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.sizing import PIXEL_SCALING, resize, to_size


@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 60), st.integers(0, 255))
def test_resize_enlarges_and_shrinks_and_keeps_an_even_colour(
    frame: tuple[int, int], size: int, level: int
) -> None:
    image = np.full((*frame, 3), (level, 255 - level, 7), dtype=np.uint8)
    resized = resize(image, size)
    assert (resized.dtype, resized.shape) == (np.uint8, (size, size, 3))
    assert (resized == image[0, 0]).all()


def test_resize_shrinks_without_aliasing() -> None:
    # Taking every fourth column would give all black or all white.
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    assert (resize(stripes, 16) == 100).all()


def test_resize_keeps_the_picture_in_its_place_when_enlarging() -> None:
    quarters = np.zeros((8, 8, 3), dtype=np.uint8)
    quarters[:4, 4:] = (255, 0, 0)
    enlarged = resize(quarters, 32)
    assert (enlarged[:8, 24:] == (255, 0, 0)).all()
    assert not enlarged[24:].any()
    assert not enlarged[:, :8].any()


def test_resize_to_the_same_size_changes_nothing_and_takes_any_memory_layout() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    assert np.array_equal(resize(image[:, ::-1], 9), image[:, ::-1])


def test_pixel_scaling_maps_bytes_to_minus_one_to_one() -> None:
    scaled = np.array([0, 127.5, 255]) * PIXEL_SCALING["scale"] + PIXEL_SCALING["offset"]
    assert scaled == pytest.approx([-1, 0, 1])


def test_a_picture_can_go_through_another_size_on_its_way():
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    through = to_size(picture, 16, through=32)
    assert np.array_equal(through, resize(resize(picture, 32), 16))
    assert not np.array_equal(through, to_size(picture, 16))


def test_a_grey_picture_keeps_three_equal_channels_of_luma():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[..., 1] = 200
    grey = to_size(picture, 8, colour="grey")
    assert grey.shape == (8, 8, 3)
    assert np.unique(grey).tolist() == [round(0.587 * 200)]
