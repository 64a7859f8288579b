"""Typed settings of the cells: which, what becomes of their pixels, and which side they lie on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from hybrid_wbc.config.choices import (
    AS_IS,
    AUTO,
    BY_SOURCE,
    LARGEST_SIZE,
    PUBLISHED,
    SMALLEST_SIZE,
    Background,
    Colour,
    Crop,
    Fraction,
    Method,
    Positive,
    Protocol,
    Section,
    Seed,
    Side,
)
from hybrid_wbc.config.names import Bundled, Stain


class Drawn(Section):
    """Smears drawn by the program itself, where no photographs are at hand."""

    per_class: Positive = 40
    """Cells drawn of each class."""
    seed: Seed = 0
    """Seeds the drawing."""


class Data(Section):
    """Which cells, how much of the picture each one is, and how its pixels are brought to size."""

    path: str | None = None
    """Folder, table or `.npz` of the cells; `--data` overrides it. Of a list of sets, the classes
    that all of them have, or those that `classes` names, are one set of cells.
    """
    more_paths: list[str] = []
    """The sets beside that of `path`: what a list of paths is resolved to."""
    bundled: Bundled | None = None
    """A set that comes with the program, where no `path` is given."""
    test_path: str | None = None
    """A second set that is the whole test side; `path` is then the rest."""
    synthetic: Drawn | None = None
    layout: str = "auto"
    """How the set is laid out; `hybrid-wbc list layouts` names the choices."""
    labels: str | None = None
    """A table of the columns id and label that corrects labels of the set."""
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    """Classes to keep; all others are left out."""
    part: Side | None = None
    """Keep only this one of the sides that the set itself has."""
    draw: Annotated[dict[str, Positive], Field(min_length=2)] | None = None
    """How many cells to draw of each class, anew for each seed; of the training set where there are
    two.
    """
    balance: bool = False
    """Draw as many cells of each class as the smallest has."""
    include_mixed: bool = False
    """Keep the cells of LISC's folder of mixed types."""
    margin: Annotated[float, Field(ge=0, le=2)] = 0.25
    """Room about a cell that is cut out by its box, mask or a search, as a share of its longer
    side.
    """
    middle: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the picture's width that is kept, about the middle or about the located cell."""
    crop: Crop = AS_IS
    """`as is` takes the middle of the picture; `located` finds the cell and cuts about it at one
    scale; `fitted` cuts it out with its `margin`, so that cells of every magnification come out at
    one size.
    """
    background: Background = AS_IS
    """`removed` makes all grey (level 127) that is not in the cell's own mask: glass, red cells and
    other white cells.
    """
    size: Annotated[int, Field(ge=SMALLEST_SIZE, le=LARGEST_SIZE)] = 96
    """Height and width that the network takes, in pixels."""
    through: Annotated[int, Field(ge=SMALLEST_SIZE, le=LARGEST_SIZE)] | None = None
    """Height and width that pictures are resized to first, in pixels."""
    colour: Colour = "rgb"
    """Three channels, or one of grey levels."""
    stain: Stain = AS_IS
    """Brings each picture's colours to a fixed reference, each picture by itself: `light` the
    colour of its glass alone, `reinhard` the mean and spread of what is stained, `macenko` its two
    stains.
    """

    @model_validator(mode="before")
    @classmethod
    def _take_a_list_of_sets(cls, given: object) -> object:
        if not isinstance(given, dict) or not isinstance(given.get("path"), list):
            return given
        first, *others = given["path"] or [None]
        return {**given, "path": first, "more_paths": [*others, *given.get("more_paths", [])]}

    @model_validator(mode="after")
    def _have_a_first_set(self) -> Data:
        if self.more_paths and self.path is None:
            raise ValueError("more_paths are sets beside that of path: give path")
        return self

    @model_validator(mode="after")
    def _keep_colours_to_normalise(self) -> Data:
        if self.stain != AS_IS and self.colour == "grey":
            raise ValueError(f"stain: {self.stain} needs colours; set colour: rgb")
        return self

    @model_validator(mode="after")
    def _take_cells_from_one_source(self) -> Data:
        if self.bundled is not None and self.synthetic is not None:
            raise ValueError("bundled and synthetic both say which cells: choose one")
        return self

    @model_validator(mode="after")
    def _take_one_way_to_choose_counts(self) -> Data:
        if self.draw is not None and self.balance:
            raise ValueError("draw and balance both say how many of each class: choose one")
        return self


class Split(Section):
    """Which side each cell lies on."""

    protocol: Protocol = BY_SOURCE
    """`by source` keeps each photograph, slide or patient on one side. `as published` splits files
    as papers do, whatever they show.
    """
    method: Method = AUTO
    """`published` keeps the sides that the set itself has, `ratio` splits all cells anew, and
    `auto` keeps the set's own where every cell has one and there are a train and a test side. What
    it came to stands in the run's `config.yaml`.
    """
    test: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the cells that are tested, where the sides are split by ratio."""
    validation: Fraction = 0.0
    """Share of the cells by which a training is stopped or its weights are chosen; cut from the
    training side, by source.
    """

    @model_validator(mode="after")
    def _leave_some_to_train_on(self) -> Split:
        if self.method != PUBLISHED and self.test + self.validation >= 1:
            raise ValueError("test and validation together must leave cells to train on")
        return self


class Evaluation(Section):
    """How often everything is trained and tested: once for each seed, and for each fold of it."""

    seeds: Positive = 1
    """How many times everything is repeated, with another split and other weights each time."""
    folds: Annotated[int, Field(ge=2)] | None = None
    """Cut the set into so many folds and test each by a network trained on the others: every cell
    is tested once by each seed, by a network that never saw its source.
    """
