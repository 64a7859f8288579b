"""Typed settings: everything that decides what a run computes, and what does not go together."""

from __future__ import annotations

from typing import Annotated

import yaml
from pydantic import Field, model_validator

from hybrid_wbc.config.choices import (
    AS_IS,
    AUTO,
    BOTH,
    CNN,
    GRADIENT_DESCENT,
    PUBLISHED,
    RATIO,
    REMOVED,
    SHAPE,
    Method,
    Section,
    Seed,
)
from hybrid_wbc.config.data import Data, Evaluation, Split
from hybrid_wbc.config.names import TARGET
from hybrid_wbc.config.network import Augmentation, Classifiers, Ensemble, Network, Training


class Config(Section):
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
    def _have_a_network_to_start_from(self) -> Config:
        approach = self.training.approach
        if approach == GRADIENT_DESCENT:
            return self
        for key, allowed, advice in (
            ("network.weights", self.network.weights not in {"none", "imagenet"}, "name a file"),
            ("classifiers.features", self.classifiers.features != SHAPE, "set cnn or both"),
            ("ensemble.networks", self.ensemble.networks is None, "leave it out"),
            ("network.statistics", self.network.statistics != TARGET, "set training"),
            (
                "training.best_weights and training.patience",
                not self.training.needs_validation,
                "leave both out",
            ),
        ):
            if not allowed:
                raise ValueError(
                    f"training.approach: {approach} makes the network of a given one, and {key} "
                    f"does not fit: {advice}, or set approach: {GRADIENT_DESCENT}"
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

    @property
    def finds_cells(self) -> bool:
        """Whether what is taken of a picture rests on the cell that is found in it."""
        return (
            self.data.crop != AS_IS
            or self.data.background == REMOVED
            or self.classifiers.features != CNN
        )

    def to_yaml(self) -> str:
        """Give the resolved settings as YAML, defaults included."""
        return yaml.safe_dump(self.model_dump(), sort_keys=False, allow_unicode=True)
