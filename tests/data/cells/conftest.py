"""What the tests of finding and locating cells share: drawn pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

GLASS, RED, CYTOPLASM, NUCLEUS = (205, 210, 200), (190, 140, 130), (195, 165, 205), (90, 45, 170)


def draw_smear(
    *cells: tuple[int, int, int], red: tuple = ((40, 40, 12), (160, 130, 12)), shape=(180, 240)
) -> np.ndarray:
    """Draw red cells and white cells, each by its column, row and radius, on noisy glass."""
    noise = np.random.default_rng(0).normal(0, 3, (*shape, 3))
    picture = np.full((*shape, 3), GLASS, dtype=float)
    rows, columns = np.indices(shape)

    def paint(column: int, row: int, radius: float, colour: tuple[int, int, int]) -> None:
        picture[(columns - column) ** 2 + (rows - row) ** 2 <= radius**2] = colour

    for column, row, radius in red:
        paint(column, row, radius, RED)
    for column, row, radius in cells:
        paint(column, row, radius, CYTOPLASM)
        paint(column, row, 0.65 * radius, NUCLEUS)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def smear() -> Callable[..., np.ndarray]:
    return draw_smear


@pytest.fixture(scope="session")
def without_white_cells() -> dict[str, np.ndarray]:
    return {
        "red cells alone": draw_smear(),
        "glass alone": np.full((60, 80, 3), 200, np.uint8),
        "black": np.zeros((60, 80, 3), np.uint8),
        "one pixel": np.full((1, 1, 3), 7, np.uint8),
    }
