from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.errors import InputError


def overlap(found: tuple, column: int, row: int, radius: int) -> float:
    left, top, right, bottom = found
    across = min(right, column + radius) - max(left, column - radius)
    down = min(bottom, row + radius) - max(top, row - radius)
    shared = max(across, 0) * max(down, 0)
    return shared / ((right - left) * (bottom - top) + 4 * radius**2 - shared)


def test_each_white_cell_is_found_from_left_to_right_and_no_red_one(smear):
    found = find_cells(smear((170, 60, 24), (70, 110, 20)))
    assert len(found) == 2
    assert overlap(found[0].box, 70, 110, 20) > 0.8
    assert overlap(found[1].box, 170, 60, 24) > 0.8
    assert not found[0].touches_frame and not found[1].touches_frame


def test_masks_have_the_areas_of_what_was_drawn_and_the_nucleus_lies_in_the_cell(smear):
    (found,) = find_cells(smear((120, 90, 25)))
    left, top, right, bottom = found.box
    assert found.cell.shape == found.nucleus.shape == (bottom - top, right - left)
    assert found.cell.sum() == pytest.approx(np.pi * 25**2, rel=0.1)
    assert found.nucleus.sum() == pytest.approx(np.pi * (0.65 * 25) ** 2, rel=0.1)
    assert not (found.nucleus & ~found.cell).any()


@pytest.mark.parametrize("there", [True, False])
def test_a_nucleus_among_strongly_stained_red_cells_stands_out_and_these_are_no_nuclei(there):
    picture = np.full((240, 320, 3), (200, 205, 200), dtype=np.uint8)
    for row in range(15, 240, 30):
        for column in range(15, 320, 30):
            cv2.circle(picture, (column, row), 14, (185, 125, 152), -1)
            cv2.circle(picture, (column, row), 5, (190, 155, 165), -1)
    if there:
        cv2.circle(picture, (160, 120), 24, (175, 130, 165), -1)
        cv2.circle(picture, (160, 120), 13, (120, 65, 150), -1)
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    found = find_cells(np.clip(picture + noise, 0, 255).astype(np.uint8))
    assert len(found) == there
    for cell in found:
        assert overlap(cell.box, 160, 120, 24) > 0.7


@pytest.mark.parametrize("red", [(135, 115, 110), (190, 140, 130)], ids=["dark", "pale"])
def test_red_cells_that_touch_a_white_one_are_no_part_of_it(red):
    picture = np.full((200, 240, 3), (205, 210, 200), dtype=np.uint8)
    for place in ((30, 40), (40, 160), (200, 30), (205, 160), (120, 20), (30, 100), (210, 95)):
        cv2.circle(picture, place, 14, red, -1)
    for place in ((86, 92), (134, 124), (142, 76)):
        cv2.circle(picture, place, 14, red, -1)
    cv2.circle(picture, (115, 98), 26, (180, 150, 190), -1)
    cv2.circle(picture, (115, 98), 16, (90, 45, 170), -1)
    noise = np.random.default_rng(0).normal(0, 4, picture.shape)
    (found,) = find_cells(np.clip(picture + noise, 0, 255).astype(np.uint8))
    assert overlap(found.box, 115, 98, 26) > 0.85
    assert found.cell.sum() == pytest.approx(np.pi * 26**2, rel=0.1)


def test_touching_cells_are_divided(smear):
    found = find_cells(smear((90, 90, 24), (134, 90, 24)))
    assert len(found) == 2
    assert overlap(found[0].box, 90, 90, 24) > 0.7
    assert overlap(found[1].box, 134, 90, 24) > 0.7


def test_a_cell_that_the_frame_cuts_is_marked(smear):
    found = find_cells(smear((5, 90, 24), (150, 60, 24)))
    assert [cell.touches_frame for cell in found] == [True, False]
    assert found[0].box[0] == 0


def test_a_cell_at_a_black_corner_is_found_and_marked(smear):
    picture = smear((60, 90, 24))
    rows, columns = np.indices(picture.shape[:2])
    picture[columns + rows < 130] = 0
    (found,) = find_cells(picture)
    assert found.touches_frame


def test_a_platelet_beside_a_cell_is_none(smear):
    found = find_cells(smear((150, 60, 24), (60, 120, 7)))
    assert len(found) == 1


@pytest.mark.parametrize("kind", ["red cells alone", "glass alone", "black", "one pixel"])
def test_where_there_is_no_white_cell_none_is_found(without_white_cells, kind):
    assert find_cells(without_white_cells[kind]) == []


@pytest.mark.parametrize("times", [1, 3, 8])
def test_a_picture_of_any_size_gives_the_same_cell(smear, times):
    small = smear((120, 90, 24))
    large = np.asarray(Image.fromarray(small).resize((240 * times, 180 * times)))
    (found,) = find_cells(large)
    assert overlap(found.box, 120 * times, 90 * times, 24 * times) > 0.8


def test_small_cells_of_a_large_smear_are_found_with_and_without_their_diameter(smear):
    picture = smear((400, 300, 22), (900, 500, 22), shape=(800, 1200))
    for found in (find_cells(picture), find_cells(picture, diameter=44)):
        assert len(found) == 2
        assert overlap(found[0].box, 400, 300, 22) > 0.8
        assert overlap(found[1].box, 900, 500, 22) > 0.8


def test_many_cells_of_a_large_smear_take_hardly_more_memory_than_few(smear):
    places = [(column, row, 20) for row in range(40, 700, 70) for column in range(40, 900, 90)]

    def find(count: int) -> tuple[int, int]:
        picture = smear(*places[:count], shape=(720, 900))
        tracemalloc.start()
        found = find_cells(picture, diameter=40)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return len(found), most

    (few, less), (many, more) = find(2), find(100)
    assert (few, many) == (2, 100) and more < 1.4 * less


def test_cells_far_smaller_than_the_diameter_given_are_none(smear):
    assert find_cells(smear((120, 90, 20)), diameter=150) == []


def test_the_picture_is_not_changed_and_finding_is_repeatable(smear):
    picture = smear((120, 90, 24))
    before = picture.copy()
    first, second = find_cells(picture)[0], find_cells(picture)[0]
    np.testing.assert_array_equal(picture, before)
    assert first.box == second.box
    np.testing.assert_array_equal(first.cell, second.cell)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3)),
     np.zeros((0, 9, 3), np.uint8)],
)  # fmt: skip
def test_anything_but_a_colour_picture_is_an_error(picture):
    with pytest.raises(InputError, match="of uint8 is expected"):
        find_cells(picture)


def test_a_diameter_of_nothing_is_an_error(smear):
    with pytest.raises(InputError, match="diameter is 0"):
        find_cells(smear(), diameter=0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**16))
def test_whatever_a_picture_shows_boxes_lie_inside_it(height, width, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for found in find_cells(picture):
        left, top, right, bottom = found.box
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        assert found.cell.shape == (bottom - top, right - left)
