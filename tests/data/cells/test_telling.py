"""A picture of one cell is told from a smear by where white cells lie in it."""

import numpy as np
import pytest

from hybrid_wbc.data.cells.finding import FoundCell
from hybrid_wbc.data.cells.telling import tell


def a_cell(column: int, row: int, side: int = 40) -> FoundCell:
    mask = np.ones((side, side), dtype=bool)
    left, top = column - side // 2, row - side // 2
    return FoundCell((left, top, left + side, top + side), mask, mask, touches_frame=False)


@pytest.mark.parametrize(
    ("cells", "frame", "kind"),
    [
        ([(64, 64)], (128, 128), "cell"),
        ([(64, 64), (110, 64)], (128, 128), "cell"),
        ([(20, 64)], (128, 128), "smear"),
        ([(64, 64), (20, 20), (100, 100)], (128, 128), "smear"),
        ([(30, 60)], (120, 160), "smear"),
        ([(80, 60)], (120, 160), "cell"),
        ([(320, 240)], (480, 640), "smear"),
        ([], (480, 640), "smear"),
        ([], (128, 128), "cell"),
    ],
)
def test_what_a_picture_shows_follows_from_its_cells_and_its_frame(cells, frame, kind):
    assert tell([a_cell(*place) for place in cells], frame) == kind


def test_small_neighbours_do_not_make_a_smear():
    found = [a_cell(64, 64), a_cell(10, 10, 12), a_cell(110, 110, 12), a_cell(10, 110, 12)]
    assert tell(found, (128, 128)) == "cell"
