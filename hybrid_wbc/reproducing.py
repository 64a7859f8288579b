"""Reproduces a published system: what its paper says, what its protocol gives, and by source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid_wbc import config as configs
from hybrid_wbc import pipeline, preparing
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import reported
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import CONFIG, RunFolder, write_json
from hybrid_wbc.scoring import ScoredRun
from hybrid_wbc.settings import BINARY, Config
from hybrid_wbc.systems import Figure, Protocol, System

RESULTS = "reproductions"


@dataclass(frozen=True)
class Changes:
    """What the user changes of a recipe; None leaves it as it is.

    Parameters
    ----------
    epochs, seeds : int, optional
    weights : str, optional
        As `network.weights`.
    head : bool
        Put a five-unit layer into a network that has none, and fit the classifiers on it.
    others : sequence of str
        Each "section.key=value".
    """

    epochs: int | None = None
    seeds: int | None = None
    weights: str | None = None
    head: bool = False
    others: Sequence[str] = ()


def configure(system: System, protocol: Protocol, data: Path, changes: Changes) -> Config:
    """Resolve a recipe under one protocol, with the user's data and changes.

    Raises
    ------
    InputError
        If a key or value is not allowed.
    """
    settings = system.config(protocol).model_dump()
    settings["data"]["path"] = str(data)
    for section, key, value in (
        ("training", "epochs", changes.epochs),
        ("evaluation", "seeds", changes.seeds),
        ("network", "weights", changes.weights),
    ):
        if value is not None:
            settings[section][key] = value
    if changes.head and settings["network"]["embedding"] == "none":
        settings["network"]["embedding"] = "auto"
        settings["name"] += "-with-head"
    for change in changes.others:
        configs.apply(settings, change)
    return configs.resolve(settings, f"{system.name}.yaml, {protocol}")


def reproduce(
    system: System,
    settings: Mapping[Protocol, Config],
    out: Path,
    reporter_of: Callable[[RunFolder], Reporter],
) -> tuple[Path, dict[str, Any]]:
    """Run a system under each protocol, and set its figures beside the paper's.

    Where the newest run of a protocol was begun with these settings, it goes on from where it
    stands; a complete one is not run again.

    Parameters
    ----------
    system : System
    settings : mapping of str to Config
        By protocol, as `configure` gives them.
    out : Path
        Folder of the run folders; the result is kept in its folder `RESULTS`.
    reporter_of : callable
        Gives the reporter of a run folder.

    Returns
    -------
    path : Path
        Of the JSON file that keeps the result.
    result : dict
        "system", "title", "citation", "about", "data" (what the paper says of its data), "changed"
        (settings that are not the recipe's), "runs" (by protocol: what it rests on), "rows" (the
        paper's figures and ours; see `_row`), "contradictions" and "synthetic".

    Raises
    ------
    InputError
        If the data or settings cannot make a run.
    """
    runs = {}
    for protocol, config in settings.items():
        preparing.data_source(config)
        folder = _folder(config, out)
        try:
            pipeline.run(config, folder, reporter_of(folder))
        except InputError:
            folder.discard_unless_begun()
            raise
        runs[protocol] = ScoredRun(folder, config)
    result = {
        "system": system.name,
        "title": system.title,
        "citation": system.citation,
        "about": system.about,
        "data": system.dataset.model_dump(),
        "synthetic": any(run.metrics["synthetic"] for run in runs.values()),
        "changed": {
            protocol: _changed(system.config(protocol), config)
            for protocol, config in settings.items()
        },
        "runs": {protocol: run.facts() for protocol, run in runs.items()},
        "rows": _rows(system, settings, runs),
        "contradictions": [each.model_dump() for each in system.contradictions],
    }
    head = "-with-head" if any(c.name.endswith("-with-head") for c in settings.values()) else ""
    path = out / RESULTS / f"{system.name}{head}.json"
    write_json(path, result)
    return path, result


def _folder(config: Config, out: Path) -> RunFolder:
    """Find the newest run of these settings, or make its folder."""
    try:
        newest = RunFolder.newest(out, config.name)
    except InputError:
        newest = None
    if newest is not None and configs.load(newest.path / CONFIG) == config:
        return newest
    return RunFolder.create(out, config.name, config.to_yaml())


def _changed(recipe: Config, config: Config) -> list[str]:
    """Say which settings are not the recipe's, the place of the data apart."""
    before, after = recipe.model_dump(), config.model_dump()
    return [
        f"{section}.{key}: {value} instead of {before[section][key]}"
        for section, values in after.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if value != before[section][key] and (section, key) != ("data", "path")
    ]


def _rows(
    system: System, settings: Mapping[Protocol, Config], runs: Mapping[Protocol, ScoredRun]
) -> list[dict[str, Any]]:
    """Give the paper's figures with ours, and after the first those that the paper has not."""
    epochs = next(iter(settings.values())).training.epochs
    rows = []
    asked = set()
    for figure in system.figures:
        key = (figure.metric, figure.class_name, figure.classifier, figure.scored_on)
        # A figure after another number of epochs is the paper's alone.
        same = figure.epochs in (None, epochs)
        rows.append(_row(*key, runs if same else {}, figure))
        if same:
            asked.add(key)
    keys = {key for run in runs.values() for key in run.metrics["classifiers"]}
    ours = [("accuracy", None, key, "test") for key in sorted(keys)]
    if any(config.training.loss == BINARY for config in settings.values()):
        ours.append((reported.ELEMENT_WISE, None, "cnn", "test"))
    others = [_row(*key, runs, None) for key in ours if key not in asked]
    # The accuracies stand together, the paper's first.
    return [*rows[:1], *others, *rows[1:]]


def _row(
    metric: str,
    label: str | None,
    classifier: str,
    on: str,
    runs: Mapping[Protocol, ScoredRun],
    figure: Figure | None,
) -> dict[str, Any]:
    """Set one figure of the paper beside ours, each None where there is none."""
    scores = {protocol: run.score(metric, label, classifier, on) for protocol, run in runs.items()}
    published, by_source = scores.get("as published"), scores.get("by source")
    return {
        "metric": metric,
        "class": label,
        "classifier": classifier,
        "scored_on": on,
        "paper": None
        if figure is None
        else {
            "lowest": figure.span[0],
            "highest": figure.span[1],
            "words": figure.words,
            "epochs": figure.epochs,
            "basis": figure.basis,
            "place": figure.place,
        },
        "as published": published,
        "by source": by_source,
        "difference": reported.difference(published, by_source)
        if published and by_source
        else None,
    }
