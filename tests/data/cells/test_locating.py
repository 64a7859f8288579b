"""The one cell that a picture was taken for is chosen among those found in it."""

import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.data.cells.locating import locate


def test_the_cell_on_the_middle_is_the_one_that_a_picture_was_taken_for(smear):
    picture = smear((120, 90, 18), (200, 40, 26))
    place = locate(picture)
    assert place.how == "found" and not place.touches_frame
    assert np.hypot(place.centre[0] - 120, place.centre[1] - 90) < 3
    assert place.longer_side == pytest.approx(36, abs=4)


def test_with_none_on_the_middle_the_largest_nucleus_counts(smear):
    place = locate(smear((40, 130, 18), (200, 40, 26)))
    assert np.hypot(place.centre[0] - 200, place.centre[1] - 40) < 4


@pytest.mark.parametrize("kind", ["red cells alone", "glass alone", "black", "one pixel"])
def test_where_there_is_no_white_cell_the_middle_stands_in(without_white_cells, kind):
    picture = without_white_cells[kind]
    place = locate(picture)
    height, width = picture.shape[:2]
    assert (place.how, place.centre, place.longer_side) == ("middle", (width // 2, height // 2), 0)


def test_one_cell_is_found_in_most_pictures_of_the_kaggle_set(real):
    folder = real("kaggle-blood-cells") / "images" / "TEST_SIMPLE"
    pictures = sorted(folder.rglob("*.jpeg"))[::6]
    how = [locate(np.asarray(Image.open(path).convert("RGB"))).how for path in pictures]
    assert how.count("found") >= 0.95 * len(how)
