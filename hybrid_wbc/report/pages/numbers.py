"""Writes the numbers of a page, each marked with the file and the path that it comes from."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

NumberPath = tuple[str | int, ...]
"""The file, and the keys and positions that lead to a number in it."""
_FORMATS = {
    "share": ".3f", "signed": "+.3f", "integer": ",.0f", "decimal": ",.2f", "p": ".3f",
    "amount": ",g",
}  # fmt: skip


def format_number(value: float | None, kind: str = "share") -> str:
    """Write a number as the page does.

    Parameters
    ----------
    value : float or None
        None and NaN are written as a dash.
    kind : {"share", "signed", "integer", "decimal", "p", "amount"}
        Three decimals; three with a sign; none, with commas between thousands; two, with commas;
        three, but "< 0.001" below that; as many as it has.

    Returns
    -------
    str
        With a typographic minus sign; what rounds to zero has no sign.
    """
    if value is None or math.isnan(value):
        return "–"
    if kind == "p" and value < 0.001:
        return "< 0.001"
    text = format(value, _FORMATS[kind])
    return text.replace("-", "−") if text.strip("+-0.,") else text.lstrip("+-")


class Numbers:
    """Writes the numbers of a run as HTML, each marked with the file and path it comes from."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        self._run = run

    def __call__(self, *path: str | int, kind: str = "share") -> Markup:
        """Write the number at a path, whose first part is the file."""
        return self._marked([path], kind)

    def score(self, *path: str | int, kind: str = "share") -> Markup:
        """Write a score: its mean and, where it has one, its interval."""
        mean = self(*path, "mean", kind=kind)
        if None in (self._at((*path, "low")), self._at((*path, "high"))):
            return mean
        ends = (self(*path, end, kind=kind) for end in ("low", "high"))
        return mean + Markup(" <small>{} to {}</small>").format(*ends)

    def total(
        self, stem: NumberPath, keys: Iterable[str | int], leaf: NumberPath = (), *, kind: str
    ) -> Markup:
        """Write the sum of the numbers at the paths that each key makes between stem and leaf."""
        return self._marked([(*stem, key, *leaf) for key in keys], kind)

    def _marked(self, paths: Sequence[NumberPath], kind: str) -> Markup:
        values = [self._at(path) for path in paths]
        source = " + ".join(f"{path[0]}:{'.'.join(map(str, path[1:]))}" for path in paths)
        return Markup('<span data-number="{}" data-kind="{}">{}</span>').format(
            source, kind, format_number(None if None in values else sum(values), kind)
        )

    def _at(self, path: NumberPath) -> Any:
        return functools.reduce(operator.getitem, path, self._run)  # type: ignore[arg-type]
