"""What `HybridClassifier` is given, checked: parameters, images or their paths, labels, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from typing_extensions import TypedDict

from hybrid_wbc.classical.heads import HEADS
from hybrid_wbc.config.choices import (
    FEWEST_UNITS,
    LARGEST_SIZE,
    MOST_UNITS,
    SCHEDULES,
    SMALLEST_SIZE,
    VIEWS,
    Schedule,
)
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError

Pictures = np.ndarray | Sequence[str | Path]
# What str and numpy make of None and NaN, and pandas of its NA and NaT.
_MADE_OF_NOTHING = frozenset({"", "nan", "None", "<NA>", "NaT"})
_Allowed = tuple[Callable[[Any], Any], str]


def _one_of(*choices: Any) -> _Allowed:
    return (
        lambda value: np.ndim(value) == 0 and value in choices,
        f"choose from {', '.join(map(str, choices))}",
    )


def _whole_from(lowest: int, highest: int | None = None) -> _Allowed:
    limit = 2**31 - 1 if highest is None else highest
    return (
        lambda value: isinstance(value, int | np.integer) and lowest <= value <= limit,
        f"give a whole number from {lowest}" + (f" to {highest}" if highest else ""),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1


class Parameters(TypedDict):
    """The parameters of `HybridClassifier`, which describes them."""

    network: str
    head: str
    epochs: int
    size: int
    batch_size: int
    learning_rate: float
    schedule: Schedule
    augment: bool
    views: int
    embedding_units: int
    dropout: float | None
    weights: str
    validation: float
    patience: int | None
    calibration: str | None
    calibration_folds: int
    random_state: int
    verbose: bool


_ALLOWED: dict[str, _Allowed] = {
    # Which names there are is checked when one is built: the networks take seconds to load.
    "network": (lambda v: isinstance(v, str), "give the name of a network"),
    "head": _one_of(*HEADS),
    "epochs": _whole_from(1),
    "size": _whole_from(SMALLEST_SIZE, LARGEST_SIZE),
    "batch_size": _whole_from(2),
    "learning_rate": (lambda v: _is_number(v) and 0 < v < np.inf, "give a number above 0"),
    "schedule": _one_of(*SCHEDULES),
    "augment": _one_of(True, False),
    "views": _one_of(*VIEWS),
    "embedding_units": _whole_from(FEWEST_UNITS, MOST_UNITS),
    "dropout": (lambda v: v is None or _is_share(v), "give None or a number from 0 to below 1"),
    "weights": (lambda v: isinstance(v, str), "give none, imagenet or the path of a file"),
    "validation": (_is_share, "give a number from 0 to below 1"),
    "patience": (
        lambda v: v is None or _whole_from(1)[0](v),
        "give None or a whole number from 1",
    ),
    "calibration": _one_of("head", "whole", None),
    "calibration_folds": _whole_from(2),
    "random_state": _whole_from(0),
    "verbose": _one_of(True, False),
}


def check_parameters(parameters: Mapping[str, object]) -> None:
    """Refuse a parameter that is not allowed.

    Parameters
    ----------
    parameters : mapping of str to object
        As `HybridClassifier.get_params` gives them.

    Raises
    ------
    InputError
        Naming the first such parameter, what was received and what is allowed.
    """
    for name, (is_allowed, advice) in _ALLOWED.items():
        if not is_allowed(parameters[name]):
            raise InputError(f"{name}: received {parameters[name]!r}; {advice}")
    if parameters["patience"] is not None and not parameters["validation"]:
        raise InputError("patience: the epoch is chosen by held-out cells; set validation above 0")


def read_images(X: Pictures, pixels: Pixels) -> np.ndarray:
    """Bring images, or the files at paths, to what a network takes.

    Parameters
    ----------
    X : numpy.ndarray of uint8, shape (n, height, width, 3), or n paths of image files
    pixels : Pixels

    Returns
    -------
    numpy.ndarray of uint8, shape (n, size, size, 3)
        The array itself where it has this size already and nothing else is done to it.

    Raises
    ------
    InputError
        If the array is of another type or shape, or a path is missing or unreadable.
    """
    try:
        given = np.asarray(X)
    except ValueError as error:
        raise InputError(
            "X: the images differ in shape; resize them, or give their paths"
        ) from error
    if given.dtype.kind in "OU":
        return _read_files(given, pixels)
    if given.dtype.kind == "f":
        raise InputError(
            f"X: received {given.dtype}; give uint8 from 0 to 255 (where the values lie in [0, 1]: "
            "multiply by 255 and cast, (255 * X).round().astype('uint8'))"
        )
    if given.dtype != np.uint8:
        raise InputError(f"X: received {given.dtype}; give uint8 from 0 to 255")
    if given.ndim != 4 or given.shape[3] != 3 or 0 in given.shape:
        grey = given.shape[3:] == (1,) or (given.ndim == 3 and given.shape[2] != 3)
        raise InputError(
            f"X: received shape {given.shape}; give (images, height, width, 3), at least one image"
            + (" (grey images: three times the same channel)" if grey else "")
        )
    return prepare(given, pixels).images


def _read_files(paths: np.ndarray, pixels: Pixels) -> np.ndarray:
    if paths.ndim != 1 or not all(isinstance(path, str | Path) for path in paths.tolist()):
        raise InputError("X: give uint8 images, or a flat sequence of paths (str or Path)")
    samples = [Sample(str(path), Path(path), ("unknown",)) for path in paths.tolist()]
    return prepare(samples, pixels).images


def read_labels(y: Sequence[Any] | None, count: int) -> np.ndarray:
    """Check that there is a label for each image, and two classes at least.

    Parameters
    ----------
    y : sequence of strings or whole numbers, length n
    count : int
        How many images there are.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Raises
    ------
    InputError
        If any is missing, or they are not one-dimensional, too few or many, not labels, or all the
        same.
    """
    if y is None:
        raise InputError("y: fitting requires y to be passed, but the target y is None")
    missing = _missing(y)
    if missing:
        raise InputError(
            f"y: received {_first(missing)}, which is no class; leave images of unknown class out, "
            "of X and groups as well"
        )
    try:
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        classes = np.unique(labels)
    except (TypeError, ValueError) as error:
        kinds = {type(label).__name__ for label in np.asarray(y, dtype=object).ravel().tolist()}
        if len(kinds) > 1 and "str" in kinds:
            raise InputError(
                f"y: received labels of several types, {', '.join(sorted(kinds))}; make text of "
                "all of them, [str(label) for label in y]"
            ) from error
        raise InputError(f"y: not labels of classes: {str(error).splitlines()[0]}") from error
    if len(labels) != count:
        raise InputError(f"y: received {len(labels)} labels for {count} images; give one each")
    if len(classes) < 2:
        raise InputError(f"y: received {len(classes)} class; at least 2 are to be told apart")
    return labels


def read_groups(groups: Sequence[Any] | None, count: int) -> np.ndarray:
    """Check that there is a source for each image; without any, each image is one of its own.

    Parameters
    ----------
    groups : sequence, length n, optional
    count : int
        How many images there are.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Raises
    ------
    InputError
        If they are not one-dimensional, too few or many, or any is missing.
    """
    if groups is None:
        return np.arange(count)
    missing = _missing(groups)
    sources = np.asarray(groups)
    if sources.shape != (count,):
        raise InputError(
            f"groups: received shape {sources.shape} for {count} images; give one source each"
        )
    if missing:
        raise InputError(
            f"groups: received {_first(missing)}; an image of unknown source needs a name of its "
            "own, such as its path"
        )
    return sources


def _missing(values: Sequence[Any]) -> dict[int, Any]:
    """Find the rows that hold nothing, before numpy makes the word 'nan' of some of them."""
    try:
        rows = np.asarray(values, dtype=object).ravel()
    except ValueError:  # nested, and of several lengths: told by its shape
        return {}
    return {row: value for row, value in enumerate(rows.tolist()) if _is_missing(value)}


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, pandas' NA or NaT, blank, or a word that is made of these."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip() in _MADE_OF_NOTHING
    try:
        return not value == value  # noqa: SIM201
    except (TypeError, ValueError):  # pandas' NA is neither equal nor unequal, an array both
        return not isinstance(value, np.ndarray)


def _first(missing: Mapping[int, Any]) -> str:
    row, value = next(iter(missing.items()))
    shown = repr(value) if isinstance(value, str) else str(value)
    others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"{shown} for image {row}{others}"
