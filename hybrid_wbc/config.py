"""Typed settings and strict YAML: what a run is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hybrid_wbc.errors import InputError

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class _Loader(yaml.SafeLoader):
    """Safe YAML that also reads 1e-3 as a number, and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        doubled = {key for key in keys if keys.count(key) > 1}
        if doubled:
            raise yaml.YAMLError(f"key '{doubled.pop()}' is given twice")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, allow_inf_nan=False
    )


class Drawn(_Section):
    """Smears drawn by the program itself, where no photographs are at hand."""

    per_class: Positive = 40
    seed: Seed = 0


class Data(_Section):
    """Which cells, and how much of the picture each one is."""

    path: str | None = None
    synthetic: Drawn | None = None
    layout: str = "auto"
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    draw: Annotated[dict[str, Positive], Field(min_length=2)] | None = None
    include_mixed: bool = False
    margin: Annotated[float, Field(ge=0, le=2)] = 0.25
    middle: Annotated[float, Field(gt=0, le=1)] = 1.0
    size: Annotated[int, Field(ge=16, le=1024)] = 96


class Split(_Section):
    """Which side each cell lies on."""

    method: Literal["ratio", "folds", "published"] = "ratio"
    test: Annotated[float, Field(gt=0, lt=1)] = 0.3
    validation: Fraction = 0.0
    folds: Annotated[int, Field(ge=2)] = 5

    @model_validator(mode="after")
    def _leave_some_to_train_on(self) -> Split:
        if self.method == "ratio" and self.test + self.validation >= 1:
            raise ValueError("test and validation together must leave cells to train on")
        return self


class Network(_Section):
    """Which network, and where its five-unit layer stands."""

    name: str = "wbc23"
    embedding: Literal["auto", "class layer", "before class layer"] = "auto"
    dropout: Fraction | None = None
    views: Literal[1, 8] = 1


class Augmentation(_Section):
    """Ranges of the six operations; see `hybrid_wbc.cnn.augmentation.Augmentation`."""

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

    @property
    def ranges(self) -> dict[str, Any]:
        """What the warp takes: everything but whether it is used."""
        return self.model_dump(exclude={"enabled"})

    @model_validator(mode="after")
    def _order_the_scale(self) -> Augmentation:
        if self.scale[0] > self.scale[1]:
            raise ValueError("scale must be [smallest, largest]")
        return self


class Training(_Section):
    """How the network is fitted; see `hybrid_wbc.cnn.training.Recipe`."""

    epochs: Positive = 50
    batch_size: Annotated[int, Field(ge=2)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    class_weights: bool = False
    best_weights: bool = False
    patience: Positive | None = None

    @property
    def needs_validation(self) -> bool:
        """Whether anything is chosen by the validation side."""
        return self.best_weights or self.patience is not None


class Classifiers(_Section):
    """The three that take the embedding; see `hybrid_wbc.classical.classifiers`."""

    neighbours: Positive = 1
    svm: Literal["matlab", "sklearn"] = "matlab"
    trees: Positive = 20


class Config(_Section):
    """Everything that decides what a run computes."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    description: str = ""
    seed: Seed = 0
    seeds: Positive = 1
    data: Data = Data()
    split: Split = Split()
    network: Network = Network()
    augmentation: Augmentation = Augmentation()
    training: Training = Training()
    classifiers: Classifiers = Classifiers()

    @model_validator(mode="after")
    def _give_choices_a_validation_side(self) -> Config:
        if (
            self.training.needs_validation
            and self.split.method != "published"
            and self.split.validation == 0
        ):
            raise ValueError(
                "training.best_weights and training.patience choose by the validation side: "
                "set split.validation above 0"
            )
        return self

    def to_yaml(self) -> str:
        """Give the resolved settings as YAML, defaults included."""
        return yaml.safe_dump(self.model_dump(), sort_keys=False, allow_unicode=True)


def shipped() -> dict[str, Traversable]:
    """Find the configs that come with the program, by name."""
    installed = resources.files("hybrid_wbc") / "configs"
    # In a checkout they lie at the top; a built wheel holds them inside the package.
    folder: Traversable = installed if installed.is_dir() else Path(__file__).parents[1] / "configs"
    files = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    return {file.name.removesuffix(".yaml"): file for file in sorted(files, key=lambda f: f.name)}


def load(source: str | Path, changes: Sequence[str] = ()) -> Config:
    """Read a config file, or a shipped config by its name, and apply changes.

    Parameters
    ----------
    source : str or Path
        Path of a YAML file, or a name that `shipped` gives.
    changes : sequence of str
        Each "section.key=value"; the value is read as YAML.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        If the file is missing or not YAML, or a key or value is not allowed.
    """
    path = Path(source)
    if path.suffix not in {".yaml", ".yml"} and not path.is_file():
        names = shipped()
        if str(source) not in names:
            raise InputError(
                f"CONFIG: received '{source}', which is neither a file nor one of "
                f"{', '.join(names)}{_nearest(str(source), list(names))}"
            )
        text = names[str(source)].read_text(encoding="utf-8")
    else:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise InputError(f"{path}: cannot be read as a config: {reason}") from error
    try:
        settings = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise InputError(f"{source}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(settings, dict):
        raise InputError(f"{source}: a config is a mapping of keys, received {settings!r}")
    settings.setdefault("name", path.stem)
    for change in changes:
        _apply(settings, change)
    return resolve(settings, str(source))


def resolve(settings: dict[str, Any], source: str) -> Config:
    """Check settings and fill in the defaults.

    Parameters
    ----------
    settings : dict
        Nested, as a YAML file gives them.
    source : str
        Where they come from, for the error's sake.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        On the first key or value that is not allowed.
    """
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            siblings = _keys_beside(first["loc"])
            raise InputError(
                f"{source}: unknown key '{key}', choose from {', '.join(siblings)}"
                f"{_nearest(str(first['loc'][-1]), siblings)}"
            ) from error
        message = first["msg"].removeprefix("Value error, ")
        if isinstance(first["input"], BaseModel | dict) or not key:
            raise InputError(f"{source}: {f'{key}: ' if key else ''}{message}") from error
        raise InputError(f"{source}: {key}: received {first['input']!r}: {message}") from error


def _apply(settings: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise InputError(f"--set: received '{change}', write section.key=value")
    try:
        value = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise InputError(f"--set {key}: '{text}' is not a YAML value") from error
    *sections, last = key.split(".")
    for section in sections:
        inner = settings.get(section)
        if inner is None:
            inner = settings[section] = {}
        if not isinstance(inner, dict):
            raise InputError(f"--set: unknown key '{key}': '{section}' holds no further keys")
        settings = inner
    settings[last] = value


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    section: type[BaseModel] = Config
    for part in location[:-1]:
        default = section.model_fields[str(part)].annotation
        section = Drawn if str(part) == "synthetic" else default  # type: ignore[assignment]
    return list(section.model_fields)


def _nearest(received: str, choices: list[str]) -> str:
    near = difflib.get_close_matches(received, choices, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
