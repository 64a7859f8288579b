"""What is said of some cells, for the tests of what shows it."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid_wbc.evaluation.differential import differential
from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell


def a_cell(image: str, answer: str, number: int = 1, **changes: object) -> PredictedCell:
    """Give one cell of a smear."""
    cell = {
        "image": image,
        "number": number,
        "taken_for": "smear",
        "box": (10 * number, 20, 10 * number + 30, 60),
        "cut_off": False,
        "answer": answer,
        "said": {"knn": answer, "vote": answer},
        "probability": 0.62,
        "set": [answer],
        "distance": 1.5,
        "strangeness": 0.75,
        "unlike": False,
        "features": [0.25, -1.0],
    }
    return cell | changes  # type: ignore[return-value]


def a_prediction(classes: Sequence[str], file: str = "{}.png") -> Predicted:
    """Give one cell of each class, each in a smear of its own; the first two are doubtful."""
    cells = [a_cell(file.format(n), name) for n, name in enumerate(classes)]
    cells[0] |= {"cut_off": True, "set": list(classes)}
    cells[1] |= {
        "strangeness": 1.25,
        "unlike": True,
        "set": [],
        "said": {"knn": classes[0], "vote": classes[1]},
    }
    slide = differential(
        "slides/7", [c["answer"] for c in cells[2:]], labels=classes, unknown=1, cut_off=1
    )
    return {
        "model": "artifacts/00000-x",
        "synthetic": False,
        "classes": list(classes),
        "features": ["feature_1", "feature_2"],
        "answered_by": "vote",
        "level": 0.9,
        "coverage": None,
        "too_few": [],
        "pictures": [
            {
                "image": cell["image"],
                "taken_for": "smear",
                "guessed": False,
                "width": 100,
                "height": 80,
                "cells": 1,
            }
            for cell in cells
        ],
        "cells": cells,
        "smears": [slide],
        "slides": [slide],
        "skipped": [],
        "warnings": [],
    }
