"""Count what was said of cells: each smear, and each folder as the fields of one slide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hybrid_wbc.evaluation.differential import (
    BESIDE,
    FEWEST_SOURCES,
    Differential,
    Errors,
    differential,
    in_order,
)
from hybrid_wbc.evaluation.familiarity import Familiarity
from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell, shortest_names
from hybrid_wbc.files import write_table
from hybrid_wbc.studies.model import Model

UNKNOWN, CUT_OFF = "unlike anything seen", "cut off by the frame"
# Of a smear with fewer cells the limits that hold the errors tell nothing.
_ENOUGH_OF_SMEAR = 20


ByPicture = Mapping[Path, Sequence[PredictedCell]]


def by_picture(pictures: Sequence[Path], cells: Sequence[PredictedCell]) -> ByPicture:
    """Put the cells to their pictures, some of which may have none."""
    found: dict[Path, list[PredictedCell]] = {path: [] for path in pictures}
    for cell in cells:
        found[Path(cell["image"])].append(cell)
    return found


def count_smears(seen: ByPicture, model: Model, errors: Errors | None) -> list[Differential]:
    """Count each smear by itself; pictures of single cells are none."""
    counted = []
    for path, cells in seen.items():
        if cells and cells[0]["box"] is None:
            continue
        enough = len(cells) >= _ENOUGH_OF_SMEAR
        counted.append(_count(str(path), [cells], model, errors if enough else None))
    return counted


def count_slides(seen: ByPicture, model: Model, errors: Errors | None) -> list[Differential]:
    """Count the pictures of each folder together."""
    folders: dict[Path, list[Sequence[PredictedCell]]] = defaultdict(list)
    for path, cells in seen.items():
        folders[path.parent].append(cells)
    return [_count(str(path), cells, model, errors) for path, cells in folders.items()]


def errors_of(model: Model) -> Errors | None:
    """Learn from a model's held-out cells how it mistakes those that it would count.

    Returns
    -------
    Errors or None
        None where a class of white cells has fewer than `differential.FEWEST_SOURCES`.
    """
    held_out = model.held_out
    if held_out is None:
        return None
    counted = np.ones(len(held_out.y), dtype=bool)
    if model.trained is not None and len(model.trained):
        known = Familiarity.of(
            model.trained, held_out.X, held_out.said, len(model.classes), held_out.outside
        )
        counted = known.strangeness(held_out.X, held_out.said, held_out.outside) <= 1
    classes = np.array(model.classes)
    for position, label in enumerate(model.classes):
        of_class = held_out.sources[counted & (held_out.y == position)]
        if label not in BESIDE and len(set(of_class.tolist())) < FEWEST_SOURCES:
            return None
    return Errors.of(
        classes[held_out.y[counted]],
        classes[held_out.said[counted]],
        held_out.sources[counted],
        labels=model.classes,
        seed=model.seed,
    )


def write_counts(path: Path, predicted: Predicted) -> int:
    """Write a row for each slide and a column for each class, as `hybrid-wbc agree` reads them.

    Returns
    -------
    int
        How many slides.
    """
    columns, rows = counts_table(predicted)
    write_table(path, columns, rows)
    return len(rows)


def counts_table(predicted: Predicted) -> tuple[list[str], list[list[str | int]]]:
    """Give that table's columns and rows."""
    classes = in_order(label for label in predicted["classes"] if label not in BESIDE)
    beside = [label for label in BESIDE if label in predicted["classes"]]
    columns = ["slide", *classes, *beside, UNKNOWN, CUT_OFF]
    names = shortest_names(slide["name"] for slide in predicted["slides"])
    rows: list[list[str | int]] = [
        [
            names[slide["name"]],
            *(line["count"] for line in slide["lines"]),
            *slide["beside"].values(),
            slide["unknown"],
            slide["cut_off"],
        ]
        for slide in predicted["slides"]
    ]
    return columns, rows


def _count(
    name: str,
    pictures: Sequence[Sequence[PredictedCell]],
    model: Model,
    errors: Errors | None,
) -> Differential:
    cells = [cell for of_picture in pictures for cell in of_picture]
    whole = [cell for cell in cells if not cell["cut_off"]]
    return differential(
        name,
        [cell["answer"] for cell in whole if not cell["unlike"]],
        labels=model.classes,
        smears=len(pictures),
        unknown=sum(bool(cell["unlike"]) for cell in whole),
        cut_off=len(cells) - len(whole),
        errors=errors,
        seed=model.seed,
    )
