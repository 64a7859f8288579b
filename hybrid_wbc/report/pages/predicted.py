"""Owns the sheet of what was said of new cells: one HTML file to sort, correct and export them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.evaluation.predicted import Predicted, short_names
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages import templates
from hybrid_wbc.report.words.predicted import notes

# What a cell can be corrected to besides the classes that are known.
OTHER = "other"


def render(predicted: Predicted, thumbnails: Sequence[bytes]) -> str:
    """Write what was said of cells as one self-contained page, which fetches nothing.

    Parameters
    ----------
    predicted : Predicted
    thumbnails : sequence of bytes
        A WebP picture of each cell, in the cells' order.

    Returns
    -------
    str
        HTML, the same for the same input. All text is escaped.
    """
    cards = [
        {
            "name": name,
            "cell": cell,
            "picture": base64.b64encode(picture).decode("ascii"),
            "notes": notes(cell, predicted["classes"]),
        }
        for cell, name, picture in zip(
            predicted["cells"], short_names(predicted["cells"]), thumbnails, strict=True
        )
    ]
    return (
        templates.environment()
        .get_template("predicted.html.j2")
        .render(
            predicted=predicted,
            cards=cards,
            choices=[*predicted["classes"], OTHER],
            title=CLASSIFIERS[predicted["answered_by"]].title,
            synthetic_text=SYNTHETIC_TEXT if predicted["synthetic"] else "",
            styles=templates.own_file("page.css") + templates.own_file("predicted.css"),
        )
    )
