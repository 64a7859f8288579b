"""Colours are changed within their ranges, each image by itself, and equally for equal seeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.recolouring import ColourChanges
from hybrid_wbc.data.stain_normalising import REFERENCE_STAINS

EVERYTHING = {
    "stain_scale": 0.3, "stain_shift": 0.1, "brightness": 0.1, "contrast": 0.2, "hue": 15.0,
    "saturation": 0.3,
}  # fmt: skip
ALONE = [{name: value} for name, value in EVERYTHING.items()]
VIOLET = np.array([110, 60, 160])


def patches(count: int = 60, colour=VIOLET) -> np.ndarray:
    """Draw one colour beside grey, so that contrast has something to change."""
    images = np.full((count, 8, 8, 3), 150, np.uint8)
    images[:, :, :4] = colour
    return images


def changed(ranges, images=None, seed: int = 0) -> np.ndarray:
    images = patches() if images is None else images
    return ColourChanges(**ranges)(images, np.random.default_rng(seed)).astype(float)


def test_without_ranges_augmentation_draws_nothing_and_changes_no_colour():
    generator, again = np.random.default_rng(0), np.random.default_rng(0)
    still = {"reflect_x": False, "reflect_y": False, "translate_x": 0.0, "translate_y": 0.0,
             "rotation": 0.0, "scale": [1.0, 1.0]}  # fmt: skip
    assert np.array_equal(Augmentation(**still)(patches(), generator), patches())
    Augmentation(**still).matrices(60, 8, 8, again)
    assert generator.random() == again.random()


@pytest.mark.parametrize("ranges", ALONE)
def test_each_change_alone_differs_between_images_and_is_on_average_small(ranges):
    made = changed(ranges, patches(400))
    assert len(np.unique(made.reshape(len(made), -1), axis=0)) > 20
    assert made.mean(axis=0) == pytest.approx(patches(1)[0].astype(float), abs=8)


def test_stain_scale_multiplies_the_concentrations_within_its_range():
    colour = 256 * np.exp(-np.array([1.0, 0.3]) @ REFERENCE_STAINS) - 1
    made = changed({"stain_scale": 0.3}, patches(400, colour.round()))[:, 0, 0]
    residual = np.cross(*REFERENCE_STAINS)
    stains = np.stack([*REFERENCE_STAINS, residual / np.linalg.norm(residual)])
    nuclear, other, _ = (-np.log((made + 1) / 256) @ np.linalg.inv(stains)).T
    assert np.exp(-0.3) - 0.03 < nuclear.min() < 0.8 and 1.25 < nuclear.max() < np.exp(0.3) + 0.03
    assert abs(np.corrcoef(nuclear, other)[0, 1]) < 0.2


def test_stain_shift_changes_the_light_of_white_glass_too():
    white = np.full((200, 4, 4, 3), 255, np.uint8)
    made = changed({"stain_shift": 0.1}, white)[:, 0, 0]
    assert 200 < made.min() < 245


def test_brightness_shifts_all_channels_alike_within_its_range():
    shifts = changed({"brightness": 0.1})[:, 0, 0] - VIOLET
    assert np.ptp(shifts, axis=1).max() <= 1
    assert 20 < np.abs(shifts).max() <= 26


def test_contrast_keeps_the_mean_and_moves_colours_from_it():
    made = changed({"contrast": 0.2})
    assert made.mean(axis=(1, 2)).std(axis=0).max() < 12
    apart = made[:, 0, 7, 1] - made[:, 0, 0, 1]
    assert 90 * np.exp(-0.2) - 2 <= apart.min() < 85 and 95 < apart.max() <= 90 * np.exp(0.2) + 2


def test_hue_and_saturation_leave_grey_as_it_is():
    made = changed({"hue": 30.0, "saturation": 0.5})
    assert np.abs(made[:, :, 4:] - 150).max() <= 1
    assert np.abs(made[:, 0, 0] - VIOLET).max() > 15


def test_no_colour_wraps_round_at_black_or_white():
    for level in (0, 255):
        images = np.full((100, 4, 4, 3), level, np.uint8)
        made = changed(EVERYTHING, images)
        assert np.abs(made - level).max() < 130


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4), size=st.integers(8, 24))
def test_equal_seeds_give_equal_colours_and_the_originals_stay(seed, count, size):
    images = np.random.default_rng(seed).integers(0, 256, (count, size, size, 3)).astype(np.uint8)
    before, augmentation = images.copy(), Augmentation(colour=EVERYTHING)
    first, again = (augmentation(images, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == images.shape and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(images, before)
