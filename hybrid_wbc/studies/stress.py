"""A finished run under stress: other sets, few cells, unknown classes, damage, and certainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.config.names import TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.few_cells import FewCells, fit_on_few
from hybrid_wbc.evaluation.novelty import Unknown, leave_each_out
from hybrid_wbc.evaluation.stress import Damaged, SetFacts, Stress, Tested, score_set
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.stages.data_facts import samples_of
from hybrid_wbc.stages.run import hold_threads, write_page_again
from hybrid_wbc.studies.asking import AskedRun
from hybrid_wbc.studies.damaging import damage_cells
from hybrid_wbc.studies.framing import found_otherwise
from hybrid_wbc.studies.shifting import ask_about, read_other

# Cells a class, as those with whom the field compares took them.
FEW = (5, 10, 20, 50)


@dataclass(frozen=True)
class Extent:
    """How much is asked.

    Parameters
    ----------
    repeats : int
        The first of the run's, whatever they scored.
    draws : int
        Of each number of cells a class, in each repeat.
    steps : slice
        Of each damage.
    damaged : int
        Test cells of each repeat that are damaged, at most.
    shifted : int, optional
        Cells of each other set, at most.
    """

    repeats: int
    draws: int
    steps: slice
    damaged: int
    shifted: int | None


FULL = Extent(repeats=3, draws=10, steps=slice(None), damaged=400, shifted=None)
QUICK = Extent(repeats=1, draws=3, steps=slice(1, None, 2), damaged=90, shifted=300)


def stress(
    config: Config, folder: RunFolder, on: Sequence[Path], reporter: Reporter, *, quick: bool
) -> Stress:
    """Put a finished run under stress, keep what is found, and write its page anew.

    Asked with other statistics of batch normalisation than its own, nothing is kept.

    Parameters
    ----------
    config : Config
        The run's, as `open_finished` gives it.
    folder : RunFolder
    on : sequence of Path
        Other sets.
    reporter : Reporter
    quick : bool
        Whether to ask as little as `QUICK` says, rather than `FULL`.

    Returns
    -------
    Stress

    Raises
    ------
    InputError
        If the run is not finished, or a set is missing, shares fewer than two classes with the run
        or shows the photographs that it was trained on.
    """
    extent = QUICK if quick else FULL
    for path in on:
        if not path.exists():
            raise InputError(f"--on: {path} not found; give a folder of cells, an .npz or a .csv")
    _refuse_one_name_twice(on)
    run = AskedRun(config, folder, extent.repeats, reporter)
    hold_threads(folder, reporter)
    others = [read_other(run, path, extent.shifted) for path in on]
    asked = [ask_about(run, other) for other in others]
    few, unknown, notes = _in_the_embedding(run, extent)
    notes = found_otherwise(config, run.embedded[0]) + notes
    damaged, why_not = _damaged(run, extent)
    if damaged is not None and config.network.statistics == TARGET:
        notes.append("batch normalisation takes the statistics of damaged cells from them too")
    its_own = run.files.config().network.statistics
    is_kept = config.network.statistics == its_own
    if not is_kept:
        notes.append(
            f"asked with the statistics of {config.network.statistics}, where the run's own are of "
            f"{its_own}: nothing was kept in its folder; --json FILE keeps what was found"
        )
    found: Stress = {
        "synthetic": run.data["synthetic"],
        "protocol": config.split.protocol,
        "quick": quick,
        "seed": config.seed,
        "repeats": [repeat.name for repeat in run.repeats],
        "home": _at_home(run),
        "shift": [tested for tested, _ in asked],
        "few_cells": few,
        "unknown": unknown,
        "damage": damaged,
        "notes": notes + why_not,
    }
    # The page, a model card and `compare` would take it for what the run says by itself.
    if not is_kept:
        return found
    run.files.write_stress(found, [answers for _, of_set in asked for answers in of_set])
    if folder.is_complete:
        write_page_again(config, folder, reporter)
    return found


def _refuse_one_name_twice(on: Sequence[Path]) -> None:
    """Refuse sets that the tables could not tell apart."""
    known: dict[str, Path] = {}
    for path in on:
        name = name_of_set(str(path.resolve()))
        if name in known:
            raise InputError(
                f"--on: {known[name]} and {path} are both called '{name}'; name each set once, and "
                "rename one of two folders"
            )
        known[name] = path


def _at_home(run: AskedRun) -> Tested:
    """Score what the run has said of its own test sides."""
    tested = {cell for e in run.embedded for cell in e.ids[e.split == TEST].tolist()}
    return score_set(
        SetFacts(
            name=name_of_set(run.data.get("test", run.data)["path"]),
            synthetic=run.data["synthetic"],
            cells=len(tested),
        ),
        results.of_classifiers([each.predictions() for each in run.repeats], run.embedded),
        results.of_probabilities([each.probabilities() for each in run.repeats], run.embedded),
        run.classes,
        seed=run.seed,
        groups=run.groups,
    )


def _in_the_embedding(
    run: AskedRun, extent: Extent
) -> tuple[list[FewCells], list[Unknown], list[str]]:
    """Fit on few cells, and leave each class out, in the kept embeddings; say what was left out."""
    if not run.embedded[0].has_features:
        left_out = "the network has no embedding layer: few cells and unknown classes were left out"
        return [], [], [left_out]
    with run.reporter.job("fitting on few cells") as advance:
        few = fit_on_few(
            run.embedded,
            FEW,
            extent.draws,
            run.config.classifiers,
            seed=run.seed,
            progress=advance,
        )
    asked = {each["cells"] for each in few}
    notes = [
        f"few cells: {cells} a class were left out, as a class has fewer to train on"
        for cells in FEW
        if cells not in asked
    ]
    return few, leave_each_out(run.embedded, seed=run.seed, groups=run.groups), notes


def _damaged(run: AskedRun, extent: Extent) -> tuple[Damaged | None, list[str]]:
    """Damage test cells where the pictures are there; say why not where they are gone."""
    try:
        samples = samples_of(run.config, run.folder, run.reporter)
    except InputError as error:
        return None, [f"damage was left out: {error}"]
    return damage_cells(run, samples, most=extent.damaged, steps=extent.steps), []
