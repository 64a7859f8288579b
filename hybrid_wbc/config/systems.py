"""The published systems as data: what each paper chose, what was chosen for it, what it reports."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hybrid_wbc.config import shipped
from hybrid_wbc.config.choices import AS_PUBLISHED, BY_SOURCE, Protocol
from hybrid_wbc.config.load import Plain, nearest, read, resolve
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError

Words = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+$")]
Share = Literal["accuracy", "element-wise accuracy", "precision", "recall", "f1"]
Metric = Share | Literal["misclassified", "loss"]
ScoredOn = Literal["test", "validation", "training", "all", "not stated"]

# A paper says first what it did itself.
PROTOCOLS: tuple[Protocol, ...] = (AS_PUBLISHED, BY_SOURCE)
_SHARED = "shared"


class _Entry(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, allow_inf_nan=False
    )


class Choice(_Entry):
    """The value of one setting, and where it comes from.

    `basis` is "stated" by the paper, "computed" from what it states, or "deduced": a choice that
    the paper leaves open. `reason` is the place in the paper, or why this value was chosen.
    `instead` are other values that the paper leaves as open.
    """

    value: Any
    basis: Literal["stated", "computed", "deduced"]
    reason: Words
    instead: list[Any] = []

    @model_validator(mode="after")
    def _leave_open_what_is_deduced(self) -> Choice:
        if self.instead and self.basis != "deduced":
            raise ValueError(f"instead: a {self.basis} value leaves no other open")
        values = [self.value, *self.instead]
        twice = [value for number, value in enumerate(values) if value in values[:number]]
        if twice:
            raise ValueError(f"instead: {twice[0]} stands twice")
        return self


class Rules(_Entry):
    """What one protocol means for a system; its settings go over the system's own."""

    about: Words
    settings: dict[Key, Choice] = {}


class Figure(_Entry):
    """One figure that the paper reports.

    Shares lie from 0 to 1; "misclassified" counts images. "Over 90 %" has a lowest and a highest
    value instead of one. `class_name` is a class of the catalogue's (`class` in the file), none
    where the figure is of all images. `classifier` is a key of `names.CLASSIFIERS`.
    `scored_on` are the images that the paper scored, and `epochs` after how many it did, where
    that is not the recipe's number. `words` are the paper's.
    """

    metric: Metric
    value: float | None = None
    lowest: float | None = None
    highest: float | None = None
    words: Words
    class_name: Annotated[str | None, Field(alias="class")] = None
    classifier: Literal["cnn", "knn", "svm", "forest"] = "cnn"
    scored_on: ScoredOn = "test"
    epochs: Annotated[int | None, Field(ge=1)] = None
    basis: Literal["stated", "computed"]
    place: Words

    @model_validator(mode="after")
    def _give_one_value_or_a_range(self) -> Figure:
        ends = (self.lowest, self.highest)
        if (self.value is None) != (None not in ends) or (ends.count(None) == 1):
            raise ValueError("give either value, or both lowest and highest")
        return self

    @model_validator(mode="after")
    def _keep_to_the_range_of_the_metric(self) -> Figure:
        for value in self.span:
            if value < 0 or (self.metric in get_args(Share) and value > 1):
                raise ValueError(f"{self.metric} cannot be {value}")
            if self.metric == "misclassified" and value % 1:
                raise ValueError(f"misclassified counts images, received {value}")
        if self.span[0] > self.span[1]:
            raise ValueError("lowest must not be above highest")
        return self

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and highest value that the words can mean."""
        if self.value is not None:
            return self.value, self.value
        assert self.lowest is not None
        assert self.highest is not None
        return self.lowest, self.highest


class Contradiction(_Entry):
    """Where a paper does not agree with itself or its data, and which of its facts that touches."""

    bears_on: Annotated[
        list[Metric | Literal["data", "split", "network", "training"]], Field(min_length=1)
    ]
    says: Words


class Source(_Entry):
    """The data that the figures belong to: a key of `catalog.DATASETS`, and the paper's account."""

    name: Words
    says: Words


class System(_Entry):
    """One published system: its recipe, and what its paper reports of it."""

    name: Words
    title: Words
    citation: Words
    url: str | None
    about: Words
    dataset: Source
    settings: dict[Key, Choice]
    protocols: dict[Protocol, Rules]
    figures: Annotated[list[Figure], Field(min_length=1)]
    contradictions: list[Contradiction]

    @model_validator(mode="after")
    def _know_both_protocols(self) -> System:
        missing = [protocol for protocol in PROTOCOLS if protocol not in self.protocols]
        if missing:
            raise ValueError(f"protocols: '{missing[0]}' is missing")
        return self

    def choices(self, protocol: Protocol) -> dict[str, Choice]:
        """Give each setting of the recipe under one protocol, with where it comes from.

        Parameters
        ----------
        protocol : Protocol

        Returns
        -------
        dict of str to Choice
            By dotted key; `split.protocol` is the protocol itself and is not among them.
        """
        return self.settings | self.protocols[protocol].settings

    def config(self, protocol: Protocol) -> Config:
        """Resolve the recipe into the settings of a run.

        Parameters
        ----------
        protocol : Protocol

        Returns
        -------
        Config
            Without a place of the data.

        Raises
        ------
        InputError
            If the recipe names a key or value that the settings do not know.
        """
        settings: Plain = {"split": {"protocol": protocol}}
        for key, choice in self.choices(protocol).items():
            section, _, name = key.partition(".")
            settings.setdefault(section, {})[name] = choice.value
        settings["name"] = f"{self.name}-{protocol.replace(' ', '-')}"
        settings["description"] = self.about
        return resolve(settings, f"{self.name}.yaml, {protocol}")


def names() -> list[str]:
    """Give the names of the published systems, sorted."""
    return list(shipped.files(shipped.PAPERS))


def load(name: str) -> System:
    """Read a system's recipe.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    System

    Raises
    ------
    InputError
        If there is no such system, or its file is not a recipe.
    """
    files = shipped.files(shipped.PAPERS)
    if name not in files:
        raise InputError(
            f"SYSTEM: received '{name}', choose from {', '.join(files)}{nearest(name, list(files))}"
        )
    return parse(files[name].read_text(encoding="utf-8"), name)


def parse(text: str, name: str) -> System:
    """Check the text of a recipe, put together with the shared one that it is based on.

    Parameters
    ----------
    text : str
        YAML with the keys of `System`, and perhaps `based_on`.
    name : str
        The system's, and its file's without the suffix.

    Returns
    -------
    System

    Raises
    ------
    InputError
        On the first key or value that is not allowed.
    """
    try:
        return System.model_validate({**_joined(text, name), "name": name})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name}.yaml: {f'{key}: ' if key else ''}{message}") from error


def _joined(text: str, name: str) -> Plain:
    """Read a recipe and what it is based on: its own keys and settings win, its lists are added."""
    own = read(text, f"{name}.yaml")
    base = own.pop("based_on", None)
    if base is None:
        return own
    files = shipped.files(shipped.PAPERS, _SHARED)
    if base not in files:
        raise InputError(
            f"{name}.yaml: based_on: received {base!r}, choose from {', '.join(files)}"
        )
    shared = _joined(files[base].read_text(encoding="utf-8"), base)
    settings = {**shared.get("settings", {}), **own.get("settings", {})}
    lists = {
        part: [*shared.get(part, []), *own.get(part, [])] for part in ("figures", "contradictions")
    }
    return {**shared, **own, "settings": settings, **lists}
