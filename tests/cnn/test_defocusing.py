"""Pictures lose sharpness within the ranges, each by itself, and equally for equal seeds."""

import numpy as np
import pytest

from hybrid_wbc.cnn.augmentation import Augmentation
from hybrid_wbc.cnn.defocusing import SharpnessChanges


def edges(count: int = 200) -> np.ndarray:
    """Draw a black half beside a white one."""
    images = np.zeros((count, 16, 16, 3), np.uint8)
    images[:, :, 8:] = 255
    return images


def changed(seed: int = 0, **ranges: float) -> np.ndarray:
    return SharpnessChanges(**ranges)(edges(), np.random.default_rng(seed))


def test_half_of_the_pictures_are_blurred_each_by_another_width():
    made = changed(blur=2.0)
    touched = (made != edges()).any(axis=(1, 2, 3))
    assert 0.4 < touched.mean() < 0.6
    # The level beside the edge says how wide the Gaussian is.
    beside = made[touched, 8, 7, 0]
    assert len(np.unique(beside)) > 20
    assert beside.max() <= 128


def test_no_picture_is_blurred_more_than_the_setting_says():
    narrow, wide = changed(blur=0.5), changed(blur=3.0)
    assert (narrow[:, 8, 4, 0] == 0).all() and (wide[:, 8, 4, 0] > 0).any()


def test_noise_is_within_its_range_differs_between_pictures_and_keeps_the_mean():
    images = np.full((300, 16, 16, 3), 128, np.uint8)
    made = SharpnessChanges(noise=0.05)(images, np.random.default_rng(0)).astype(float)
    spread = made.std(axis=(1, 2, 3))
    assert spread.max() < 1.1 * 0.05 * 255 and spread.min() < 1.5
    assert made.mean() == pytest.approx(128, abs=0.2)


def test_equal_seeds_give_equal_pictures_and_what_is_passed_in_stays():
    images = edges()
    before = images.copy()
    once = SharpnessChanges(blur=1.0, noise=0.1)(images, np.random.default_rng(3))
    assert np.array_equal(once, changed(seed=3, blur=1.0, noise=0.1))
    assert np.array_equal(images, before) and once.dtype == np.uint8


def test_augmentation_draws_the_same_warps_with_and_without_a_change_of_sharpness():
    plain, sharp = Augmentation(), Augmentation(sharpness={"blur": 0.0, "noise": 0.0})
    images = edges(4)
    assert np.array_equal(
        plain(images, np.random.default_rng(0)), sharp(images, np.random.default_rng(0))
    )
    lost = Augmentation(sharpness={"blur": 2.0})(images, np.random.default_rng(0))
    assert not np.array_equal(lost, plain(images, np.random.default_rng(0)))
