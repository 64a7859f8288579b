"""The typed answers of the endpoints, as programs get them and `/docs` describes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from hybrid_wbc.data.boxes import Box
from hybrid_wbc.evaluation.differential import Differential
from hybrid_wbc.evaluation.predicted import Predicted


class Refusal(TypedDict):
    """Why there is no answer, in words."""

    error: str


class Near(TypedDict):
    """A training cell near a cell; `picture` is the address of its picture, where there is one."""

    id: str
    label: str
    distance: float
    picture: str | None


class Beside(TypedDict):
    """What is said of a cell besides what `predict` says.

    `square` is what was cut out of a smear about the cell: `POST /explain` takes it. `place` is
    where the cell lies in `GET /embedding`, `thumbnail` a data URI that only the page asks for.
    """

    name: str
    square: Box | None
    set: str
    notes: list[str]
    neighbours: list[Near]
    place: tuple[float, float] | None
    thumbnail: str | None


class Table(TypedDict):
    """The table that `predict --csv` writes."""

    columns: list[str]
    rows: list[list[str | float]]


class Answer(TypedDict):
    """What a model says of the pictures of one request.

    `predicted` is what `predict --json` writes; all pictures of a request are taken for the fields
    of one slide. `about` says what prediction sets rest on, `limits` what the limits of the
    differential hold. `cells` stand in the order of `predicted`'s. `previews` are data URIs of the
    smears, which only the page asks for.
    """

    predicted: Predicted
    about: list[str]
    in_short: str
    limits: str
    table: Table
    cells: list[Beside]
    previews: list[str | None]


class SaidBy(TypedDict):
    """What one classifier said, with probabilities where it gives any."""

    classifier: str
    answer: str


class Map(TypedDict):
    """What raises (blue) and lowers (orange) one number; both maps are data URIs of pictures."""

    heading: str
    verdict: str
    readable: bool
    gradient: str
    occlusion: str


class Explained(TypedDict):
    """Why the network said what it said of one cell, and what of it can be read."""

    said: list[SaidBy]
    maps: list[Map]
    how_to_read: list[str]
    about: list[str]


class Embedding(TypedDict):
    """The training cells along two axes of the embedding; `classes` gives each point's class."""

    axes: list[str]
    points: list[tuple[float, float]]
    classes: list[str]


class Health(TypedDict):
    """Whether the model is at work, and how many requests it has."""

    status: str
    model: str
    classes: list[str]
    requests: int


class Labelled(BaseModel):
    """One cell of a slide, as somebody has labelled it."""

    label: Annotated[str, Field(max_length=200)]
    unlike: bool = False
    cut_off: bool = False


class Slide(BaseModel):
    """The cells of one slide, with labels that somebody may have corrected."""

    pictures: Annotated[int, Field(ge=1, le=10_000)] = 1
    cells: Annotated[list[Labelled], Field(max_length=20_000)]


class Counted(TypedDict):
    """A differential with its sentences."""

    differential: Differential
    in_short: str
    limits: str
