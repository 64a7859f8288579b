"""Owns how a run's accuracies stand to those that the hybrid paper reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from hybrid_wbc.evaluation.score_types import ClassifierScores, Score
from hybrid_wbc.report.words.features import in_words


@dataclass(frozen=True)
class Reported:
    """One accuracy that the paper gives.

    Parameters
    ----------
    classifier : str
        A key of `names.CLASSIFIERS`.
    text : str
        The figure in the paper's words.
    lowest, highest : float
        The accuracies that these words can mean, from 0 to 1.
    place : str
        Where in the paper.
    """

    classifier: str
    text: str
    lowest: float
    highest: float
    place: str


class PaperRow(TypedDict):
    """One accuracy of the paper, where it stands there, ours, and how the two agree."""

    what: str
    place: str
    paper: str
    classifier: str
    ours: Score
    verdict: str


class AgainstPaper(TypedDict):
    """A run's accuracies beside the paper's, and what must be known to read them."""

    remarks: list[str]
    rows: list[PaperRow]


_SILENT = (
    "The paper gives no interval, no seed, no number of test cells and no confusion matrix in "
    "numbers. It does not say whether copies of one cell were kept on one side, nor which "
    "classifier the 94 % belongs to; it is set beside the network's own softmax here."
)
_DATA = {
    "lisc": "These are LISC's cells, cut out by its expert masks; the paper's own crops are not "
    "published.",
    "kaggle": "The paper names LISC's cropped cells and, elsewhere, 13,000 pictures of four "
    "categories, which are these; it does not say which of them its figures are of.",
}
_TUNED = (
    "Settings of this run's classifiers were searched within its training side; the paper names "
    "one setting of each."
)
_OTHER_DATA = "These cells are not the paper's: the two columns show two data sets."
_DRAWN = (
    "SYNTHETIC: these cells are drawn. The comparison shows the form of the table and nothing else."
)


def against_paper(
    scores: Mapping[str, ClassifierScores],
    figures: Sequence[Reported],
    *,
    layout: str,
    synthetic: bool,
    epochs: int,
    features: int = 5,
    tuned: bool = False,
) -> AgainstPaper:
    """Set a run's accuracies beside those that the hybrid paper reports.

    Parameters
    ----------
    scores : mapping
        "classifiers" of metrics.json.
    figures : sequence of Reported
        The paper's.
    layout : str
        Of the run's data; "lisc" and "kaggle" are the sets that the paper names.
    synthetic : bool
        Whether the cells are drawn.
    epochs : int
        For which the run's networks were trained.
    features : int
        Of the run's embedding.
    tuned : bool
        Whether settings of the run's classifiers were searched.

    Returns
    -------
    AgainstPaper
    """
    data = _DRAWN if synthetic else _DATA.get(layout, _OTHER_DATA)
    ours = f"The networks of this run were trained for {epochs} epochs, the paper's for 50."
    differing = [
        *([] if epochs == 50 else [ours]),
        *(
            []
            if features == 5
            else [f"This run's embedding has {in_words(features)} features, the paper's five."]
        ),
        *([_TUNED] if tuned else []),
    ]
    rows: list[PaperRow] = [
        {
            "what": "accuracy",
            "place": reported.place,
            "paper": reported.text,
            "classifier": reported.classifier,
            "ours": scores[reported.classifier]["accuracy"],
            "verdict": "none: drawn cells"
            if synthetic
            else _verdict(scores[reported.classifier]["accuracy"], reported)
            if layout in _DATA
            else "none: other data",
        }
        for reported in figures
    ]
    return {
        "remarks": [data, *differing, _SILENT],
        "rows": rows,
    }


def _verdict(ours: Score, reported: Reported) -> str:
    """Say whether the interval lies above, below or within what the paper's words can mean."""
    if ours["low"] > reported.highest:
        return "above the paper's"
    if ours["high"] < reported.lowest:
        return "below the paper's"
    if ours["low"] > reported.lowest:
        return "agrees"
    return "cannot be told: the interval reaches beyond the paper's figure"
