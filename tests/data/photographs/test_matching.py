from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.data.drawn.drawing import draw_smear
from hybrid_wbc.data.photographs.landmarks import Likeness, compare, landmarks
from hybrid_wbc.data.photographs.matching import find_sources
from hybrid_wbc.errors import InputError


def smear(seed: int) -> np.ndarray:
    image = draw_smear("neut", np.random.default_rng(seed)).image
    return cv2.resize(image, (320, 256), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def smears() -> list[np.ndarray]:
    return [smear(seed) for seed in range(6)]


def copy(
    image: np.ndarray,
    *,
    degrees: float = 0.0,
    shear: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
    flips: tuple[int, int] = (1, 1),
    gain: float = 1.0,
    size: int = 160,
) -> np.ndarray:
    """Turn, shear, mirror and shift about the middle, fill with black, shrink and brighten."""
    height, width = image.shape[:2]
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    plane = turn @ np.array([[1, -np.sin(shear)], [0, np.cos(shear)]]) @ np.diag(flips)
    middle = np.array([width - 1, height - 1]) / 2
    move = middle - plane @ middle + np.array(shift) * (width, height)
    warped = cv2.warpAffine(image, np.column_stack([plane, move]), (width, height))
    small = cv2.resize(warped, (size, size * height // width), interpolation=cv2.INTER_AREA)
    return np.clip(small * gain, 0, 255).astype(np.uint8)


def other_photograph(image: np.ndarray) -> np.ndarray:
    """Give the same cells elsewhere in the field: the lamp's light falls on them otherwise."""
    height, width = image.shape[:2]
    x = np.linspace(1.0, 0.85, width)[None, :, None]
    y = np.linspace(0.9, 1.0, height)[:, None, None]
    return np.clip(image * x * y * [1.0, 0.96, 0.98], 0, 255).astype(np.uint8)


def grouped(
    images: Sequence[np.ndarray],
    ids: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[str], list[str]]:
    names = ids or [f"{number:02d}" for number in range(len(images))]
    checksums = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    found = find_sources(names, checksums, lambda position: images[position], progress=progress)
    return found.photographs.tolist(), found.cells.tolist()


# landmarks


def test_descriptors_are_the_same_in_a_mirrored_picture(smears):
    image = smears[0]
    mirrored = np.ascontiguousarray(image[:, ::-1])
    found, other = landmarks(image), landmarks(mirrored)
    middle = found.picture.shape[1] - 1
    across = other.points * [-1, 1] + [middle, 0]
    apart = np.linalg.norm(found.points[:, None] - across[None], axis=2)
    met = apart.min(axis=1) < 0.05
    assert met.mean() > 0.7
    differences = found.descriptors[met].astype(int) - other.descriptors[apart[met].argmin(axis=1)]
    assert np.median(np.abs(differences).max(axis=1)) <= 3


def test_landmarks_keep_away_from_black_corners(smears):
    turned = copy(smears[0], degrees=20)
    found = landmarks(turned)
    near = cv2.erode((turned.max(axis=2) > 0).astype(np.uint8), np.ones((5, 5)))
    x, y = np.rint(2 * found.points + 0.5).astype(int).T
    assert near[np.clip(y, 0, None), np.clip(x, 0, None)].all()


@pytest.mark.parametrize(
    "change",
    [
        {"degrees": 20.0},
        {"degrees": -90.0},
        {"flips": (-1, 1)},
        {"flips": (1, -1), "degrees": 15.0},
        {"shear": 0.2},
        {"shift": (0.1, -0.1)},
        {"gain": 0.7},
        {"size": 320},
        {"degrees": -12.0, "shear": -0.15, "shift": (-0.1, 0.05), "flips": (-1, 1), "gain": 0.9},
    ],
    ids=str,
)
def test_a_copy_shows_the_same_photograph(smears, change):
    original = landmarks(copy(smears[1]))
    assert compare(original, landmarks(copy(smears[1], **change))) is Likeness.PHOTOGRAPH


@settings(max_examples=25)
@given(
    st.floats(-20, 20),
    st.floats(-0.2, 0.2),
    st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)),
    st.sampled_from([(1, 1), (-1, 1), (1, -1), (-1, -1)]),
    st.floats(0.6, 1.0),
)
def test_a_copy_is_known_whatever_was_done_to_it(smears, degrees, shear, shift, flips, gain):
    changed = copy(smears[2], degrees=degrees, shear=shear, shift=shift, flips=flips, gain=gain)
    assert compare(landmarks(changed), landmarks(copy(smears[2]))) >= Likeness.CELLS


def test_different_smears_have_nothing_in_common(smears):
    found = [landmarks(image) for image in smears]
    pairs = [(i, j) for i in range(len(found)) for j in range(i)]
    assert {compare(found[i], found[j]) for i, j in pairs} == {Likeness.NOTHING}


def test_another_photograph_of_the_same_cells_is_told_by_its_light(smears):
    again = copy(other_photograph(smears[3]), shift=(0.1, 0.05))
    assert compare(landmarks(copy(smears[3])), landmarks(again)) is Likeness.CELLS


@pytest.mark.parametrize("level", [0, 200])
@pytest.mark.parametrize("size", [1, 2, 90])
def test_a_flat_picture_has_nothing_in_common_with_itself(level, size):
    flat = landmarks(np.full((size, size, 3), level, dtype=np.uint8))
    assert len(flat.points) == 0
    assert compare(flat, flat) is Likeness.NOTHING


@pytest.mark.parametrize(
    "image", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)]
)
def test_an_image_of_another_type_or_shape_is_an_error(image):
    with pytest.raises(
        InputError, match=r"received .* of shape .*\(height, width, 3\) is expected"
    ):
        landmarks(image)


# sources


def test_copies_are_grouped_and_named_by_the_first_id(smears):
    images = [
        copy(smears[0], degrees=10),
        copy(smears[1]),
        copy(smears[0], flips=(-1, 1)),
        copy(smears[2]),
        copy(smears[1], shear=0.2, gain=0.8),
    ]
    photographs, cells = grouped(images, ["e", "d", "c", "b", "a"])
    assert photographs == cells == ["c", "a", "c", "b", "a"]


def test_photographs_of_the_same_cells_are_one_group_of_cells_alone(smears):
    images = [copy(smears[4]), copy(other_photograph(smears[4])), copy(smears[5])]
    assert grouped(images) == (["00", "01", "02"], ["00", "00", "02"])


def test_many_copies_of_its_own_do_not_hide_the_other_photograph(smears):
    pair = smears[4], other_photograph(smears[4])
    images = [copy(one, degrees=turn) for one in pair for turn in range(-14, 15, 2)]
    photographs, cells = grouped(images)
    assert photographs == ["00"] * 15 + ["15"] * 15
    assert set(cells) == {"00"}


@given(st.permutations(range(6)))
@settings(max_examples=5)
def test_the_order_of_the_images_does_not_matter(smears, order):
    images = [copy(smears[k // 2], degrees=7.0 * k) for k in range(6)]
    ids = [f"image {k}" for k in range(6)]
    expected, _ = grouped(images, ids)
    found, _ = grouped([images[k] for k in order], [ids[k] for k in order])
    assert found == [expected[k] for k in order]


def test_identical_files_are_one_source_and_are_read_once():
    pictures = {"x": np.zeros((4, 4, 3), np.uint8), "y": np.full((4, 4, 3), 9, np.uint8)}
    checksums = ["x", "y", "x", "x"]
    asked = []

    def read(position: int) -> np.ndarray:
        asked.append(position)
        return pictures[checksums[position]]

    found = find_sources(["d", "c", "b", "a"], checksums, read)
    assert found.photographs.tolist() == found.cells.tolist() == ["a", "c", "a", "a"]
    assert sorted(asked) == [0, 1]


def test_no_images_have_no_sources():
    found = find_sources([], [], lambda position: np.zeros((1, 1, 3), np.uint8))
    assert found.photographs.shape == found.cells.shape == (0,)


def test_one_image_is_its_own_source(smears):
    assert grouped(smears[:1], ["only"]) == (["only"], ["only"])


def test_progress_never_goes_back_and_ends_at_the_whole(smears):
    steps: list[tuple[int, int]] = []
    grouped(smears, progress=lambda done, total: steps.append((done, total)))
    done = [step for step, _ in steps]
    assert done == sorted(done)
    assert steps[-1] == (12, 12)
    assert {total for _, total in steps} == {12}


def test_an_image_that_cannot_be_read_says_so_itself():
    def read(position: int) -> np.ndarray:
        raise FileNotFoundError("gone.png")

    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        find_sources(["a"], ["x"], read)


def test_the_callers_pictures_are_not_changed(smears):
    images = [copy(image) for image in smears[:2]]
    before = [image.copy() for image in images]
    grouped(images)
    assert all(np.array_equal(*pair) for pair in zip(images, before, strict=True))


def test_photographs_that_a_public_set_holds_twice_are_found(real):
    folder = real("kaggle-blood-cells") / "images" / "TEST_SIMPLE" / "EOSINOPHIL"
    paths = sorted(folder.glob("*.jpeg"))
    images = [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]
    photographs, _ = grouped(images, [path.stem for path in paths])
    twice = {(name, path.stem) for name, path in zip(photographs, paths, strict=True)}
    assert {pair for pair in twice if pair[0] != pair[1]} == {
        ("_0_5239", "_4_8814"),
        ("_1_5031", "_6_7701"),
    }
