"""Damage keeps a picture a picture, grows with its steps, and does what its name says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hybrid_wbc.data.damage import DAMAGES


def a_cell() -> np.ndarray:
    """Draw a cell beside the middle of a picture that is wider than high."""
    pixels = np.full((90, 110, 3), (225, 200, 205), dtype=np.uint8)
    rows, columns = np.indices(pixels.shape[:2])
    pixels[np.hypot(columns - 60, rows - 40) < 22] = (180, 140, 200)
    pixels[np.hypot(columns - 60, rows - 40) < 12] = (90, 45, 170)
    return pixels


def damaged(name: str, amount: float, seed: int = 0) -> np.ndarray:
    return DAMAGES[name].change(a_cell(), amount, np.random.default_rng(seed))


def area(pixels: np.ndarray) -> int:
    return int((pixels[..., 1] < 170).sum())


def middle(pixels: np.ndarray) -> np.ndarray:
    return np.argwhere(pixels[..., 1] < 170).mean(axis=0)


@pytest.mark.parametrize("name", DAMAGES)
def test_each_step_gives_such_a_picture_that_lies_further_off_and_leaves_the_first_alone(name):
    steps = DAMAGES[name].steps
    assert list(steps) == sorted(set(steps)) and steps[0] > 0
    cell = a_cell()
    off = []
    for amount in steps:
        changed = DAMAGES[name].change(cell, amount, np.random.default_rng(0))
        assert changed.shape == cell.shape and changed.dtype == np.uint8
        off.append(float(np.abs(changed.astype(float) - a_cell()).mean()))
    assert (cell == a_cell()).all()
    assert off == sorted(off) and off[0] > 0 and off[-1] > 2 * off[0]


@pytest.mark.parametrize("name", DAMAGES)
def test_the_same_chance_damages_alike(name):
    amount = DAMAGES[name].steps[-1]
    assert (damaged(name, amount, 3) == damaged(name, amount, 3)).all()


def test_light_is_taken_away_and_added_by_its_share():
    assert damaged("darker", 20)[0, 0].tolist() == [180, 160, 164]
    assert damaged("brighter", 20)[0, 0].tolist() == [255, 240, 246]


def test_hues_are_turned_by_the_degrees_one_way_or_the_other():
    def hue(pixels: np.ndarray) -> int:
        return int(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)[40, 60, 0]) * 2

    turns = {(hue(damaged("hue", 20, seed)) - hue(a_cell()) + 180) % 360 - 180
             for seed in range(8)}  # fmt: skip
    assert {round(turn, -1) for turn in turns} == {-20, 20}


def test_a_cell_shrinks_grows_and_moves_as_far_as_said():
    whole = area(a_cell())
    assert area(damaged("smaller", 50)) / whole == pytest.approx(0.25, abs=0.03)
    assert area(damaged("larger", 20)) / whole == pytest.approx(1.44, abs=0.05)
    ways = [middle(damaged("off_centre", 20, seed)) - middle(a_cell()) for seed in range(4)]
    assert [float(np.hypot(*way)) for way in ways] == pytest.approx([18] * 4, abs=0.6)
    assert len({tuple(np.sign(way)) for way in ways}) > 1


def test_noise_has_the_spread_that_is_said():
    spread = (damaged("noise", 10).astype(float) - a_cell())[40:60, :20].std()
    assert spread == pytest.approx(10, abs=1)
