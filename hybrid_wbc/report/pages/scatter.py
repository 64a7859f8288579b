"""Owns what the interactive scatter shows: which cells, in which look, and their pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from PIL import Image
from typing_extensions import TypedDict

from hybrid_wbc.data.arrays import resize
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.report.figures.style import class_styles

SIDE_TITLES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}

# Pictures get larger where there are fewer of them, so that the page stays small. Sides are
# multiples of 16, the side of WebP's macroblocks: no two cells then share a block.
_TILE_SIDES = (96, 80, 64, 48)
_MOST_SHEET_PIXELS = 1000 * 48 * 48
_WEBP_QUALITY = 75

_SVG_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}

Positions = npt.NDArray[np.intp]


class ClassLook(TypedDict):
    """A class, its colour, and the SVG outline of its marker."""

    name: str
    colour: str
    path: str


class Side(TypedDict):
    """One side, and how many of all its cells are shown."""

    key: str
    title: str
    shown: int
    all: int


class Answers(TypedDict):
    """What one classifier said of each cell, as positions in the classes."""

    key: str
    title: str
    said: list[int]


class Tiles(TypedDict):
    """How the pictures lie on their sheet: the side of one in pixels, and how many in a row."""

    tile: int
    columns: int


class ScatterCells(TypedDict):
    """What `scatter.html.j2` and `scatter.js` read.

    One entry a cell have `ids`, `label`, `side`, each of the d lists of `x` and what each of the
    `answers` said; labels and sides are positions. `limits` holds the ends of each feature's axis;
    `sprite` is None without pictures.
    """

    classes: list[ClassLook]
    features: list[str]
    sides: list[Side]
    answers: list[Answers]
    ids: list[str]
    limits: list[list[float]]
    x: list[list[float]]
    label: list[int]
    side: list[int]
    sprite: Tiles | None


def scatter_cells(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    split: npt.NDArray[np.str_] | Sequence[str],
    ids: npt.NDArray[np.str_] | Sequence[str],
    classes: npt.NDArray[np.str_] | Sequence[str],
    predictions: Mapping[str, npt.NDArray[np.str_] | Sequence[str]],
    images: npt.NDArray[np.uint8] | None,
    *,
    titles: Mapping[str, str],
    most: int = 1000,
) -> tuple[ScatterCells, bytes | None]:
    """Choose the cells of one repeat that the interactive scatter shows, and gather their facts.

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
        Embeddings, d at least 2.
    y : ndarray of int, shape (n,)
        Class of each cell, as a position in `classes`.
    split : sequence of n str
        Side of each cell: "train", "validation" or "test".
    ids : sequence of n str
        Name of each cell.
    classes : sequence of str
        Class names; colours and markers are those of the run's other figures.
    predictions : mapping of str to sequence of n str
        The class that each classifier gave to each cell, by the classifier's key.
    images : ndarray of uint8, shape (n, s, s, 3), or None
        RGB pictures of the cells, where there are any.
    titles : mapping of str to str
        Each classifier's name for people, by its key.
    most : int
        Cells of one side to choose at most: first those that a classifier mistook, then the
        same number from every class, as far as a class has them.

    Returns
    -------
    cells : ScatterCells
        Ready for JSON.
    sprite : bytes or None
        One WebP sheet of the pictures in the order of the cells, row by row.

    Raises
    ------
    InputError
        If the columns differ in length, a class or side is unknown, or a number is not finite.
    """
    names = [str(name) for name in classes]
    _check(X, y, split, ids, names, predictions, images, titles)
    place = {name: position for position, name in enumerate(names)}
    said = {
        key: np.array([place[str(answer)] for answer in answers], dtype=np.intp)
        for key, answers in predictions.items()
    }
    mistaken = np.any([answers != y for answers in said.values()], axis=0)
    members = {side: np.flatnonzero(np.asarray(split) == side) for side in SIDE_TITLES}
    members = {side: positions for side, positions in members.items() if len(positions)}
    chosen = [_choose(positions, y, mistaken, most) for positions in members.values()]
    order = np.concatenate(chosen)
    sprite, geometry = (None, None) if images is None else _sprite_sheet(images, order)
    cells: ScatterCells = {
        "classes": [
            {"name": name, "colour": style.colour, "path": _svg_path(style.marker)}
            for name, style in zip(names, class_styles(len(names)), strict=True)
        ],
        "features": [f"feature {column + 1}" for column in range(X.shape[1])],
        "sides": [
            {"key": side, "title": SIDE_TITLES[side], "shown": len(shown), "all": len(all_of_side)}
            for (side, all_of_side), shown in zip(members.items(), chosen, strict=True)
        ],
        "answers": [
            {"key": key, "title": titles[key], "said": answers[order].tolist()}
            for key, answers in said.items()
        ],
        "ids": [str(ids[position]) for position in order],
        "limits": _limits(X),
        "x": [[float(f"{value:.4g}") for value in column] for column in X[order].T],
        "label": y[order].tolist(),
        "side": [place for place, shown in enumerate(chosen) for _ in shown],
        "sprite": geometry,
    }
    return cells, sprite


def _check(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    split: Sequence[str] | npt.NDArray[np.str_],
    ids: Sequence[str] | npt.NDArray[np.str_],
    classes: Sequence[str],
    predictions: Mapping[str, Sequence[str] | npt.NDArray[np.str_]],
    images: npt.NDArray[np.uint8] | None,
    titles: Mapping[str, str],
) -> None:
    answers = {f"answers of {titles[key]}": said for key, said in predictions.items()}
    pictures = {} if images is None else {"pictures": images}
    for name, column in {"labels": y, "sides": split, "ids": ids, **answers, **pictures}.items():
        if len(column) != len(X):
            raise InputError(
                f"scatter: received {len(column):,} {name} for {len(X):,} cells; "
                "take all of them from one repeat of one run"
            )
    named: list[tuple[str, Sequence[str] | npt.NDArray[np.str_], Sequence[str]]]
    named = [("sides", split, list(SIDE_TITLES))]
    named += [(name, said, classes) for name, said in answers.items()]
    for name, column, allowed in named:
        strange = sorted({str(entry) for entry in column} - set(allowed))
        if strange:
            raise InputError(
                f"scatter: received '{strange[0]}' among the {name}, "
                f"choose from {', '.join(allowed)}"
            )
    broken = np.flatnonzero(~np.isfinite(X).all(axis=1))
    if len(broken):
        raise InputError(
            f"scatter: {len(broken):,} cells have features that are not finite numbers, the first "
            f"is {ids[broken[0]]}; train and extract again"
        )


def _choose(
    members: Positions, y: npt.NDArray[np.integer[Any]], mistaken: npt.NDArray[np.bool_], most: int
) -> Positions:
    wrong = _even_choice(members[mistaken[members]], y, most)
    right = _even_choice(members[~mistaken[members]], y, most - len(wrong))
    return np.sort(np.concatenate([wrong, right]))


def _even_choice(members: Positions, y: npt.NDArray[np.integer[Any]], most: int) -> Positions:
    """Choose as many from every class, so that rare ones are seen, evenly spaced within it."""
    labels, counts = np.unique(y[members], return_counts=True)
    share = max(share for share in range(most + 1) if np.minimum(counts, share).sum() <= most)
    picked = [members[:0]]
    for label, count in zip(labels, counts, strict=True):
        of_class = members[y[members] == label]
        picked.append(of_class[np.linspace(0, count - 1, min(count, share)).astype(np.intp)])
    return np.concatenate(picked)


def _limits(X: npt.NDArray[np.floating[Any]]) -> list[list[float]]:
    """Give the ends of each feature's axis, wide enough for its values as they are rounded."""
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    largest = np.maximum(np.abs(low), np.abs(high))
    margin = np.maximum(0.05 * (high - low), 0.01 * largest)
    margin[margin == 0] = 0.5
    return np.stack([low - margin, high + margin], axis=1).tolist()


def _svg_path(marker: str) -> str:
    """Give a marker's outline as matplotlib draws it, y downwards, about one unit wide."""
    style = MarkerStyle(marker)
    outline = style.get_path().transformed(style.get_transform() + Affine2D().scale(1, -1))
    return "".join(
        _SVG_COMMANDS[code] + " ".join(f"{value:.3f}" for value in vertices)
        if code in _SVG_COMMANDS
        else "Z"
        for vertices, code in outline.iter_segments()
    )


def _sprite_sheet(images: npt.NDArray[np.uint8], order: Positions) -> tuple[bytes, Tiles]:
    tile = next(
        (side for side in _TILE_SIDES if len(order) * side**2 <= _MOST_SHEET_PIXELS),
        _TILE_SIDES[-1],
    )
    columns = math.isqrt(len(order) - 1) + 1
    rows = -(-len(order) // columns)
    sheet = np.zeros((rows * tile, columns * tile, 3), dtype=np.uint8)
    for number, position in enumerate(order):
        top, left = (tile * step for step in divmod(number, columns))
        sheet[top : top + tile, left : left + tile] = resize(images[position], tile)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "WEBP", quality=_WEBP_QUALITY)
    return file.getvalue(), {"tile": tile, "columns": columns}
