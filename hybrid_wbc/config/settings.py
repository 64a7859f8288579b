"""Typed settings: everything that decides what a run computes, section by section."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

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
Features = Literal["cnn", "shape", "both"]
FEATURES: tuple[Features, ...] = get_args(Features)
CNN: Final = "cnn"
SHAPE: Final = "shape"
BOTH: Final = "both"
Views = Literal[1, 8]
VIEWS: tuple[Views, ...] = get_args(Views)
Loss = Literal["categorical cross-entropy", "binary cross-entropy"]
CATEGORICAL: Final = "categorical cross-entropy"
BINARY: Final = "binary cross-entropy"
Schedule = Literal["constant", "cosine"]
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        # The text below each setting is what `hybrid-wbc settings` and the site say of it.
        use_attribute_docstrings=True,
    )


class Drawn(_Section):
    """Smears drawn by the program itself, where no photographs are at hand."""

    per_class: Positive = 40
    """Cells drawn of each class."""
    seed: Seed = 0
    """Seeds the drawing."""


class Data(_Section):
    """Which cells, how much of the picture each one is, and how its pixels are brought to size."""

    path: str | None = None
    """Folder, table or `.npz` of the cells; `--data` overrides it. Of a list of sets, the classes
    that all of them have are one set of cells.
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
    size: Annotated[int, Field(ge=16, le=1024)] = 96
    """Height and width that the network takes, in pixels."""
    through: Annotated[int, Field(ge=16, le=1024)] | None = None
    """Height and width that pictures are resized to first, in pixels."""
    colour: Colour = "rgb"
    """Three channels, or one of grey levels."""
    stain: Stain = AS_IS
    """Brings each picture's colours to a fixed reference, each picture by itself."""

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


class Evaluation(_Section):
    """How often everything is trained and tested: once for each seed, and for each fold of it."""

    seeds: Positive = 1
    """How many times everything is repeated, with another split and other weights each time."""
    folds: Annotated[int, Field(ge=2)] | None = None
    """Cut the set into so many folds and test each by a network trained on the others: every cell
    is tested once by each seed, by a network that never saw its source.
    """


class Network(_Section):
    """Which network, where its embedding layer stands, and what its weights start from."""

    name: str = "wbc23"
    """`hybrid-wbc list networks` names the choices."""
    embedding: Placing = "auto"
    """Where the embedding layer stands: its units are the class scores, a class layer follows it,
    or there is none and only the network's own softmax is scored.
    """
    embedding_units: EmbeddingUnits = 5
    """How many numbers the classifiers take of each cell; five in the hybrid paper."""
    standardise: bool = False
    """Take the mean of the training images from each channel and divide by their standard
    deviation.
    """
    dropout: Fraction | None = None
    """Rate of the network's dropout layers; by default the network's own."""
    weights: str = "none"
    """What the weights start from: `none` (drawn by the seed), `imagenet`, or the path of a file.
    """
    backbone: Backbone = "auto"
    """`frozen` keeps a backbone's weights and statistics, `trained` trains them on; `auto` does as
    the paper does.
    """
    normalisation: Normalisation = "batch"
    """Kind of the network's own normalisation layers. `fixed` keeps the statistics of the starting
    weights.
    """
    statistics: Statistics = "training"
    """Statistics of batch normalisation when a trained network is used: of the training images, or
    of the target without its labels (the set at `data.test_path`, or the pictures given to
    `predict`). An answer then depends on the other pictures. (Li et al. 2018,
    https://doi.org/10.1016/j.patcog.2018.03.005)
    """
    precision: Precision = "float32"
    """What the layers up to the features are computed in; their weights stay float32."""
    width: Annotated[float, Field(gt=0)] = 1.0
    """How many times as many filters and dense units as the network's own; a backbone, the
    embedding and the classes apart.
    """
    views: Views = 1
    """1 takes each image as it is, 8 the mean over its quarter-turns and their mirror images."""

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
    """Random changes of colour, drawn anew for each training image; all are off unless set.

    The stains are the two of Romanowsky smears (May-Grünwald-Giemsa, Wright), and what neither
    absorbs; each is drawn for itself. See `hybrid_wbc.cnn.recolouring.ColourChanges`.
    """

    stain_scale: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest change of each stain's concentration either way, as the logarithm of a factor: 0.2 is
    from 0.82 to 1.22 times.
    """
    stain_shift: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest optical density, to the base e, added of each stain's colour or taken away: 0.1 is a
    tenth of the light.
    """
    brightness: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest shift either way, as a fraction of white."""
    contrast: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest change about the picture's mean either way, as the logarithm of a factor."""
    hue: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Largest turn about the grey axis either way, in degrees."""
    saturation: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest change either way, as the logarithm of a factor."""

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

    Changes of colour, which it does not name, are in `augmentation.colour`. See
    `hybrid_wbc.cnn.augmentation.Augmentation`.
    """

    enabled: bool = True
    """Whether training images are changed at random at all."""
    reflect_x: bool = True
    """Mirror left to right, half of the time."""
    reflect_y: bool = True
    """Mirror top to bottom, half of the time."""
    translate_x: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest shift either way, as a fraction of the width."""
    translate_y: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest shift either way, as a fraction of the height."""
    rotation: Annotated[float, Field(ge=0, le=180)] = 180.0
    """Largest turn either way, in degrees."""
    scale: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)] = [
        0.9,
        1.1,
    ]
    """Smallest and largest magnification, drawn evenly on a logarithmic scale."""
    colour: ColourChanges = ColourChanges()

    @model_validator(mode="after")
    def _order_the_scale(self) -> Augmentation:
        if self.scale[0] > self.scale[1]:
            raise ValueError("scale must be [smallest, largest]")
        return self


class Training(_Section):
    """How the network is fitted; the defaults are the hybrid paper's where it states them.

    See `hybrid_wbc.cnn.optimisation.Recipe`.
    """

    epochs: Positive = 50
    """How many times the training images are gone through."""
    batch_size: Annotated[int, Field(ge=2)] = 32
    """Images in each step."""
    loss: Loss = CATEGORICAL
    """What is minimised. With binary cross-entropy Keras reports element-wise accuracy, which is
    told beside the share of images that are right.
    """
    optimizer: Literal["adam", "sgd"] = "adam"
    """Adam, or stochastic gradient descent."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Of stochastic gradient descent; Adam has its own."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    """That at the start, after the warm-up."""
    schedule: Schedule = "constant"
    """Keep the learning rate, or lower it along half a cosine to zero at the last step."""
    backbone_rate: Annotated[float, Field(gt=0)] = 1.0
    """A backbone's share of the learning rate; below 1 it stays closer to its starting weights."""
    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    """Epochs over which the learning rate rises from zero."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Decoupled; spares biases and normalisation."""
    class_weights: bool = False
    """Weigh each image by the inverse of its class's frequency."""
    balanced: bool = False
    """Draw as many images of each class an epoch, and of each set where there are several, those of
    the scarce repeatedly.
    """
    best_weights: bool = False
    """End with the weights of the lowest validation loss rather than the last."""
    patience: Positive | None = None
    """Stop after so many epochs without a lower validation loss."""

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

    `hybrid-wbc list classifiers` names the choices.
    """

    features: Features = CNN
    """What the classifiers take of each cell: the network's embedding (`cnn`), sixteen hand-made
    features measured of the masks that are found of nucleus and cell (`shape`), or both. With
    `shape` no network is trained.
    """
    neighbours: Positive = 1
    """How many neighbours KNN asks."""
    svm: Literal["matlab", "sklearn"] = "matlab"
    """The cubic kernel's scale: MATLAB's (1 + x·y)³, or scikit-learn's default."""
    trees: Positive = 20
    """How many trees the random forest has."""
    extra: list[str] = []
    """Classifiers of scikit-learn to score beside the paper's three."""
    tune: bool | list[str] = False
    """Choose settings by a search on the training side alone, for all classifiers or those named.
    """

    @property
    def options(self) -> dict[str, Any]:
        """What `classical.classifiers.build` takes of these settings."""
        return self.model_dump(exclude={"features", "tune"})


class Ensemble(_Section):
    """Several networks, each trained without another part of the training side.

    Their softmax probabilities are averaged and scored beside the classifiers. No number means
    none: each one costs a training.
    """

    networks: Annotated[int, Field(ge=2)] | None = None
    """How many networks, each trained without another part of the training side; each costs a
    training.
    """


class Config(_Section):
    """Everything that decides what a run computes."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    """What the run's folder is called after."""
    description: str = ""
    """Shown on the page."""
    seed: Seed = 0
    """The first repeat's; the others count up from it."""
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
    def _train_the_network_that_is_asked(self) -> Config:
        features = self.classifiers.features
        if features == BOTH and self.network.embedding == "none":
            raise ValueError(
                "classifiers.features: both takes an embedding, and network.embedding: none leaves "
                "it out: set features: shape, or another embedding"
            )
        if features == SHAPE and self.ensemble.networks is not None:
            raise ValueError(
                "classifiers.features: shape trains no network, and ensemble.networks asks for "
                "several: set features: both, or leave the ensemble out"
            )
        if features == SHAPE and self.network.statistics == TARGET:
            raise ValueError(
                "classifiers.features: shape trains no network whose statistics could be the "
                "target's: set features: both, or network.statistics: training"
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
