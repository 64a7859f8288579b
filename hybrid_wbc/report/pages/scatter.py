"""Owns what the explorer shows: which cells, along which axes, in which look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from typing_extensions import TypedDict

from hybrid_wbc.classical.embeddings import numbered
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.report.figures.style import class_styles
from hybrid_wbc.report.pages.choosing import choose_cells
from hybrid_wbc.report.pages.columns import ColumnColours, column_colours
from hybrid_wbc.report.pages.packing import Packed, pack
from hybrid_wbc.report.pages.projections import projections
from hybrid_wbc.report.pages.tiles import Tiles, sprite_sheet

SIDE_TITLES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}

FEATURES = "features"

_SVG_COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


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
    said: Packed


class Axis(TypedDict):
    """What cells can be drawn along: its name, its group, its share of the group's variance.

    `group` is "features", "PCA" or "LDA"; `share` is None for a feature; `limits` are its ends.
    """

    title: str
    group: str
    share: float | None
    limits: list[float]


class Sources(TypedDict):
    """The photograph, slide or patient of each cell, as positions in the names, largest first."""

    names: list[str]
    of: Packed


class ScatterCells(TypedDict):
    """What `scatter.html.j2` and the scripts of the explorer read.

    One entry a cell have `ids`, `label`, `side`, the sources, what each of the `answers` said, each
    of the `columns` of a user's table, and each row of `x`, which has a row for each of the `axes`,
    the features first. Labels and sides are positions. `deviations` are those of the features on
    the training side, by which nearness is measured. `sources` is None where every cell is its own;
    `sprite` is None without pictures.
    """

    classes: list[ClassLook]
    axes: list[Axis]
    sides: list[Side]
    answers: list[Answers]
    columns: list[ColumnColours]
    ids: list[str]
    sources: Sources | None
    x: Packed
    deviations: list[float]
    label: Packed
    side: Packed
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
    sources: npt.NDArray[np.str_] | Sequence[str],
    columns: Mapping[str, Sequence[str]] = MappingProxyType({}),
    features: Sequence[str] | None = None,
    most: int = 20_000,
) -> tuple[ScatterCells, bytes | None]:
    """Choose the cells of one repeat that the explorer shows, and gather their facts.

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
    sources : sequence of n str
        Photograph, slide or patient of each cell.
    columns : mapping of str to sequence of n str
        By its title what else cells can be coloured by, "" where nothing is said of a cell.
    features : sequence of d str, optional
        Name of each column of X; by default they are numbered.
    most : int
        Cells to choose at most, as many from every side, as far as a side has them: of each first
        those that a classifier mistook, then the same number from every class.

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
    _check(X, y, split, ids, names, predictions, images, titles, sources, columns)
    place = {name: position for position, name in enumerate(names)}
    said = {
        key: np.array([place[str(answer)] for answer in answers], dtype=np.intp)
        for key, answers in predictions.items()
    }
    mistaken = np.any([answers != y for answers in said.values()], axis=0)
    members = {side: np.flatnonzero(np.asarray(split) == side) for side in SIDE_TITLES}
    members = {side: positions for side, positions in members.items() if len(positions)}
    chosen = choose_cells(list(members.values()), y, mistaken, most)
    order = np.concatenate(chosen)
    trained = np.asarray(split) == TRAIN
    axes, values = _axes(X, y, trained, features or numbered(X.shape[1]))
    sprite, geometry = (None, None) if images is None else sprite_sheet(images, order)
    cells: ScatterCells = {
        "classes": [
            {"name": name, "colour": style.colour, "path": _svg_path(style.marker)}
            for name, style in zip(names, class_styles(len(names)), strict=True)
        ],
        "axes": axes,
        "sides": [
            {"key": side, "title": SIDE_TITLES[side], "shown": len(shown), "all": len(all_of_side)}
            for (side, all_of_side), shown in zip(members.items(), chosen, strict=True)
        ],
        "answers": [
            {"key": key, "title": titles[key], "said": pack(answers[order])}
            for key, answers in said.items()
        ],
        "columns": [
            colours
            for title, column in columns.items()
            if (colours := column_colours(title, [column[position] for position in order]))
        ],
        "ids": [str(ids[position]) for position in order],
        "sources": _sources([str(sources[position]) for position in order]),
        "x": pack(_rounded(values[order]).T),
        "deviations": (X[trained] if trained.any() else X).std(axis=0).astype(float).tolist(),
        "label": pack(y[order]),
        "side": pack(np.repeat(np.arange(len(chosen)), [len(shown) for shown in chosen])),
        "sprite": geometry,
    }
    return cells, sprite


def _axes(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    trained: npt.NDArray[np.bool_],
    features: Sequence[str],
) -> tuple[list[Axis], npt.NDArray[np.floating[Any]]]:
    """Give the features, then the components, and each cell's place along all of them."""
    found = projections(X, y, trained)
    values = np.hstack([X, *(projection.values for projection in found)])
    named: list[tuple[str, str, float | None]]
    named = [(feature, FEATURES, None) for feature in features]
    named += [
        (f"{projection.method} {number}", projection.method, share)
        for projection in found
        for number, share in enumerate(projection.shares, 1)
    ]
    axes: list[Axis] = [
        {"title": title, "group": group, "share": share, "limits": limits}
        for (title, group, share), limits in zip(named, _limits(values), strict=True)
    ]
    return axes, values


def _sources(names: Sequence[str]) -> Sources | None:
    counted = [name for name, _ in sorted(Counter(names).items(), key=lambda n: (-n[1], n[0]))]
    if len(counted) == len(names):
        return None
    place = {name: position for position, name in enumerate(counted)}
    return {"names": counted, "of": pack(np.array([place[name] for name in names]))}


def _rounded(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Keep four significant digits, more than a plot can show."""
    exact = values.astype(float)
    digits = np.floor(np.log10(np.abs(exact), where=exact != 0, out=np.zeros_like(exact))) - 3
    # Powers are of whole numbers upwards, which floats hold exactly where it matters.
    up, down = 10.0 ** np.maximum(-digits, 0), 10.0 ** np.maximum(digits, 0)
    return (exact * up / down).round() * down / up


def _check(
    X: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.integer[Any]],
    split: Sequence[str] | npt.NDArray[np.str_],
    ids: Sequence[str] | npt.NDArray[np.str_],
    classes: Sequence[str],
    predictions: Mapping[str, Sequence[str] | npt.NDArray[np.str_]],
    images: npt.NDArray[np.uint8] | None,
    titles: Mapping[str, str],
    sources: Sequence[str] | npt.NDArray[np.str_],
    extra: Mapping[str, Sequence[str]],
) -> None:
    answers = {f"answers of {titles[key]}": said for key, said in predictions.items()}
    pictures = {} if images is None else {"pictures": images}
    further = {f"values of {title}": values for title, values in extra.items()}
    columns = {"labels": y, "sides": split, "ids": ids, "sources": sources}
    for name, column in (columns | further | answers | pictures).items():
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
