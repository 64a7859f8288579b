"""Owns the page of an audit: one HTML file with what a data set holds more than once."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from hybrid_wbc.data.photographs.pairs import PairKind
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.evaluation.audit import Audit, ShownPair
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.pages.numbers import format_number
from hybrid_wbc.report.words.audit import (
    LEVELS,
    by_label,
    has_no_copies,
    percent,
    points,
    sentences,
)

_PICTURE_SIDE = 240
_WEBP_QUALITY = 80
_LISTED = 100
_FILES_LISTED = 4

PAIR_KINDS: dict[PairKind, tuple[str, str]] = {
    "sides": ("On several sides", "One pair of each group that lies on several published sides."),
    "conflict": (
        "Conflicting labels",
        "One pair of each group whose files have no label in common. Where a field was "
        "photographed twice, the labels may be those of two cells in it: please look.",
    ),
    "unlike": (
        "Copies that look least alike",
        "Of all copies of one photograph, those whose colours differ most. If a pair here does not "
        "show the same photograph, the grouping is wrong: please look.",
    ),
}


class _Card(NamedTuple):
    """A pair as the page shows it: of each file its name, labels, side and picture."""

    kind: PairKind
    level: str
    match: str
    files: list[tuple[str, str, str, str]]


def render(
    audit: Audit,
    pictures: Mapping[str, npt.NDArray[np.uint8]],
    *,
    private: str,
    command: str,
) -> str:
    """Write an audit as one self-contained page, which asks for nothing over the network.

    Parameters
    ----------
    audit : Audit
    pictures : mapping of str to ndarray of uint8, shape (height, width, 3)
        RGB, by id: those of the pairs.
    private : str
        Why the page may not be passed on, or empty.
    command : str
        What makes it again.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped.

    Raises
    ------
    KeyError, jinja2.UndefinedError
        If `audit` lacks a value that the page shows, or a pair has no picture.
    """
    environment = templates.environment()
    environment.filters["percent"] = percent
    environment.filters["points"] = points
    environment.filters["number"] = format_number
    environment.filters["by_label"] = by_label
    name = name_of_set(audit["path"])
    cards = [_card(pair, pictures) for pair in audit["pairs"]]
    return environment.get_template("audit.html.j2").render(
        audit=audit,
        name=name,
        private=private,
        command=command,
        synthetic_text=SYNTHETIC_TEXT if audit["synthetic"] else "",
        sentences=sentences(audit),
        no_copies=has_no_copies(audit["leakage"]),
        styles=templates.own_file("page.css") + templates.own_file("audit.css"),
        kinds={
            kind: (title, text, [card for card in cards if card.kind == kind])
            for kind, (title, text) in PAIR_KINDS.items()
        },
        levels=LEVELS,
        listed=_LISTED,
        files_listed=_FILES_LISTED,
        has_cells=any(row["cells"] > row["files"] for row in audit["classes"].values()),
        has_sources=any(row["sources"] < row["photographs"] for row in audit["classes"].values()),
    )


def _card(pair: ShownPair, pictures: Mapping[str, npt.NDArray[np.uint8]]) -> _Card:
    """Bring a pair into the form that the page shows."""
    if pair["level"] == "file":
        match = "byte-identical"
    elif pair["likeness"] == "nothing":
        match = "not matched directly: other copies link them"
    else:
        match = f"{pair['landmarks']} landmarks meet, correlation {pair['correlation']:.2f}"
    facts = zip(pair["files"], pair["labels"], pair["sides"], strict=True)
    return _Card(
        kind=pair["kind"],
        level=LEVELS[pair["level"]],
        match=f"{match}; colours {pair['distance']:.2f} apart",
        files=[
            (name, ", ".join(labels) or "no label", side, _data_uri(pictures[name]))
            for name, labels, side in facts
        ],
    )


def _data_uri(pixels: npt.NDArray[np.uint8]) -> str:
    picture = Image.fromarray(pixels)
    picture.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_WEBP_QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
