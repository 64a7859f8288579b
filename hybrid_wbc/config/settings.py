"""Typed settings: everything that decides what a run computes, section by section."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hybrid_wbc.config.names import Normalisation, Stain

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
FEWEST_UNITS, MOST_UNITS = 2, 64
EmbeddingUnits = Annotated[int, Field(ge=FEWEST_UNITS, le=MOST_UNITS)]
Backbone = Literal["auto", "frozen", "trained"]
BACKBONE_CHOICES: tuple[Backbone, ...] = get_args(Backbone)
Precision = Literal["float32", "mixed bfloat16"]
Bundled = Literal["bcisc"]
BUNDLED: tuple[Bundled, ...] = get_args(Bundled)
Statistics = Literal["training", "target"]
# Of the pictures that are asked about.
TARGET: Final = "target"
Views = Literal[1, 8]
VIEWS: tuple[Views, ...] = get_args(Views)
Loss = Literal["categorical cross-entropy", "binary cross-entropy"]
CATEGORICAL: Final = "categorical cross-entropy"
BINARY: Final = "binary cross-entropy"
Schedule = Literal["constant", "cosine"]
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, allow_inf_nan=False
    )


class Drawn(_Section):
    """Smears drawn by the program itself, where no photographs are at hand."""

    per_class: Positive = 40
    seed: Seed = 0


class Data(_Section):
    """Which cells, how much of the picture each one is, and how its pixels are brought to size.

    The cells lie at `path`; without it they are a set that comes with the program (`bundled`), or
    drawn (`synthetic`). `part` keeps one of the sides that the set itself has; `draw` a number of
    each class, and `balance` as many of each as the smallest class has. Pictures are resized to
    `through` first, where that is set. A second set at `test_path` is the whole test side, and
    `path` the rest; number and balance are then of the training set. `path` may be a list of sets,
    all but the first of which the resolved settings name as `more_paths`: the classes that all of
    them have are one set of cells. `fitted` cuts out the cell with its `margin`, so that cells of
    every magnification come out at one size. `background: removed` finds the cell's own mask and
    makes all else grey (level 127 in each channel): glass, red cells and other white cells. `stain`
    brings each picture's colours to a fixed reference. `labels` names a table of ids and labels
    that correct those of the set.
    """

    path: str | None = None
    more_paths: list[str] = []
    bundled: Bundled | None = None
    test_path: str | None = None
    synthetic: Drawn | None = None
    layout: str = "auto"
    labels: str | None = None
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    part: Side | None = None
    draw: Annotated[dict[str, Positive], Field(min_length=2)] | None = None
    balance: bool = False
    include_mixed: bool = False
    margin: Annotated[float, Field(ge=0, le=2)] = 0.25
    middle: Annotated[float, Field(gt=0, le=1)] = 1.0
    crop: Crop = AS_IS
    background: Background = AS_IS
    size: Annotated[int, Field(ge=16, le=1024)] = 96
    through: Annotated[int, Field(ge=16, le=1024)] | None = None
    colour: Colour = "rgb"
    stain: Stain = AS_IS

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


class Split(_Section):
    """Which side each cell lies on.

    By source no photograph lies on two sides. As published the files are split as papers split
    them, whatever they show. The method `published` keeps the sides that the set itself has and
    `ratio` splits all cells anew; `auto` keeps the set's own where every cell has one and there are
    a train and a test side. What it came to stands in the run's own settings.
    """

    protocol: Protocol = BY_SOURCE
    method: Method = AUTO
    test: Annotated[float, Field(gt=0, lt=1)] = 0.3
    validation: Fraction = 0.0

    @model_validator(mode="after")
    def _leave_some_to_train_on(self) -> Split:
        if self.method != PUBLISHED and self.test + self.validation >= 1:
            raise ValueError("test and validation together must leave cells to train on")
        return self


class Evaluation(_Section):
    """How often everything is trained and tested: once for each seed, and for each fold of it.

    With folds every cell is tested once by each seed, by a network that never saw its source, or,
    as published, its file.
    """

    seeds: Positive = 1
    folds: Annotated[int, Field(ge=2)] | None = None


class Network(_Section):
    """Which network, where its embedding layer stands, and what its weights start from.

    Embedding units are how many numbers the classifiers take of each cell, five in the hybrid
    paper. Without an embedding layer only the network's own softmax is scored. To standardise is to
    take the mean of the training images from each channel and divide by their standard deviation.
    Normalisation is the kind of the network's own normalisation layers, those of Keras
    Applications apart; `fixed` keeps the statistics of the starting weights. A frozen backbone
    keeps them too, with all of its weights.
    Precision is what the layers up to the features are computed in; their weights stay float32.
    Width is how many times as many filters and dense units as the network's own there are, those
    of a backbone, the embedding and the classes apart.
    Statistics are those of batch normalisation when a trained network is used: the training
    images', or those of the target, without its labels: of the whole set at `data.test_path`, or of
    the pictures given to `predict`. (Li et al. 2018, "Adaptive Batch Normalization",
    https://doi.org/10.1016/j.patcog.2018.03.005) The answer for a picture then depends on the
    others, and on how many there are of each class.
    Weights are `none` (drawn by the seed), `imagenet`, or the path of a file; see
    `hybrid_wbc.cnn.networks.build`.
    """

    name: str = "wbc23"
    embedding: Placing = "auto"
    embedding_units: EmbeddingUnits = 5
    standardise: bool = False
    dropout: Fraction | None = None
    weights: str = "none"
    backbone: Backbone = "auto"
    normalisation: Normalisation = "batch"
    statistics: Statistics = "training"
    precision: Precision = "float32"
    width: Annotated[float, Field(gt=0)] = 1.0
    views: Views = 1

    @model_validator(mode="after")
    def _have_statistics_to_take(self) -> Network:
        if self.statistics == TARGET and (
            self.normalisation != "batch" or self.backbone == "frozen"
        ):
            raise ValueError(
                f"statistics: {TARGET} is of batch normalisation that is trained: set "
                "normalisation: batch, and no frozen backbone"
            )
        return self


class ColourChanges(_Section):
    """Ranges of random changes of colour; all are zero, which changes nothing, unless set.

    Stain scale is the largest change of each stain's concentration either way, as the logarithm of
    a factor: 0.2 is from 0.82 to 1.22 times. Stain shift is the largest optical density, to the
    base e, that is added of each stain's colour or taken away: 0.1 is a tenth of the light. The
    stains are the two of Romanowsky smears (May-Grünwald-Giemsa, Wright), and what neither absorbs;
    each is drawn for itself. Brightness is the largest shift either way as a fraction of white;
    contrast (about the picture's mean) and saturation are logarithms of factors; hue is the largest
    turn about the grey axis either way, in degrees. See `hybrid_wbc.cnn.recolouring.ColourChanges`.
    """

    stain_scale: Annotated[float, Field(ge=0, le=1)] = 0.0
    stain_shift: Annotated[float, Field(ge=0, le=1)] = 0.0
    brightness: Annotated[float, Field(ge=0, le=1)] = 0.0
    contrast: Annotated[float, Field(ge=0, le=1)] = 0.0
    hue: Annotated[float, Field(ge=0, le=180)] = 0.0
    saturation: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def changes_light(self) -> bool:
        """Whether anything is changed in RGB."""
        return bool(self.brightness or self.contrast or self.hue or self.saturation)

    @property
    def changes_stain(self) -> bool:
        """Whether any stain's concentration is changed."""
        return bool(self.stain_scale or self.stain_shift)


class Augmentation(_Section):
    """Ranges of the six operations, which the hybrid paper names and gives no ranges of.

    And of changes of colour, which it does not name.

    Reflections left to right (x) and top to bottom (y) have probability one half each. Translations
    are the largest shift either way, as a fraction of the width and of the height. Rotation is the
    largest turn either way, in degrees. Scale is the smallest and largest magnification, drawn
    evenly on a logarithmic scale. See `hybrid_wbc.cnn.augmentation.Augmentation`.
    """

    enabled: bool = True
    reflect_x: bool = True
    reflect_y: bool = True
    translate_x: Annotated[float, Field(ge=0, le=1)] = 0.1
    translate_y: Annotated[float, Field(ge=0, le=1)] = 0.1
    rotation: Annotated[float, Field(ge=0, le=180)] = 180.0
    scale: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)] = [
        0.9,
        1.1,
    ]
    colour: ColourChanges = ColourChanges()

    @model_validator(mode="after")
    def _order_the_scale(self) -> Augmentation:
        if self.scale[0] > self.scale[1]:
            raise ValueError("scale must be [smallest, largest]")
        return self


class Training(_Section):
    """How the network is fitted; the defaults are the hybrid paper's where it states them.

    Momentum is of stochastic gradient descent; Adam has its own. The learning rate is that at the
    start: it is kept, or lowered along half a cosine to zero at the last step, after it has risen
    linearly from zero over the epochs of the warm-up. A backbone is moved at `backbone_rate` times
    that rate: below 1 it stays closer to its starting weights. Weight decay is decoupled and spares
    biases and normalisation. Class weights weigh each image by the inverse of its class's
    frequency. Balanced draws as many images of each class an epoch, and of each set where there are
    several, those of the scarce repeatedly. Best weights ends with those of the lowest validation
    loss rather than the last; patience stops after so many epochs without a lower one. See
    `hybrid_wbc.cnn.optimisation.Recipe`.
    """

    epochs: Positive = 50
    batch_size: Annotated[int, Field(ge=2)] = 32
    loss: Loss = CATEGORICAL
    optimizer: Literal["adam", "sgd"] = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    schedule: Schedule = "constant"
    backbone_rate: Annotated[float, Field(gt=0)] = 1.0
    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    class_weights: bool = False
    balanced: bool = False
    best_weights: bool = False
    patience: Positive | None = None

    @model_validator(mode="after")
    def _even_classes_out_once(self) -> Training:
        if self.class_weights and self.balanced:
            raise ValueError("class_weights and balanced both make up for scarcity: choose one")
        return self

    @property
    def needs_validation(self) -> bool:
        """Whether anything is chosen by the validation side."""
        return self.best_weights or self.patience is not None


class Classifiers(_Section):
    """What takes the embedding: the paper's three, and others that are named as `extra`.

    `list classifiers` and `hybrid_wbc.classical.classifiers` name the choices. `tune` chooses the
    settings of all of them, or of those that are named, on the training side alone; see
    `hybrid_wbc.classical.tuning`.
    """

    neighbours: Positive = 1
    svm: Literal["matlab", "sklearn"] = "matlab"
    trees: Positive = 20
    extra: list[str] = []
    tune: bool | list[str] = False


class Ensemble(_Section):
    """Several networks, each trained without another part of the training side.

    Their softmax probabilities are averaged and scored beside the classifiers. No number means
    none: each one costs a training.
    """

    networks: Annotated[int, Field(ge=2)] | None = None


class Config(_Section):
    """Everything that decides what a run computes."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    description: str = ""
    seed: Seed = 0
    data: Data = Data()
    split: Split = Split()
    evaluation: Evaluation = Evaluation()
    network: Network = Network()
    augmentation: Augmentation = Augmentation()
    training: Training = Training()
    classifiers: Classifiers = Classifiers()
    ensemble: Ensemble = Ensemble()

    @model_validator(mode="after")
    def _cut_folds_from_the_whole_set(self) -> Config:
        if self.evaluation.folds and self.split.method == PUBLISHED:
            raise ValueError(
                "evaluation.folds cuts the whole set anew and split.method: published keeps the "
                "set's own sides: choose one"
            )
        return self

    @model_validator(mode="after")
    def _take_the_sides_from_two_sets(self) -> Config:
        if self.data.test_path is None:
            return self
        if (
            self.split.method == RATIO
            or self.evaluation.folds is not None
            or self.data.part is not None
        ):
            raise ValueError(
                "data.test_path makes each set one side: set split.method: published, without "
                "data.part or evaluation.folds"
            )
        return self

    @model_validator(mode="after")
    def _correct_one_set(self) -> Config:
        if self.data.labels is not None and (self.data.test_path or self.data.more_paths):
            raise ValueError(
                "data.labels corrects one set: leave it out beside data.test_path and further sets"
            )
        return self

    @model_validator(mode="after")
    def _take_statistics_from_another_set(self) -> Config:
        if self.network.statistics == TARGET and self.data.test_path is None:
            raise ValueError(
                f"network.statistics: {TARGET} takes them from a second set: give data.test_path, "
                "or set training"
            )
        return self

    @model_validator(mode="after")
    def _keep_grey_pictures_grey(self) -> Config:
        colour = self.augmentation.colour
        if self.data.colour == "grey" and (colour.changes_stain or colour.hue or colour.saturation):
            raise ValueError(
                "augmentation.colour changes stains, hue and saturation of colours: set "
                "data.colour: rgb, or these to 0"
            )
        return self

    @model_validator(mode="after")
    def _give_choices_a_validation_side(self) -> Config:
        if (
            self.training.needs_validation
            and self.split.method != PUBLISHED
            and self.split.validation == 0
        ):
            raise ValueError(
                "training.best_weights and training.patience choose by the validation side: set "
                "split.method: published where the set has one, else set split.validation above 0"
            )
        return self

    def decided(self, method: Method) -> Config:
        """Give the same settings with the method of the split that `auto` came to."""
        if self.split.method != AUTO:
            return self
        return self.model_copy(update={"split": self.split.model_copy(update={"method": method})})

    def to_yaml(self) -> str:
        """Give the resolved settings as YAML, defaults included."""
        return yaml.safe_dump(self.model_dump(), sort_keys=False, allow_unicode=True)
