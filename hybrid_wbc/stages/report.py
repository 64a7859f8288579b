"""A run's page: gathers what it shows from the files of the run folder, and writes it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import systems
from hybrid_wbc.config.choices import CNN, FINE_TUNED, GIVEN_EMBEDDING, NEW_EMBEDDING, SIDES
from hybrid_wbc.config.names import CLASSIFIERS
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.approaches import Approaches
from hybrid_wbc.evaluation.scoring import Metrics
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.figures.style import PRIVATE_TEXT
from hybrid_wbc.report.pages import mistakes, suspects
from hybrid_wbc.report.pages.run import Leakage, Scatter, Shown, render
from hybrid_wbc.report.pages.scatter import scatter_cells
from hybrid_wbc.report.words import augmentation
from hybrid_wbc.report.words.features import in_words
from hybrid_wbc.report.words.paper import Reported, against_paper
from hybrid_wbc.runs import results
from hybrid_wbc.runs.cell_table import CellTable, read_cell_table
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, is_private
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import ManifestRow
from hybrid_wbc.stages.plot import Drawn

_HYBRID, _HYBRIDS = "s0-wbc23", ("wbc23", "table60")


# More would make the list of colours unreadable, and each costs the page 30 kB of 20,000 cells.
_MOST_COLUMNS = 30


def write_page(
    config: Config,
    folder: RunFolder,
    cells: Cells | None,
    drawn: Drawn,
    table: CellTable | None = None,
) -> None:
    """Write a run's page; without the cells, it shows no picture of them.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
        Scored; with its ablation and health, where they are to be shown.
    cells : Cells or None
    drawn : Drawn
        Its figures.
    table : CellTable, optional
        Columns by which the explorer can colour the cells as well.
    """
    kept = Run(folder)
    metrics = kept.metrics()
    provenance = kept.provenance()
    data = provenance["data"]
    repeats = [kept.repeat(name).embeddings() for name in metrics["repeats"]]
    first = repeats[0]
    said = kept.repeat(metrics["repeats"][0]).predictions().said
    shown = (first.X, first.y, first.split, first.ids, first.classes, said)
    images = None if cells is None else cells.images_of(first.ids.tolist())
    wrong, n_wrong = mistakes.nearest(*shown, images)
    suspected = results.suspected([kept.repeat(name) for name in metrics["repeats"]])
    shown_suspects = suspected[: suspects.MOST]
    suspect_ids = [suspect["id"] for suspect in shown_suspects]
    titles = {key: CLASSIFIERS[key].title for key in said}
    scatter: Scatter | None = None
    if first.has_features:
        columns = {} if table is None else _columns(table, first.ids.tolist())
        points, sprite = scatter_cells(
            *shown,
            images,
            titles=titles,
            sources=first.sources,
            features=first.names,
            columns=columns,
        )
        scatter = {"cells": points, "sprite": sprite}
    manifest = kept.manifest()
    approaches = {
        name: told
        for name in metrics["repeats"]
        if (told := kept.repeat(name).approaches()) is not None
    }
    hybrid = (
        first.has_features
        and not approaches
        and config.classifiers.features == CNN
        and config.network.name in _HYBRIDS
    )
    run: Shown = {
        "name": folder.path.resolve().name,
        "sentence": _sentence(config, metrics, data, first, approaches),
        "command": shlex.join(["hybrid-wbc", "run", str(folder.config_path)]),
        "folder": shlex.quote(str(folder.path)),
        "private": PRIVATE_TEXT if is_private(data) else "",
        "synthetic": metrics["synthetic"],
        "features": first.X.shape[1],
        "learned": first.learned,
        "metrics": metrics,
        "tuning": {
            name: tuned for name in metrics["repeats"] if (tuned := kept.repeat(name).tuning())
        },
        "approaches": approaches,
        "ablation": kept.ablation() if kept.is_ablated else None,
        "attributes": kept.attributes(),
        "health": kept.health() if kept.is_examined else None,
        "stress": kept.stress() if kept.is_stressed else None,
        "paper": _paper(config, metrics, data, first) if hybrid else None,
        "mistakes": wrong,
        "n_mistakes": n_wrong,
        "suspects": suspects.pictured(
            shown_suspects, None if cells is None else cells.images_of(suspect_ids)
        ),
        "n_suspects": len(suspected),
        "scatter": scatter,
        "leakage": _leakage(repeats, manifest, data),
        "settings": config.model_dump(),
        "augmentation": augmentation.told(config.augmentation, config.training.refined_epochs),
        "dropped": [
            {"id": row["id"], "reason": row["dropped"]} for row in manifest if row["dropped"]
        ],
        "provenance": {**provenance, "data": {k: v for k, v in data.items() if k != "seen"}},
    }
    kept.write_page(render(run, drawn.figures, drawn.dark))


def read_columns(folder: RunFolder, path: Path, reporter: Reporter) -> CellTable:
    """Read a table of columns by which the explorer is to colour a run's cells.

    Raises
    ------
    InputError
        If it cannot be read, or says nothing of the cells of the first repeat.
    """
    run = Run(folder)
    table = read_cell_table(path, run.manifest())
    first = run.repeats()[0].features("explorer to colour")
    ids = first.ids.tolist()
    if len(table.columns) > _MOST_COLUMNS:
        raise InputError(
            f"{path}: received {len(table.columns)} columns beside the cells' names, at most "
            f"{_MOST_COLUMNS} are shown; take the others out"
        )
    matched = sum(cell in table.of_cell for cell in ids)
    if not matched or not any(any(values) for values in _columns(table, ids).values()):
        rows = len(table.of_cell) + len(table.unmatched)
        raise InputError(
            f"{path}: {rows} rows, none with a value for a cell that the explorer shows; rows name "
            f"cells by id, path or file name, as '{ids[0]}'"
        )
    said = f"{path}: colours {matched:,} of {len(ids):,} cells by {', '.join(table.columns)}"
    if table.unmatched:
        said += (
            f"; {len(table.unmatched):,} rows name no cell of this run, first {table.unmatched[0]}"
        )
    reporter.say(said)
    return table


def _columns(table: CellTable, ids: Sequence[str]) -> dict[str, list[str]]:
    return {name: [table.value(cell, name) for cell in ids] for name in table.columns}


def _paper(config: Config, metrics: Metrics, data: Data, first: Embeddings) -> Mapping[str, object]:
    """Set the run's accuracies beside the hybrid paper's."""
    system = systems.load(_HYBRID)
    figures = [
        Reported(figure.classifier, figure.words, *figure.span, figure.place)
        for figure in system.figures
    ]
    compared = against_paper(
        metrics["classifiers"],
        figures,
        layout=_layout_of_the_papers(data),
        synthetic=data["synthetic"],
        epochs=config.training.epochs,
        features=first.X.shape[1],
        tuned=config.classifiers.tune is not False and config.classifiers.tune != [],
    )
    return {"title": system.title, "citation": system.citation, **compared}


def _layout_of_the_papers(data: Data) -> str:
    """Give the layout of a set that the paper names; "" where only the layout is that set's.

    A set that was not recognised may lie in its folders all the same, and with a second set for the
    test the figures are of both. Runs of 0.1.0 say nothing of the set.
    """
    other = "test" in data or not data.get("dataset", data["layout"])
    return "" if other else data["layout"]


def _made_of_given(config: Config, approaches: Mapping[str, Approaches]) -> str:
    """Say what the networks of a run were made of, and how."""
    weights = Path(config.network.weights)
    run = weights.parent.parent
    lender = f"the run {run.name}" if RunFolder.lies_at(run) else weights.name
    words = {
        GIVEN_EMBEDDING: "with its own embedding",
        NEW_EMBEDDING: "with a new linear embedding on its frozen features",
        FINE_TUNED: f"trained on for {config.training.epochs} epochs",
    }
    counts = Counter(told["chosen"] for told in approaches.values())
    made = [
        words.get(name, name) + (f" in {n} of {len(approaches)} repeats" if len(counts) > 1 else "")
        for name, n in counts.items()
    ]
    return f"The network {config.network.name}, started from that of {lender}, {', '.join(made)}"


def _sentence(
    config: Config,
    metrics: Metrics,
    data: Data,
    embedded: Embeddings,
    approaches: Mapping[str, Approaches],
) -> str:
    """Say what was run on what."""
    sides = {side: int((embedded.split == side).sum()) for side in SIDES}
    seeds, folds = config.evaluation.seeds, config.evaluation.folds
    times = f"{seeds} seed{'s' if seeds > 1 else ''}"
    if folds:
        times = f"{folds} folds of {times}"
    drawn = ""
    if config.data.draw is not None or config.data.balance:
        drawn = "drawn anew for each seed, " if seeds > 1 else "a part of them drawn, "
    chosen = f", {sides[VALIDATION]:,} to choose by" if sides[VALIDATION] else ""
    first = " in the first" if len(metrics["repeats"]) > 1 else ""
    learned, hand_made = in_words(embedded.learned), in_words(len(embedded.hand_made))
    pixels = f"{config.data.size}×{config.data.size} pixels"
    if not embedded.has_softmax:
        done, heads = f"Classifiers that take {hand_made} hand-made features", ""
        pixels = "no network; measured in the photographs as they are"
    else:
        done = f"The network {config.network.name}, trained for {config.training.epochs} epochs"
        if approaches:
            done = _made_of_given(config, approaches)
        heads = f", and the classifiers that take its {learned} numbers" if embedded.learned else ""
        if len(embedded.hand_made):
            heads += f" and {hand_made} hand-made features"
    names = [metrics["trained_on"], metrics["tested_on"]]
    name = "drawn smears" if data["synthetic"] else names[0]
    if "test" in data:
        name = f"{name}, tested on those of {names[1]}"
    return (
        f"{done} on cells of {len(metrics['classes'])} classes from {name} ({drawn}{pixels})"
        f"{heads}; {times}, "
        f"{sides[TRAIN]:,} cells to train{chosen} and {sides[TEST]:,} to test{first}."
    )


def _leakage(
    repeats: Sequence[Embeddings],
    manifest: Sequence[ManifestRow],
    data: Data,
) -> Leakage:
    """Say what could let a test cell be known beforehand, and what was done about it."""
    shared = set()
    for repeat in repeats:
        tested = set(repeat.sources[repeat.split == TEST].tolist())
        shared |= tested & set(repeat.sources[repeat.split != TEST].tolist())
    reasons = [row["dropped"] for row in manifest]
    return {
        "shared_sources": len(shared),
        "copies_dropped": sum(r.startswith(Kind.COPY) for r in reasons),
        "conflicts_dropped": sum(r.startswith(Kind.COPIES_DISAGREE) for r in reasons),
        "sources_known": any(row["source"] for row in manifest),
        "sources_found": data.get("sources_found", False),
    }
