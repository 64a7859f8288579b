"""Reproduces a published system: what its paper says, what its protocol gives, and by source."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.config.choices import AS_PUBLISHED, BINARY, BY_SOURCE, PUBLISHED, Protocol
from hybrid_wbc.config.settings import Config
from hybrid_wbc.config.systems import Figure, Metric, ScoredOn, System
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import reported
from hybrid_wbc.evaluation.reproduction import Reproduction, Row, is_held_out_accuracy
from hybrid_wbc.files import write_text
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.pages import reproduction
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import discarded_unless_begun, reporter_of
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import prepare, repeats
from hybrid_wbc.stages.data_facts import is_of_these_data
from hybrid_wbc.stages.run import run
from hybrid_wbc.stages.sets import data_source
from hybrid_wbc.studies import deduce, formats, recipe
from hybrid_wbc.studies.recipe import WITH_HEAD, Asked, each_that_can, plan
from hybrid_wbc.studies.score import ScoredRun

if TYPE_CHECKING:
    from distributed import Client

RESULTS = "reproductions"

_Key = tuple[Metric, str | None, str, ScoredOn]
"""What a figure is of: its metric, class, classifier and side."""


def reproduce(
    system: System,
    settings: Mapping[Protocol, Config],
    out: Path,
    reporter_of: Callable[[RunFolder], Reporter] = reporter_of,
    *,
    otherwise: Sequence[deduce.Otherwise] = (),
    command: Sequence[str] = (),
    client: Client | None = None,
) -> tuple[Path, Reproduction]:
    """Run a system under each protocol, and set its figures beside the paper's.

    A run that was begun with these settings on these data goes on from where it stands; a complete
    one is not run again. Both protocols are tried on the data before either is trained.

    Parameters
    ----------
    system : System
    settings : mapping of str to Config
        By protocol, as `recipe.configure` gives them.
    out : Path
        Folder of the run folders; the result is kept in its folder `RESULTS`.
    reporter_of : callable
        Gives the reporter of a run folder.
    otherwise : sequence of Otherwise
        Of the first protocol, to train and to set beside it.
    command : sequence of str
        What makes it again, for the page.
    client : distributed.Client, optional
        Of a cluster whose workers train the networks.

    Returns
    -------
    page : Path
        Beside it lies the JSON file of the same name, which keeps the result.
    result : Reproduction

    Raises
    ------
    InputError
        If the data or settings cannot make a run.
    """
    folders = {p: _folder(config, out, reporter_of) for p, config in settings.items()}
    with discarded_unless_begun(*folders.values()):
        for protocol, config in settings.items():
            if not folders[protocol].is_complete:
                reporter = reporter_of(folders[protocol])
                with _named(system, protocol, config):
                    repeats.repeats(config, prepare.prepare(config, folders[protocol], reporter))
    runs = {p: _scored(config, folders[p], reporter_of, client) for p, config in settings.items()}
    rows = _rows(system, settings, runs)
    result: Reproduction = {
        "system": system.name,
        "title": system.title,
        "citation": system.citation,
        "about": system.about,
        "data": {"name": system.dataset.name, "says": system.dataset.says},
        "synthetic": any(run.metrics["synthetic"] for run in runs.values()),
        "other_data": any(run.dataset != system.dataset.name for run in runs.values()),
        "changed": {
            protocol: recipe.changed(system.config(protocol), config)
            for protocol, config in settings.items()
        },
        "cuts": {
            protocol: recipe.cuts(
                system, protocol, config, _present(system, config, folders[protocol])
            )
            for protocol, config in settings.items()
        },
        "runs": {protocol: run.facts() for protocol, run in runs.items()},
        "rows": rows,
        "contradictions": [
            {"bears_on": [*each.bears_on], "says": each.says} for each in system.contradictions
        ],
        "deductions": [],
    }
    kept_at = out / RESULTS / _name(system, settings)
    page = _keep(result, kept_at, command)
    if otherwise:
        first = next(iter(settings))
        accuracies = (
            (row["metric"], row["classifier"]) for row in rows if is_held_out_accuracy(row)
        )
        result["deductions"] = deduce.measure(
            otherwise,
            ScoredRun(folders[first], settings[first], deduce.SEEDS),
            list(dict.fromkeys(accuracies)),
            lambda config: _scored(config, _folder(config, out, reporter_of), reporter_of, client),
        )
        page = _keep(result, kept_at, command)
    return page, result


@contextmanager
def _named(system: System, protocol: Protocol, config: Config) -> Iterator[None]:
    """Say which recipe asks for sides that the data may not have."""
    try:
        yield
    except InputError as error:
        if config.data.part is None and config.split.method != PUBLISHED:
            raise
        raise InputError(
            f"{system.name}, {protocol}: its recipe takes the sides of the set it is for, "
            f"{system.dataset.name}: {error}"
        ) from error


def reproduce_each(
    found: Sequence[System],
    asked: Asked,
    out: Path,
    *,
    command: Sequence[str] = (),
    client: Client | None = None,
) -> Iterator[tuple[Path, Reproduction]]:
    """Reproduce each system that can be, and say which of several are left out.

    Parameters
    ----------
    found : sequence of System
    asked : Asked
    out : Path
    command : sequence of str
    client : distributed.Client, optional
        As `reproduce` takes them.

    Yields
    ------
    page : Path
    result : Reproduction
        As `reproduce` gives them, each before the next system is begun.

    Raises
    ------
    InputError
        At once where the system is the only one, else after the last, naming those left out.
    """
    reporter = Reporter()

    def do(system: System) -> tuple[Path, Reproduction]:
        planned = plan(system, asked, reporter)
        return reproduce(
            system,
            planned.settings,
            out,
            otherwise=planned.otherwise,
            command=command,
            client=client,
        )

    yield from each_that_can(found, do, reporter)


def _keep(result: Reproduction, kept_at: Path, command: Sequence[str]) -> Path:
    """Keep a result as JSON and as a page, and give the page's place."""
    formats.REPRODUCTION.write(kept_at.with_name(f"{kept_at.name}.json"), result)
    page = kept_at.with_name(f"{kept_at.name}.html")
    write_text(page, reproduction.render(result, command=shlex.join(command)))
    return page


def _name(system: System, settings: Mapping[Protocol, Config]) -> str:
    """Name a result by its system, its head, and its protocol where there is one alone."""
    if len(settings) == 1:
        return next(iter(settings.values())).name
    with_head = any(config.name.endswith(WITH_HEAD) for config in settings.values())
    return f"{system.name}{WITH_HEAD if with_head else ''}"


def _present(system: System, config: Config, folder: RunFolder) -> Counter[str] | None:
    """Count the images of each class that were found, copies too; None where it is another set."""
    run = Run(folder)
    if run.provenance()["data"].get("dataset") != system.dataset.name:
        return None
    part = config.data.part
    return Counter(row["label"] for row in run.manifest() if part in (None, row["split"]))


def _folder(config: Config, out: Path, reporter_of: Callable[[RunFolder], Reporter]) -> RunFolder:
    """Find the newest run of these settings and data, or make its folder."""
    data_source(config)
    for folder in reversed(RunFolder.named(out, config.name)):
        if Run(folder).is_of(config) and is_of_these_data(config, folder, reporter_of(folder)):
            return folder
    return RunFolder.create(out, config.name, config.to_yaml())


def _scored(
    config: Config,
    folder: RunFolder,
    reporter_of: Callable[[RunFolder], Reporter],
    client: Client | None,
) -> ScoredRun:
    with discarded_unless_begun(folder):
        run(config, folder, reporter_of(folder), client)
    return ScoredRun(folder, config)


def _rows(
    system: System, settings: Mapping[Protocol, Config], runs: Mapping[Protocol, ScoredRun]
) -> list[Row]:
    """Give the paper's figures with ours, and after the first those that the paper has not."""
    epochs = next(iter(settings.values())).training.epochs
    rows = []
    asked: set[_Key] = set()
    for figure in system.figures:
        key = (figure.metric, figure.class_name, figure.classifier, figure.scored_on)
        # A figure after another number of epochs is the paper's alone.
        same = figure.epochs in (None, epochs)
        rows.append(_row(key, runs if same else {}, figure))
        if same:
            asked.add(key)
            if figure.scored_on == "not stated":
                asked.add((*key[:3], "test"))
    keys = {key for run in runs.values() for key in run.metrics["classifiers"]}
    ours: list[_Key] = [("accuracy", None, key, "test") for key in sorted(keys)]
    if any(config.training.loss == BINARY for config in settings.values()):
        ours.append((reported.ELEMENT_WISE, None, "cnn", "test"))
    others = [_row(key, runs, None) for key in ours if key not in asked]
    # The accuracies stand together, the paper's first.
    return [*rows[:1], *others, *rows[1:]]


def _row(key: _Key, runs: Mapping[Protocol, ScoredRun], figure: Figure | None) -> Row:
    """Set one figure of the paper beside ours, each None where there is none."""
    metric, label, classifier, on = key
    scores = {protocol: run.score(metric, label, classifier, on) for protocol, run in runs.items()}
    published, by_source = scores.get(AS_PUBLISHED), scores.get(BY_SOURCE)
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
        if published and by_source and metric != "misclassified" and on not in ("all", "training")
        else None,
    }
