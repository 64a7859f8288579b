"""What is not the picture's cell is made grey, whatever it is, and the cell stays as it was."""

import numpy as np
import pytest

from hybrid_wbc.data.cells.clearing import GREY, cleared, restored, uncleared
from hybrid_wbc.data.pixels import Pixels, prepare

GLASS, CYTOPLASM, NUCLEUS, RED_CELL = (
    (235, 240, 230),
    (195, 165, 205),
    (90, 45, 170),
    (215, 150, 140),
)


def a_smear(cells=((60, 48),), red_cells=((15, 15), (105, 80))) -> np.ndarray:
    """Draw white cells among red ones, by column and row."""
    image = np.full((96, 120, 3), GLASS, dtype=np.uint8)
    image -= np.random.default_rng(0).integers(0, 9, image.shape, np.uint8)
    rows, columns = np.indices(image.shape[:2])
    for column, row in red_cells:
        image[np.hypot(columns - column, rows - row) <= 10] = RED_CELL
    for column, row in cells:
        distance = np.hypot(columns - column, rows - row)
        image[distance <= 20] = CYTOPLASM
        image[distance <= 13] = NUCLEUS
    return image


def is_grey(image: np.ndarray) -> np.ndarray:
    return (image == GREY).all(axis=2)


def test_glass_and_red_cells_become_grey_and_the_cell_stays():
    image = a_smear()
    made = cleared(image, (60, 48))
    rows, columns = np.indices(image.shape[:2])
    distance = np.hypot(columns - 60, rows - 48)
    assert np.array_equal(made[distance <= 18], image[distance <= 18])
    assert is_grey(made)[distance >= 25].all()
    assert is_grey(made)[15, 15]


@pytest.mark.parametrize("kept", [0, 1])
def test_of_two_cells_the_one_on_the_point_is_kept(kept):
    cells = ((28, 48), (90, 48))
    made = cleared(a_smear(cells, ()), cells[kept])
    for number, (column, row) in enumerate(cells):
        assert is_grey(made)[row, column] == (number != kept)


def test_a_picture_without_a_cell_is_left_as_it_is_and_counted():
    empty = a_smear(cells=(), red_cells=())
    assert cleared(empty, (60, 48)) is empty
    assert uncleared(np.stack([empty, cleared(a_smear(), (60, 48))])) == 1


def test_grey_is_grey_again_after_colours_were_changed():
    before = np.stack([cleared(a_smear(), (60, 48))])
    after = restored(before + 9, before)
    assert np.array_equal(is_grey(after[0]), is_grey(before[0]))
    assert (after[0, 48, 60] == before[0, 48, 60] + 9).all()


def test_pictures_on_their_way_to_a_network_are_cleared_and_those_left_are_noted():
    pictures = np.stack([a_smear(), a_smear(cells=(), red_cells=())])
    made = prepare(pictures, Pixels(48, crop="fitted", background="removed", stain="macenko"))
    assert is_grey(made.images[0])[0].all() and not is_grey(made.images[1]).any()
    assert made.notes == ["nothing around the cell was taken away in 1 of 2 pictures"]
