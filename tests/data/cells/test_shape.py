"""What a ruler gives of drawn cells of known shape, and that turning a cell changes nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_wbc.data.cells.finding import FoundCell
from hybrid_wbc.data.cells.shape import FEATURES, NAMES, lobes, measure, measure_masks

GLASS = (235, 240, 230)
CYTOPLASM = (195, 165, 205)
NUCLEUS = (90, 45, 170)
SIDE = 120


def discs(*parts: tuple[float, float, float], side: int = SIDE) -> np.ndarray:
    """Give the union of discs by column, row and radius."""
    rows, columns = np.indices((side, side))
    return np.any([np.hypot(columns - c, rows - r) <= radius for c, r, radius in parts], axis=0)


def painted(cell: np.ndarray, nucleus: np.ndarray) -> np.ndarray:
    image = np.full((*cell.shape, 3), GLASS, dtype=np.uint8)
    image[cell], image[nucleus] = CYTOPLASM, NUCLEUS
    return image


def measured(
    cell: np.ndarray, nucleus: np.ndarray, image: np.ndarray | None = None
) -> dict[str, float]:
    height, width = cell.shape
    found = FoundCell((0, 0, width, height), nucleus, cell, touches_frame=False)
    picture = painted(cell, nucleus) if image is None else image
    numbers = measure_masks(picture, found, cell.size)
    return dict(zip(NAMES, numbers.tolist(), strict=True))


CELL, ROUND = discs((60, 60, 40)), discs((60, 60, 20))


def test_a_round_cell_with_a_round_nucleus_in_its_middle():
    numbers = measured(CELL, ROUND)
    assert numbers["cell area"] == pytest.approx(100 * math.pi * 40**2 / SIDE**2, rel=0.01)
    assert numbers["nucleus area"] == pytest.approx(100 * math.pi * 20**2 / SIDE**2, rel=0.02)
    assert numbers["nucleus to cell ratio"] == pytest.approx(0.25, abs=0.005)
    for part in ("cell", "nucleus"):
        assert numbers[f"{part} roundness"] == pytest.approx(1, abs=0.03)
        assert numbers[f"{part} elongation"] == pytest.approx(1, abs=0.02)
    assert numbers["nucleus lobes"] == 1
    assert numbers["nucleus convexity"] == pytest.approx(1, abs=0.03)
    assert numbers["nucleus off centre"] == pytest.approx(0, abs=0.01)
    assert numbers["nucleus texture"] < 0.01
    assert numbers["cytoplasm texture"] < 0.01


def test_densities_and_hues_are_those_of_the_stains_above_the_glass():
    numbers = measured(CELL, ROUND)
    for part, colour in (("nucleus", NUCLEUS), ("cytoplasm", CYTOPLASM)):
        red, green, blue = (math.log((g + 1) / (c + 1)) for g, c in zip(GLASS, colour, strict=True))
        mean = (red + green + blue) / 3
        assert numbers[f"{part} density"] == pytest.approx(mean, abs=0.01)
        hue = math.degrees(math.atan2((green - blue) / math.sqrt(3), red - mean))
        assert numbers[f"{part} hue"] == pytest.approx(hue, abs=1)
    assert numbers["nucleus density"] > numbers["cytoplasm density"] > 0


def test_half_the_light_is_no_other_stain():
    image = painted(CELL, ROUND)
    numbers, darker = measured(CELL, ROUND), measured(CELL, ROUND, image // 2)
    for name in NAMES[-6:]:
        assert darker[name] == pytest.approx(numbers[name], rel=0.03, abs=0.01)


@pytest.mark.parametrize(
    ("nucleus", "count"),
    [
        (discs((60, 60, 22)), 1),
        (discs((48, 60, 14), (74, 60, 14)), 2),  # they touch at a neck
        (discs((40, 60, 10), (80, 60, 10)), 2),  # apart
        (discs((45, 50, 11), (66, 50, 11), (60, 72, 11)), 3),
        (discs((60, 60, 26)) & ~discs((70, 60, 18)), 1),  # a band, bent round
        (discs((60, 60, 20), (85, 85, 2)), 1),  # with a speck
        (np.zeros((SIDE, SIDE), bool), 0),
    ],
)
def test_lobes_are_counted_where_bridges_are_narrow(nucleus, count):
    assert lobes(nucleus) == count


def test_a_bent_nucleus_is_less_convex_and_a_long_one_longer():
    bent = measured(CELL, discs((60, 60, 26)) & ~discs((70, 60, 18)))
    assert bent["nucleus convexity"] < 0.85
    assert bent["nucleus roundness"] < 0.6
    rows, columns = np.indices((SIDE, SIDE))
    ellipse = ((columns - 60) / 30) ** 2 + ((rows - 60) / 15) ** 2 <= 1
    assert measured(CELL, ellipse)["nucleus elongation"] == pytest.approx(2, rel=0.03)


def test_an_eccentric_nucleus_is_off_centre_by_shares_of_the_cell():
    assert measured(CELL, discs((72, 60, 20)))["nucleus off centre"] == pytest.approx(
        0.15, abs=0.01
    )


def test_granules_are_texture_of_the_cytoplasm_and_not_of_the_nucleus():
    image = painted(CELL, ROUND)
    grains = np.random.default_rng(0).random((SIDE // 3, SIDE // 3)) < 0.3
    grainy = np.kron(grains, np.ones((3, 3), bool)) & CELL & ~ROUND
    image[grainy] = (150, 90, 120)
    numbers, plain = measured(CELL, ROUND, image), measured(CELL, ROUND)
    assert numbers["cytoplasm texture"] > 0.2
    assert numbers["nucleus texture"] == pytest.approx(plain["nucleus texture"], abs=0.01)


def test_what_there_is_none_of_is_no_number():
    bare = measured(ROUND, ROUND)
    lost = {name for name, value in bare.items() if math.isnan(value)}
    assert lost == {"cytoplasm density", "cytoplasm hue", "cytoplasm texture"}
    empty = measure(np.full((60, 60, 3), GLASS, np.uint8), (30, 30), 3600)
    assert empty.shape == (len(FEATURES),)
    assert np.isnan(empty).all()


@settings(max_examples=25)
@given(
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    parts=st.lists(
        st.tuples(st.integers(48, 72), st.integers(48, 72), st.integers(6, 18)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_turned_or_mirrored_cell_has_the_same_numbers(turns, mirrored, parts):
    nucleus = discs(*parts)
    grain = np.random.default_rng(1).integers(0, 20, (SIDE, SIDE, 1), np.uint8)
    image = painted(CELL, nucleus) - grain

    def turned(picture: np.ndarray) -> np.ndarray:
        flipped = picture[:, ::-1] if mirrored else picture
        return np.ascontiguousarray(np.rot90(flipped, turns))

    before = measured(CELL, nucleus, image)
    after = measured(turned(CELL), turned(nucleus), turned(image))
    assert after == pytest.approx(before, rel=0.03, abs=0.02, nan_ok=True)


@settings(max_examples=15)
@given(degrees=st.floats(0, 360))
def test_a_nucleus_turned_by_any_angle_keeps_its_shape(degrees):
    across, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    nucleus = discs((60 + 13 * across, 60 + 13 * down, 14), (60 - 13 * across, 60 - 13 * down, 14))
    numbers = measured(CELL, nucleus)
    assert numbers["nucleus lobes"] == 2
    # What two discs of radius 14 have, 26 apart, by geometry.
    assert numbers["nucleus convexity"] == pytest.approx(0.907, abs=0.03)
    # Pixels fill the notches between the discs more at some angles: 0.62 to 0.723 over all of them.
    assert numbers["nucleus roundness"] == pytest.approx(0.640, abs=0.09)
    assert numbers["nucleus elongation"] == pytest.approx(2.11, abs=0.05)


@pytest.mark.parametrize("times", [2, 4])
def test_a_photograph_of_more_pixels_gives_the_same_numbers(times):
    image = painted(CELL, discs((48, 60, 14), (74, 60, 14)))
    larger = np.kron(image, np.ones((times, times, 1), np.uint8))
    small = measure(image, (60, 60), image.shape[0] * image.shape[1])
    large = measure(larger, (60 * times, 60 * times), larger.shape[0] * larger.shape[1])
    assert np.isfinite(small).all()
    for name, one, other in zip(NAMES, small, large, strict=True):
        if "texture" not in name:  # an enlarged edge is no finer than it was
            assert other == pytest.approx(one, rel=0.1, abs=0.03), name
