"""Drawn cells: masks that fit, types that overlap, refusals."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.data.drawn.cell_types import TYPES
from hybrid_wbc.data.drawn.drawing import draw_smear
from hybrid_wbc.errors import InputError

LISC_FOLDERS = ["Baso", "eosi", "lymp", "mono", "neut"]


@settings(max_examples=20, deadline=None)
@given(kind=st.sampled_from(LISC_FOLDERS), seed=st.integers(0, 2**32))
def test_masks_hold_one_or_two_whole_cells_in_their_own_grey_levels(kind: str, seed: int) -> None:
    image, mask = draw_smear(kind, np.random.default_rng(seed))
    assert (image.dtype, image.shape) == (np.uint8, (576, 720, 3))
    assert (mask.dtype, mask.shape) == (np.uint8, (568, 712))
    assert set(np.unique(mask)) == {0, *TYPES[kind].levels}
    for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert not edge.any()
    cell_area = np.pi / 4 * np.array([75, 210]) ** 2
    assert cell_area[0] < np.count_nonzero(mask) < 2 * cell_area[1]


@pytest.mark.parametrize("kind", LISC_FOLDERS)
def test_masks_lie_on_their_cells(kind: str) -> None:
    # Nothing but a white cell's nucleus takes much red out of the light.
    for number in range(4):
        image, mask = draw_smear(kind, np.random.default_rng(number))
        red = image[4:-4, 4:-4, 0].astype(float)
        dark = red < (red[mask == 0].mean() + red[mask > 0].min()) / 2
        platelets_allowed = 400
        assert np.count_nonzero(dark & (mask == 0)) < platelets_allowed
        assert np.count_nonzero(dark & (mask > 0)) > 0.1 * np.count_nonzero(mask)


def test_grey_levels_keep_those_of_lisc_and_tell_types_apart() -> None:
    assert TYPES["Baso"].levels == (50, 50)
    assert TYPES["eosi"].levels == (75, 100)
    levels = [level for kind in TYPES.values() for level in set(kind.levels)]
    assert len(levels) == len(set(levels))
    assert min(levels) > 0


def test_some_smears_hold_two_cells_apart() -> None:
    masks = [draw_smear("lymp", np.random.default_rng([1, number])).mask for number in range(40)]
    cells = [cv2.connectedComponents(np.sign(mask))[0] - 1 for mask in masks]
    assert set(cells) == {1, 2}
    assert cells.count(2) < 10


@pytest.mark.parametrize("kind", LISC_FOLDERS)
def test_same_state_draws_the_same_smear_and_another_does_not(kind: str) -> None:
    first, again, other = (draw_smear(kind, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("kind", LISC_FOLDERS)
def test_shares_of_a_type_cover_all_of_its_cells(kind: str) -> None:
    for parts in (TYPES[kind].forms, TYPES[kind].granules):
        assert sum(part.share for part in parts) == pytest.approx(1)


def test_an_unknown_type_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="received 'basophil'; choose from Baso, eosi, lymp"):
        draw_smear("basophil", np.random.default_rng(0))


def test_colour_alone_does_not_tell_the_types_apart() -> None:
    colours, labels = [], []
    for label, kind in enumerate(LISC_FOLDERS):
        for number in range(8):
            image, mask = draw_smear(kind, np.random.default_rng([1, label, number]))
            colours.append(image[4:-4, 4:-4][mask > 0].mean(axis=0))
            labels.append(label)
    distance = np.linalg.norm(np.subtract(np.array(colours)[:, None], colours), axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.array(labels)[distance.argmin(axis=1)]
    assert np.mean(nearest == labels) < 0.8
