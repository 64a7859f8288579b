"""Owns what settings can be: the words and numbers allowed, and the base of every section."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Side = Literal["train", "validation", "test"]
SIDES: tuple[Side, ...] = get_args(Side)
Protocol = Literal["by source", "as published"]
BY_SOURCE: Final = "by source"
AS_PUBLISHED: Final = "as published"
Method = Literal["auto", "ratio", "published"]
METHODS: tuple[Method, ...] = get_args(Method)
AUTO: Final = "auto"
RATIO: Final = "ratio"
PUBLISHED: Final = "published"
# Of pictures that are neither cut nor changed in colour.
AS_IS: Final = "as is"
FITTED: Final = "fitted"
Crop = Literal["as is", "located", "fitted"]
Background = Literal["as is", "removed"]
REMOVED: Final = "removed"
Colour = Literal["rgb", "grey"]
Placing = Literal["auto", "class layer", "before class layer", "none"]
PLACINGS: tuple[Placing, ...] = get_args(Placing)
# Pixels of a side that a network takes.
SMALLEST_SIZE, LARGEST_SIZE = 16, 1024
FEWEST_UNITS, MOST_UNITS = 2, 64
EmbeddingUnits = Annotated[int, Field(ge=FEWEST_UNITS, le=MOST_UNITS)]
Backbone = Literal["auto", "frozen", "trained"]
BACKBONE_CHOICES: tuple[Backbone, ...] = get_args(Backbone)
Precision = Literal["float32", "mixed bfloat16"]
Features = Literal["cnn", "shape", "both"]
FEATURES: tuple[Features, ...] = get_args(Features)
CNN: Final = "cnn"
SHAPE: Final = "shape"
BOTH: Final = "both"
# Whose answer is counted where several classifiers answer.
Answer = Literal["auto", "vote", "cnn"]
Views = Literal[1, 8]
VIEWS: tuple[Views, ...] = get_args(Views)
Loss = Literal["categorical cross-entropy", "binary cross-entropy"]
CATEGORICAL: Final = "categorical cross-entropy"
BINARY: Final = "binary cross-entropy"
Evening = Literal["square root"]
SQUARE_ROOT: Final = "square root"
Schedule = Literal["constant", "cosine"]
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
Approach = Literal[
    "gradient descent", "given embedding", "new embedding", "fine-tuned", "best of folds"
]
APPROACHES: tuple[Approach, ...] = get_args(Approach)
GRADIENT_DESCENT: Final = "gradient descent"
GIVEN_EMBEDDING: Final = "given embedding"
NEW_EMBEDDING: Final = "new embedding"
FINE_TUNED: Final = "fine-tuned"
BEST_OF_FOLDS: Final = "best of folds"


class Section(BaseModel):
    """What every section has in common: known keys alone, of their own types, never changed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        # The text below each setting is what `hybrid-wbc settings` and the site say of it.
        use_attribute_docstrings=True,
    )
