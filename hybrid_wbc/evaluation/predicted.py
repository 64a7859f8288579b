"""What is said of the cells of new pictures, as it is shown, written and drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from typing_extensions import TypedDict

from hybrid_wbc.evaluation.conformal import Coverage, TooFew
from hybrid_wbc.evaluation.differential import Differential
from hybrid_wbc.files import absolute


class SeenPicture(TypedDict):
    """One picture: what it was taken for, whether that was guessed, its size and cells."""

    image: str
    taken_for: Literal["cell", "smear"]
    guessed: bool
    width: int
    height: int
    cells: int


class PredictedCell(TypedDict):
    """What is said of one cell.

    `number` counts the cells of a picture from 1, from left to right; `box` is left, top, right and
    bottom in pixels, None where the whole picture is the cell. `said` has each classifier's class,
    and `answer` that of the one that is counted. `probability` is that of the answer. `set` has the
    classes of the prediction set. `distance` is to the nearest training cell, between standardised
    features. `strangeness` is how strange the cell is to the model, as a share of the limit for
    cells that are called the same; above 1 it is `unlike` anything seen. None stands for what the
    model does not know.
    """

    image: str
    number: int
    taken_for: Literal["cell", "smear"]
    box: tuple[int, int, int, int] | None
    cut_off: bool
    answer: str
    said: dict[str, str]
    probability: float | None
    set: list[str] | None
    distance: float | None
    strangeness: float | None
    unlike: bool | None
    features: list[float | None]


class Predicted(TypedDict):
    """What a model says of pictures.

    `features` names each of a cell's; a hand-made one that could not be measured is None.
    `answered_by` is the classifier that the answer, its probability and its set are of. `coverage`
    is how often such sets held the true class of held-out cells. `skipped` has the files that could
    not be read, each with the reason. `smears` are the differentials of each smear, `slides` those
    of each folder, whose pictures are taken for the fields of one slide.
    """

    model: str
    synthetic: bool
    classes: list[str]
    features: list[str]
    answered_by: str
    level: float
    coverage: Coverage | None
    too_few: list[TooFew]
    pictures: list[SeenPicture]
    cells: list[PredictedCell]
    smears: list[Differential]
    slides: list[Differential]
    skipped: list[str]
    warnings: list[str]


def shortest_names(paths: Iterable[str]) -> dict[str, str]:
    """Name files or folders by as few of their last parts as tell them apart.

    Parameters
    ----------
    paths : iterable of str

    Returns
    -------
    dict of str to str
        The name of each path; where two lead to the same place, their names are alike.

    Examples
    --------
    >>> shortest_names(["a/fields", "b/fields", "c"])
    {'a/fields': 'a/fields', 'b/fields': 'b/fields', 'c': 'c'}
    """
    # A file of the folder that one stands in lies in ".", which has a name of its own.
    parts = {path: absolute(Path(path)).parts for path in dict.fromkeys(paths)}
    names = {}
    left, depth = dict(parts), 1
    while left:
        taken = Counter(of[-depth:] for of in set(parts.values()))
        named = [path for path, of in left.items() if taken[of[-depth:]] == 1 or depth > len(of)]
        for path in named:
            names[path] = str(Path(*left.pop(path)[-depth:]))
        depth += 1
    return {path: names[path] for path in parts}


def short_names(cells: Sequence[PredictedCell]) -> list[str]:
    """Name each cell by its file, by the folder too where files share a name, and its number.

    Parameters
    ----------
    cells : sequence of PredictedCell

    Returns
    -------
    list of str
        In the cells' order; a picture of a single cell has no number.
    """
    names = shortest_names(cell["image"] for cell in cells)
    return [
        f"{names[cell['image']]} {cell['number']}" if cell["box"] else names[cell["image"]]
        for cell in cells
    ]
