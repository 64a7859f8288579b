"""Owns what the paper reports, and how a run's own figures stand to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reported:
    """One accuracy that the paper gives.

    Parameters
    ----------
    classifier : str
        A key of `classifiers.CLASSIFIERS`.
    text : str
        The figure in the paper's words.
    value : float
        From 0 to 1.
    exceeded : bool
        Whether the paper says "over" the value rather than the value itself.
    place : str
        Where in the paper.
    """

    classifier: str
    text: str
    value: float
    exceeded: bool
    place: str


TITLE = "Blood Cells Classification Using CNN"
CITATION = (
    "P. Sravani, K. Tripura, N. Jyothi Sai and M. Ayush Yadav, Raghu Engineering College, "
    "Visakhapatnam"
)
# The text says "all classifiers using CNN layers" and "increase the competence to almost 94%".
REPORTED = (
    *(
        Reported(key, "over 90 %", 0.90, True, "section 5, Results")
        for key in ("knn", "svm", "forest")
    ),
    Reported("cnn", "almost 94 % at 50 epochs", 0.94, False, "section 5, Results"),
)
_REMARKS = (
    "The paper gives no interval, no seed, no number of test cells and no confusion matrix in "
    "numbers. It does not say whether copies of one cell were kept on one side.",
    "It names LISC's cropped cells and elsewhere 13,000 pictures of four categories, which is the "
    "Kaggle set. It does not say which classifier the 94 % belongs to; it is set beside the "
    "network's own softmax here.",
)


def against_paper(
    scores: Mapping[str, Mapping[str, Any]], *, layout: str, synthetic: bool
) -> dict[str, Any]:
    """Set a run's accuracies beside those that the hybrid paper reports.

    Parameters
    ----------
    scores : mapping
        "classifiers" of metrics.json.
    layout : str
        Of the run's data; "lisc" is the paper's own.
    synthetic : bool
        Whether the cells are drawn.

    Returns
    -------
    dict
        "title", "citation", "remarks" (list of str) and "rows", each with "what", "place", "paper",
        "classifier", "ours" (a score) and "verdict".
    """
    data = {
        "lisc": "These are LISC's cells, cut out by its expert masks; the paper's own crops are "
        "not published.",
    }.get(layout, "These cells are not the paper's: the two columns show two data sets.")
    if synthetic:
        data = (
            "SYNTHETIC: these cells are drawn. The comparison shows the form of the table and "
            "nothing else."
        )
    rows = [
        {
            "what": "accuracy",
            "place": reported.place,
            "paper": reported.text,
            "classifier": reported.classifier,
            "ours": scores[reported.classifier]["accuracy"],
            "verdict": _verdict(scores[reported.classifier]["accuracy"], reported, synthetic),
        }
        for reported in REPORTED
    ]
    return {"title": TITLE, "citation": CITATION, "remarks": [data, *_REMARKS], "rows": rows}


def _verdict(ours: Mapping[str, float], reported: Reported, synthetic: bool) -> str:
    """Say whether the interval lies above, below or about the paper's figure."""
    if synthetic:
        return "says nothing: drawn cells"
    if ours["low"] > reported.value:
        return "reached" if reported.exceeded else "above the paper's"
    if ours["high"] < reported.value:
        return "not reached" if reported.exceeded else "below the paper's"
    return "cannot be told apart: the interval holds the paper's figure"
