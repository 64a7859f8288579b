import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.cnn.augmentation import Augmentation

STILL = {
    "reflect_x": False,
    "reflect_y": False,
    "translate_x": 0.0,
    "translate_y": 0.0,
    "rotation": 0.0,
    "scale": [1.0, 1.0],
}


def gradient(height: int = 24, width: int = 24) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows * 8, columns * 8, (rows + columns) * 4], axis=-1)
    return image.astype(np.uint8)[None]


def test_ranges_of_nothing_leave_images_as_they_are():
    images = gradient()
    assert np.array_equal(Augmentation(**STILL)(images, np.random.default_rng(0)), images)


def test_images_that_lie_otherwise_in_memory_are_changed_alike():
    images = np.repeat(gradient(), 3, axis=0)
    changes = Augmentation()
    expected = changes(images, np.random.default_rng(0))
    columns_first = np.asfortranarray(images)
    assert np.array_equal(changes(columns_first, np.random.default_rng(0)), expected)


def test_reflection_mirrors_left_to_right():
    mirror = Augmentation(**STILL | {"reflect_x": True})
    images = np.repeat(gradient(), 40, axis=0)
    warped = mirror(images, np.random.default_rng(0))
    as_they_were = [np.array_equal(w, images[0]) for w in warped]
    mirrored = [np.array_equal(w, images[0][:, ::-1]) for w in warped]
    assert all(a or m for a, m in zip(as_they_were, mirrored, strict=True))
    assert 8 < sum(mirrored) < 32


def test_reflection_mirrors_top_to_bottom():
    mirror = Augmentation(**STILL | {"reflect_y": True})
    images = np.repeat(gradient(), 40, axis=0)
    mirrored = [
        np.array_equal(w, images[0][::-1]) for w in mirror(images, np.random.default_rng(1))
    ]
    assert 8 < sum(mirrored) < 32


@pytest.mark.parametrize(("name", "axis"), [("translate_x", 0), ("translate_y", 1)])
def test_translation_shifts_along_its_axis_within_its_range(name, axis):
    matrices = Augmentation(**STILL | {name: 0.25}).matrices(500, 20, 40, np.random.default_rng(0))
    extent = (40, 20)[axis] * 0.25
    shifts = matrices[:, :, 2]
    assert np.abs(shifts[:, axis]).max() <= extent
    assert np.abs(shifts[:, axis]).max() > 0.9 * extent
    assert np.allclose(shifts[:, 1 - axis], 0)


def test_rotation_keeps_the_centre_and_stays_in_range():
    matrices = Augmentation(**STILL | {"rotation": 30.0}).matrices(
        500, 21, 21, np.random.default_rng(0)
    )
    centre = np.array([10.0, 10.0, 1.0])
    assert np.allclose(matrices @ centre, centre[:2])
    angles = np.rad2deg(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert 27 < np.abs(angles).max() <= 30


def test_scale_magnifies_within_its_range():
    matrices = Augmentation(**STILL | {"scale": [0.5, 2.0]}).matrices(
        500, 21, 21, np.random.default_rng(0)
    )
    magnification = np.sqrt(np.abs(np.linalg.det(matrices[:, :, :2])))
    assert 0.5 <= magnification.min() < 0.6 and 1.8 < magnification.max() <= 2.0
    assert np.median(magnification) == pytest.approx(1.0, abs=0.1)


def test_what_lies_beyond_the_edge_is_a_reflection_and_never_black():
    images = np.full((30, 24, 24, 3), 180, np.uint8)
    far = Augmentation(translate_x=0.5, translate_y=0.5, scale=[0.5, 1.0])
    assert (far(images, np.random.default_rng(0)) == 180).all()


def test_a_warp_is_as_sharp_as_the_image_it_warps():
    generator = np.random.default_rng(0)
    texture = generator.integers(0, 255, (1, 12, 12, 3)).repeat(4, axis=1).repeat(4, axis=2)
    images = texture.astype(np.uint8).repeat(20, axis=0)
    turned = Augmentation(**STILL | {"rotation": 180.0})(images, generator)

    def sharpness(batch: np.ndarray) -> float:
        inner = batch[:, 12:36, 12:36].astype(float)
        return float(np.abs(np.diff(inner, axis=1)).mean() + np.abs(np.diff(inner, axis=2)).mean())

    assert sharpness(turned) > 0.9 * sharpness(images)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 4),
    height=st.integers(8, 40),
    width=st.integers(8, 40),
)
def test_equal_seeds_give_equal_copies_and_the_originals_stay(seed, count, height, width):
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, height, width, 3)).astype(np.uint8)
    before = images.copy()
    first = Augmentation()(images, np.random.default_rng(seed))
    again = Augmentation()(images, np.random.default_rng(seed))
    assert first.shape == images.shape and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(images, before)
