from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.boxes import cut, mask_boxes, square_box
from hybrid_wbc.errors import InputError


def drawn(shape: tuple[int, int], *boxes: tuple[int, int, int, int], grey: int = 75) -> np.ndarray:
    mask = np.zeros(shape, dtype=np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = grey
    return mask


def test_a_cell_of_two_grey_levels_is_one_box():
    mask = drawn((40, 50), (10, 10, 20, 20))
    mask[13:17, 13:17] = 100
    assert mask_boxes(mask, (40, 50), 0.0) == [(10, 10, 20, 20)]


def test_a_mask_smaller_than_its_frame_lies_in_the_middle():
    mask = drawn((568, 712), (100, 200, 150, 250))
    assert mask_boxes(mask, (576, 720), 0.0) == [(104, 204, 154, 254)]


def test_the_margin_is_a_share_of_the_longer_side_and_the_box_a_square():
    (box,) = mask_boxes(drawn((100, 100), (40, 30, 60, 70)), (100, 100), 0.25)
    assert box == (20, 20, 80, 80)


def test_boxes_come_from_left_to_right_and_specks_are_ignored():
    mask = drawn((60, 90), (60, 5, 80, 25), (10, 30, 30, 50), (45, 40, 48, 43))
    assert mask_boxes(mask, (60, 90), 0.0) == [(10, 30, 30, 50), (60, 5, 80, 25)]


def test_an_empty_mask_has_no_boxes():
    assert mask_boxes(np.zeros((20, 20), dtype=np.uint8), (20, 20), 0.25) == []


def test_a_mask_larger_than_its_smear_is_an_error():
    with pytest.raises(InputError, match="30x20 pixels for a smear of 25x25; one of the same"):
        mask_boxes(np.zeros((20, 30), dtype=np.uint8), (25, 25), 0.25)


def test_cut_reflects_beyond_the_frame():
    image = np.repeat(np.arange(20, dtype=np.uint8).reshape(4, 5)[:, :, None], 3, axis=2)
    padded = np.pad(image, ((2, 1), (3, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(cut(image, (-3, -2, 7, 5)), padded)


def test_cut_gives_a_copy():
    image = np.zeros((10, 10, 3), dtype=np.uint8)
    cut(image, (2, 2, 8, 8))[:] = 9
    assert not image.any()


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.integers(1, 25),
)
def test_cut_gives_the_size_asked_for_and_only_pixels_of_the_image(height, width, x, y, side):
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    piece = cut(image, (x, y, x + side, y + side))
    assert piece.shape == (side, side, 3)
    assert set(piece.ravel()) <= set(image.ravel())


@given(
    st.integers(-50, 50),
    st.integers(-50, 50),
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(0, 2),
)
def test_a_square_box_holds_the_tight_one_with_room_on_each_side(x, y, width, height, margin):
    left, top, right, bottom = square_box((x, y, x + width, y + height), margin)
    room = margin * max(width, height)
    assert right - left == bottom - top >= max(width, height) + 2 * room
    assert abs((left + right) - (2 * x + width)) <= 1
    assert abs((top + bottom) - (2 * y + height)) <= 1
