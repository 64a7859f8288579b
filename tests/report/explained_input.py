"""An explanation of two pictures, for the tests of words, figure, page and table."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.evaluation.explained import (
    ExplainedPicture,
    Explanation,
    Mapped,
    Said,
    TrainingCell,
    Unit,
)

RISING = np.arange(16.0).reshape(4, 4) - 8


def an_explanation(
    classes: tuple[str, ...] = ("basophil", "monocyte"), *, pictures: bool = True
) -> Explanation:
    """One map of each picture agrees, one disagrees, and one is flat."""
    one, other = classes[:2]
    generator = np.random.default_rng(0)
    cells = [TrainingCell(f"train/{one}/{n}.png", one, 0.25 * n) for n in range(5)]
    maps = [
        Mapped(one, "named", 2.5, RISING, 2 * RISING),
        Mapped(other, "runner-up", -1.0, RISING, -RISING),
        Mapped("feature 1", "unit", 0.5, RISING, np.zeros((4, 4))),
    ]
    said = [Said("KNN", one, 0.9, other, 0.1), Said("CNN softmax", one, 0.8, other, 0.2)]
    explained = [
        ExplainedPicture(
            name,
            generator.integers(0, 256, (32, 32, 3)).astype(np.uint8),
            [*said, Said("linear SVM", other)],
            maps,
            cells,
        )
        for name in ("new/cell <1>.png", "new/cell-2.png")
    ]
    picture = np.full((32, 32, 3), 90, np.uint8)
    return Explanation(
        run="00000-drawn",
        synthetic=True,
        layer="block4_relu",
        patch=8,
        units=[Unit("feature 1", strongest=cells, weakest=cells[::-1])],
        pictures=explained,
        training={cell.id: picture for cell in cells} if pictures else {},
        notes=["the maps are of the picture as it is, untouched"],
        skipped=["new/notes.png: not an image"],
    )
