"""A paper's recipe resolved: with the user's data and changes, for each protocol, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from hybrid_wbc.config import load as configs
from hybrid_wbc.config.choices import Protocol
from hybrid_wbc.config.data import Data
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.systems import PROTOCOLS, System
from hybrid_wbc.data.sets.catalog import DATASETS, Dataset
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.reproduction import Cut
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.run import check_names
from hybrid_wbc.studies import deduce

WITH_HEAD = "-with-head"
_FIXED = {
    "split.protocol": "each column has its own; choose with --protocol",
    "data.path": "give the data set with --data",
    "name": "a reproduction is named after its system and protocol",
}
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Changes:
    """What the user changes of a recipe; None leaves it as it is.

    Parameters
    ----------
    epochs, seeds : int, optional
    weights : str, optional
        As `network.weights`.
    head : bool
        Put an embedding layer into a network that has none, and fit the classifiers on it.
    others : sequence of str
        Each "section.key=value".
    """

    epochs: int | None = None
    seeds: int | None = None
    weights: str | None = None
    head: bool = False
    others: Sequence[str] = ()


@dataclass(frozen=True)
class Asked:
    """What the user asks to have reproduced, of whichever system.

    Parameters
    ----------
    data : Path
        Of the data set.
    protocols : sequence of {"as published", "by source"}
    changes : Changes
    deductions : bool
        Train also with each other value that the paper leaves open.
    """

    data: Path
    protocols: Sequence[Protocol] = PROTOCOLS
    changes: Changes = Changes()
    deductions: bool = False


@dataclass(frozen=True)
class Plan:
    """What a reproduction of one system trains.

    Parameters
    ----------
    system : System
    settings : mapping of str to Config
        By protocol.
    otherwise : list of Otherwise
        Of the first protocol, where the deductions were asked for.
    """

    system: System
    settings: Mapping[Protocol, Config]
    otherwise: list[deduce.Otherwise]

    @property
    def configs(self) -> list[Config]:
        """The settings of every run, in the order in which they are trained."""
        return [*self.settings.values(), *(each.config for each in self.otherwise)]


def configure(system: System, protocol: Protocol, data: Path, changes: Changes) -> Config:
    """Resolve a recipe under one protocol, with the user's data and changes.

    Raises
    ------
    InputError
        If a key or value is not allowed, or a change would make the columns untrue.
    """
    settings = system.config(protocol).model_dump()
    for change in changes.others:
        key = change.partition("=")[0]
        if key in _FIXED:
            raise InputError(f"--set {key}: {_FIXED[key]}")
        configs.apply(settings, change)
    settings["data"]["path"] = str(data)
    weights = changes.weights
    if weights is not None and Path(weights).is_file():
        weights = str(Path(weights).resolve())
    for section, key, value in (
        ("training", "epochs", changes.epochs),
        ("evaluation", "seeds", changes.seeds),
        ("network", "weights", weights),
    ):
        if value is not None:
            settings[section][key] = value
    if changes.head and settings["network"]["embedding"] == "none":
        settings["network"]["embedding"] = "auto"
        settings["name"] += WITH_HEAD
    return configs.resolve(settings, f"{system.name}.yaml, {protocol}")


def changed(recipe: Config, config: Config) -> list[str]:
    """Say which settings are not the recipe's, the place of the data apart."""
    before, after = recipe.model_dump(), config.model_dump()
    values = {"": {"seed": after["seed"]}} | {k: v for k, v in after.items() if isinstance(v, dict)}
    old = {"": before} | before
    return [
        f"{section}.{key}: {_base_name(value)} instead of {old[section][key]}".lstrip(".")
        for section, inner in values.items()
        for key, value in inner.items()
        if value != old[section][key] and (section, key) != ("data", "path")
    ]


def _base_name(value: Any) -> Any:
    """Give a file's name alone: a result may be passed on, and its folder is nobody's business."""
    return Path(value).name if isinstance(value, str) and Path(value).is_file() else value


def cuts(
    system: System,
    protocol: Protocol,
    config: Config,
    present: Mapping[str, int] | None = None,
) -> list[Cut]:
    """Say what a run has less of than the recipe: the figure is then of a shortened system.

    Fewer epochs, trainings or pixels; fewer images than the recipe takes of the paper's set; and
    weights that are drawn where the recipe's were trained before.

    Parameters
    ----------
    system : System
    protocol : Protocol
    config : Config
        The run's settings.
    present : mapping of str to int, optional
        Images of each class that were found of the paper's set; without it, all of them.
    """
    recipe = system.config(protocol)
    dataset = DATASETS[system.dataset.name]
    numbers: list[tuple[Literal["epochs", "trainings", "pixels", "images"], int, int]] = [
        ("epochs", config.training.epochs, recipe.training.epochs),
        ("trainings", config.evaluation.seeds, recipe.evaluation.seeds),
        ("pixels", config.data.size, recipe.data.size),
        ("images", _images(config.data, dataset, present), _images(recipe.data, dataset)),
    ]
    found: list[Cut] = [
        {"of": of, "here": here, "recipe": full} for of, here, full in numbers if here < full
    ]
    if config.network.weights == "none" != recipe.network.weights:
        found.append({"of": "weights", "here": "none", "recipe": recipe.network.weights})
    return found


def _images(data: Data, dataset: Dataset, present: Mapping[str, int] | None = None) -> int:
    """Count what settings take of a set as it was published, before copies are left out."""
    if data.draw:
        return sum(data.draw.values())
    published = dataset.sides.get(data.part or "", dataset.counts)
    counts = {
        name: count if present is None else min(count, present.get(name, 0))
        for name, count in published.items()
    }
    kept = set(map(class_name, data.classes or counts))
    taken = [count for name, count in counts.items() if name in kept]
    return min(taken) * len(taken) if data.balance else sum(taken)


def plan(system: System, asked: Asked, reporter: Reporter) -> Plan:
    """Resolve and check everything that a reproduction of a system trains.

    Raises
    ------
    InputError
        If a setting is not allowed, or names what does not exist.
    """
    settings: dict[Protocol, Config] = {
        protocol: configure(system, protocol, asked.data, asked.changes)
        for protocol in PROTOCOLS
        if protocol in asked.protocols
    }
    first = next(iter(settings))
    otherwise = deduce.alternatives(system, first, settings[first]) if asked.deductions else []
    if asked.deductions and not otherwise:
        reporter.say(f"{system.name}: its recipe names no other values")
    planned = Plan(system, settings, otherwise)
    for config in planned.configs:
        check_names(config)
    return planned


def plan_each(found: Sequence[System], asked: Asked, reporter: Reporter) -> Iterator[Plan]:
    """Plan the reproduction of each system; see `each_that_can`."""
    return each_that_can(found, lambda system: plan(system, asked, reporter), reporter)


def each_that_can(
    found: Sequence[System], do: Callable[[System], _Done], reporter: Reporter
) -> Iterator[_Done]:
    """Do for each system what can be done, and say which of several are left out.

    Parameters
    ----------
    found : sequence of System
    do : callable
        Takes a system.
    reporter : Reporter

    Yields
    ------
    object
        What `do` gives, each before the next is begun.

    Raises
    ------
    InputError
        At once where the system is the only one, else after the last, naming those left out.
    """
    left_out = []
    for system in found:
        try:
            done = do(system)
        except InputError as error:
            if len(found) == 1:
                raise
            left_out.append(system.name)
            reporter.say(f"{system.name}: left out: {error}\n")
        else:
            yield done
    if left_out:
        names = ", ".join(left_out)
        raise InputError(f"{len(left_out)} of {len(found)} systems did not run: {names}")
