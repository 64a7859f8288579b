"""Owns how a column of a user's table becomes colours of the explorer: groups, names, colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.colors import to_hex
from typing_extensions import TypedDict

from hybrid_wbc.report.figures.style import GREY, class_styles
from hybrid_wbc.report.pages.packing import Packed, pack

# As many colours as are told apart; a column of more numbers is cut into so many parts.
MOST_GROUPS = 7
_UNKNOWN = "#B4B4B4"
# Viridis without its ends: they vanish on white and on black.
_FROM, _TO = 0.28, 0.92


class ColumnColours(TypedDict):
    """A column to colour cells by: its groups, their colours, and the group of each cell."""

    title: str
    names: list[str]
    colours: list[str]
    of: Packed


def column_colours(title: str, values: Sequence[str]) -> ColumnColours | None:
    """Group the cells by what a table says of them.

    Parameters
    ----------
    title : str
        Of the column.
    values : sequence of str
        One a cell, empty where the table says nothing of it.

    Returns
    -------
    ColumnColours or None
        Of a column of numbers, with more values than there are colours, parts that hold about as
        many cells each, named by their least and their greatest number. Else one group a value:
        the most frequent have a colour, the others share one. None where every cell is empty.

    Examples
    --------
    >>> found = column_colours("stain", ["MGG", "", "Wright", "MGG"])
    >>> found["names"], found["colours"]
    (['MGG', 'Wright', 'no value'], ['#0072B2', '#D55E00', '#B4B4B4'])
    """
    counts = Counter(value for value in values if value)
    if not counts:
        return None
    numbers = _numbers(counts)
    if numbers is not None and len(counts) > MOST_GROUPS:
        known = np.array([numbers[value] for value in values if value])
        of_known, names = _parts(known)
        of = np.full(len(values), len(names))
        of[[place for place, value in enumerate(values) if value]] = of_known
        shades = colormaps["viridis"](np.linspace(_FROM, _TO, len(names)))
        colours = [to_hex(shade).upper() for shade in shades]
    else:
        shown = [value for value, _ in sorted(counts.items(), key=lambda n: (-n[1], n[0]))]
        shown, others = shown[:MOST_GROUPS], shown[MOST_GROUPS:]
        names = sorted(shown, key=numbers.__getitem__) if numbers else sorted(shown)
        colours = [style.colour for style in class_styles(len(names))]
        place = {value: number for number, value in enumerate(names)}
        place |= dict.fromkeys(others, len(names))
        if others:
            names = [*names, f"{len(others):,} other values"]
            colours.append(GREY)
        of = np.array([place.get(value, len(names)) for value in values])
    if counts.total() < len(values):
        names = [*names, "no value"]
        colours.append(_UNKNOWN)
    return {"title": title, "names": names, "colours": colours, "of": pack(of)}


def _numbers(values: Sequence[str] | Counter[str]) -> dict[str, float] | None:
    """Read each value as a finite number; None if one is no number."""
    try:
        numbers = {value: float(value) for value in values}
    except ValueError:
        return None
    return numbers if np.isfinite(list(numbers.values())).all() else None


def _parts(numbers: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Cut numbers into parts of about as many each, equal numbers together."""
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, MOST_GROUPS + 1)[1:-1]))
    of = np.unique(np.searchsorted(edges, numbers, side="left"), return_inverse=True)[1]
    ends = [(part.min(), part.max()) for n in range(of.max() + 1) if len(part := numbers[of == n])]
    return of, [f"{low:.4g} to {high:.4g}" if low < high else f"{low:.4g}" for low, high in ends]
