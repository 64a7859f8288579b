"""What a reproduction finds, as plain data: the paper's figures and ours, and what ours rest on."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.systems import Metric, ScoredOn
from hybrid_wbc.evaluation.overlap import Overlap
from hybrid_wbc.evaluation.reported import Difference, Reached
from hybrid_wbc.evaluation.score_types import Interval
from hybrid_wbc.evaluation.scoring import Evidence


class Said(TypedDict):
    """A figure in the paper: the ends that its words can mean, and where it stands."""

    lowest: float
    highest: float
    words: str
    epochs: int | None
    basis: Literal["stated", "computed"]
    place: str


_OfClass = TypedDict("_OfClass", {"class": str | None})
_ByProtocol = TypedDict(
    "_ByProtocol", {"as published": Reached | None, "by source": Reached | None}
)


class Named(_OfClass):
    """What a figure is of: `class` is None where that is all classes; `paper` where it has none."""

    metric: Metric
    classifier: str
    scored_on: ScoredOn
    paper: Said | None


class Row(Named, _ByProtocol):
    """One figure: the paper's, ours by protocol, and how far the two protocols lie apart."""

    difference: Difference | None


class RunFacts(TypedDict):
    """What a protocol's figures rest on: its run folder, data, trainings and counts.

    `evidence` is by side; `at_chance` of the `repeats` never left chance (earlier versions did not
    count them).
    """

    folder: str
    data: str
    repeats: int
    epochs: int
    evidence: dict[str, Evidence]
    overlap: Overlap
    at_chance: NotRequired[int]
    notes: list[str]


class Moved(TypedDict):
    """A figure on the test side with another value: its own, the recipe's, and the difference."""

    metric: Metric
    classifier: str
    score: Reached | None
    recipe: Reached | None
    difference: Interval | None


class Deduction(TypedDict):
    """A deduced setting at another value than the recipe's, and what that moves.

    Where it could not be run `failed` says why, and there is no folder and no score.
    """

    key: str
    value: Any
    instead: Any
    reason: str
    failed: str | None
    folder: NotRequired[str]
    repeats: NotRequired[int]
    at_chance: NotRequired[int]
    scores: list[Moved]


class Cut(TypedDict):
    """What a run has less of than its recipe asks for.

    `of` are "epochs" of a training, "trainings", "pixels" along an image's side, "images" of the
    paper's set, or the "weights" that a network starts from: then the two are values of
    `network.weights`, else numbers.
    """

    of: Literal["epochs", "trainings", "pixels", "images", "weights"]
    here: int | str
    recipe: int | str


class PaperData(TypedDict):
    """The data that the paper's figures are of: a key of the catalogue, and the paper's account."""

    name: str
    says: str


class Contradicted(TypedDict):
    """Where the paper does not agree with itself, and which of its facts that touches."""

    bears_on: list[str]
    says: str


class Reproduction(TypedDict):
    """A published system beside its paper, as it is kept in the folder `reproductions`.

    `other_data` says whether the cells are of another set than the paper's figures, `changed`
    which settings are not the recipe's, `cuts` which of them make it smaller (earlier versions did
    not say). `rows` has the paper's figures and ours, `deductions` what earlier versions did not
    try.
    """

    system: str
    title: str
    citation: str
    about: str
    data: PaperData
    synthetic: bool
    other_data: bool
    changed: dict[Protocol, list[str]]
    cuts: NotRequired[dict[Protocol, list[Cut]]]
    runs: dict[Protocol, RunFacts]
    rows: list[Row]
    contradictions: list[Contradicted]
    deductions: NotRequired[list[Deduction]]


def is_held_out_accuracy(figure: Named) -> bool:
    """Say whether a figure is an accuracy of all classes on cells that were not trained on.

    Where a paper does not say what it scored, our figure is of the test side.
    """
    held_out = figure["scored_on"] in ("test", "not stated")
    return "accuracy" in figure["metric"] and figure["class"] is None and held_out
