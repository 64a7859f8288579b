"""Typed settings of what is trained: the network, its training, and what takes its numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from hybrid_wbc.config.choices import (
    CATEGORICAL,
    CNN,
    GRADIENT_DESCENT,
    Answer,
    Approach,
    Backbone,
    EmbeddingUnits,
    Evening,
    Features,
    Fraction,
    Loss,
    Placing,
    Positive,
    Precision,
    Schedule,
    Section,
    Views,
)
from hybrid_wbc.config.names import TARGET, Normalisation, Statistics


class Network(Section):
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

    @property
    def trains_normalisation(self) -> bool:
        """Whether its batch normalisation can take other statistics than those of the training."""
        return self.normalisation == "batch" and self.backbone != "frozen"

    @model_validator(mode="after")
    def _have_statistics_to_take(self) -> Network:
        if self.statistics == TARGET and not self.trains_normalisation:
            raise ValueError(
                f"statistics: {TARGET} is of batch normalisation that is trained: set "
                "normalisation: batch, and no frozen backbone"
            )
        return self


class ColourChanges(Section):
    """Random changes of colour, drawn anew for each training image; all are off unless set.

    The stains are the two of Romanowsky smears (May-Grünwald-Giemsa, Wright), and what neither
    absorbs; each is drawn for itself.
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


class SharpnessChanges(Section):
    """Random loss of sharpness, drawn anew for each training image; all is off unless set."""

    blur: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Largest standard deviation of a Gaussian that half of the pictures are blurred by, in pixels
    of the size that the network takes.
    """
    noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest standard deviation of noise in each channel, as a fraction of white."""


class Augmentation(Section):
    """Ranges of the six operations, which the hybrid paper names and gives no ranges of.

    Changes of colour and of sharpness, which it does not name, are in `augmentation.colour` and
    `augmentation.sharpness`.
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
    sharpness: SharpnessChanges = SharpnessChanges()

    @model_validator(mode="after")
    def _order_the_scale(self) -> Augmentation:
        if self.scale[0] > self.scale[1]:
            raise ValueError("scale must be [smallest, largest]")
        return self


class Training(Section):
    """How the network is fitted; the defaults are the hybrid paper's where it states them."""

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
    refined_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the epochs, the last of them and one at least, that change the form of images alone,
    and neither colours nor sharpness (He et al. 2019, arXiv 1909.09148): a network that has learned
    under strong changes gets to know images as they are.
    """
    averaged_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the epochs, the last of them and one at least, over whose ends the weights are
    averaged (Izmailov et al. 2018, arXiv 1803.05407): one network that answers much like several.
    """
    class_weights: bool = False
    """Weigh each image by the inverse of its class's frequency."""
    balanced: bool | Evening = False
    """Draw as many images of each class an epoch, and of each set where there are several, those of
    the scarce repeatedly. `square root` evens out half as much: as many as the square root of their
    number has of all (Mahajan et al. 2018, arXiv 1805.00932), so that a small set does not take
    most of the epoch from a large one.
    """
    best_weights: bool = False
    """End with the weights of the lowest validation loss rather than the last."""
    patience: Positive | None = None
    """Stop after so many epochs without a lower validation loss."""
    approach: Approach = GRADIENT_DESCENT
    """How a network is made for these classes. `gradient descent` trains it as the other settings
    here say. The others take the network that `network.weights` names as a file: `given embedding`
    keeps its embedding, `new embedding` fits a linear embedding to what stands before it, the rest
    frozen, `fine-tuned` trains all of that on, and `best of folds` takes the one of them that has
    the best score on folds of the training side.
    """

    @model_validator(mode="after")
    def _even_classes_out_once(self) -> Training:
        if self.class_weights and self.balanced:
            raise ValueError("class_weights and balanced both make up for scarcity: choose one")
        return self

    @model_validator(mode="after")
    def _end_with_one_kind_of_weights(self) -> Training:
        if self.averaged_share and self.needs_validation:
            raise ValueError(
                "averaged_share takes the last epochs, best_weights and patience the best one: "
                "choose one"
            )
        return self

    @property
    def refined_epochs(self) -> int:
        """How many of the last epochs change the form of images alone."""
        return self._last(self.refined_share)

    @property
    def averaged_epochs(self) -> int:
        """Over the ends of how many of the last epochs the weights are averaged."""
        return self._last(self.averaged_share)

    def _last(self, share: float) -> int:
        return max(1, round(share * self.epochs)) if share else 0

    @property
    def needs_validation(self) -> bool:
        """Whether anything is chosen by the validation side."""
        return self.best_weights or self.patience is not None


class Classifiers(Section):
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
    answer: Answer = "auto"
    """Whose class `predict` counts, and gives a probability and a set: the soft vote's, the
    network's own softmax (`cnn`), or with `auto` the first of vote, ensemble and softmax that there
    is.
    """

    @property
    def options(self) -> dict[str, Any]:
        """What `classical.classifiers.build` takes of these settings."""
        return self.model_dump(exclude={"features", "tune", "answer"})


class Ensemble(Section):
    """Several networks, each trained without another part of the training side.

    Their softmax probabilities are averaged and scored beside the classifiers. No number means
    none: each one costs a training.
    """

    networks: Annotated[int, Field(ge=2)] | None = None
    """How many networks, each trained without another part of the training side; each costs a
    training.
    """
