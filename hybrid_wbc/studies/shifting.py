"""What a finished run says of another set, over the classes that both have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hybrid_wbc.config.names import TARGET
from hybrid_wbc.data import joining
from hybrid_wbc.data.cells.measuring import missing_notes
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.loading import decode
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import name_of_set
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.probabilities import Probabilities
from hybrid_wbc.evaluation.statistics import Predictions
from hybrid_wbc.evaluation.stress import SetFacts, Tested, score_set
from hybrid_wbc.runs.other_sets import OtherSetAnswers
from hybrid_wbc.runs.tables import PredictionTable, SeenFiles
from hybrid_wbc.stages.sets import read_set
from hybrid_wbc.studies.asking import AskedRun


@dataclass(frozen=True)
class OtherSet:
    """Another set, read.

    Parameters
    ----------
    reading : Reading
    cleaned : Cleaned
    kept : list of Sample
        The cells that are asked about.
    facts : SetFacts
    """

    reading: Reading
    cleaned: Cleaned
    kept: list[Sample]
    facts: SetFacts


def read_other(run: AskedRun, path: Path, most: int | None) -> OtherSet:
    """Read another set: its cells of the run's classes, less the files that the run knows.

    Parameters
    ----------
    run : AskedRun
    path : Path
    most : int, optional
        Cells that are drawn where the set has more.

    Returns
    -------
    OtherSet

    Raises
    ------
    InputError
        If the set shares fewer than two classes with the run, or shows the photographs that the
        run was trained on.
    """
    reading, cleaned = read_set(run.config, path, run.reporter)
    data = run.data
    trained_on = [(Path(data["path"]), data.get("dataset", ""))]
    trained_on += [(Path(more["path"]), "") for more in data.get("more", [])]
    for known in trained_on:
        joining.refuse_the_same(
            known, (reading.root, reading.dataset), "as training set and to --on"
        )
    notes = list(reading.notes)
    if cleaned.dropped:
        notes.append(f"{len(cleaned.dropped):,} dropped: {cleaned.told()}")
    labels = sorted({sample.label for sample in cleaned.kept})
    shared = [label for label in labels if label in run.classes]
    if len(shared) < 2:
        raise InputError(
            f"--on: {path} shares {len(shared)} of the two or more classes needed with the run: it "
            f"has {', '.join(labels)}, and the run {', '.join(run.classes)}"
        )
    files = SeenFiles(run.files.manifest())
    of_shared = [sample for sample in cleaned.kept if sample.label in shared]
    new = [s for s in of_shared if cleaned.inspections[s.id].sha256 not in files]
    if len(new) < len(of_shared):
        notes.append(f"{len(of_shared) - len(new)} cells lie in files of the run too: left out")
    if len({sample.label for sample in new}) < 2:
        raise InputError(f"--on: {path} holds files that the run has seen; name another set")
    if reading.dataset and reading.dataset == data.get("dataset"):
        notes.append(
            f"the run was trained on {reading.dataset} too: copies that are not byte-identical are "
            "not found, so these figures may be too good"
        )
    if most is not None and len(new) > most:
        chosen = np.random.default_rng(run.seed).permutation(len(new))[:most]
        notes.append(f"--quick: {most:,} of {len(new):,} cells were drawn")
        new = [new[i] for i in sorted(chosen)]
    if run.config.network.statistics == TARGET:
        notes.append(
            "batch normalisation takes its statistics from these pictures, without their labels: "
            "an answer depends on the other pictures"
        )
    facts = SetFacts(
        name=name_of_set(str(path.resolve())),
        synthetic=reading.synthetic,
        cells=len(new),
        left_out=[label for label in labels if label not in shared],
        notes=notes,
    )
    return OtherSet(reading, cleaned, new, facts)


def ask_about(run: AskedRun, other: OtherSet) -> tuple[Tested, list[OtherSetAnswers]]:
    """Ask a run about another set; an answer that names a class which the set has not is wrong.

    Parameters
    ----------
    run : AskedRun
    other : OtherSet

    Returns
    -------
    tested : Tested
    answers : list of OtherSetAnswers
        Of each repeat.
    """
    pixels = Pixels.of(run.config.data)
    cells = decode(
        other.reading,
        other.cleaned,
        other.kept,
        pixels,
        measured=run.measures,
        job=run.reporter.job,
    )
    facts = other.facts
    if cells.measured is not None:
        missing = missing_notes(cells.measured, cells.ids.tolist())
        facts = replace(facts, notes=[*facts.notes, *missing])
    said: dict[str, list[Predictions]] = {}
    given: dict[str, list[Probabilities]] = {}
    kept = []
    sha256 = np.array([other.cleaned.inspections[cell].sha256 for cell in cells.ids.tolist()])
    for repeat, asked in zip(run.repeats, run.asked, strict=True):
        with run.reporter.job(f"asking about {other.facts.name}") as advance:
            answers = asked.say(cells.images, cells.measured, advance)
        for key, predicted in answers.said.items():
            answer = Predictions(cells.labels, predicted, cells.sources)
            said.setdefault(key, []).append(answer)
        table = PredictionTable(
            cells.ids, cells.labels, np.full(len(cells.ids), TEST), answers.said
        )
        kept.append(OtherSetAnswers(facts.name, repeat.name, sha256, cells.sources, table))
        y = np.searchsorted(asked.classes, cells.labels)
        for key, p in answers.given.items():
            given.setdefault(key, []).append(Probabilities(y, p, cells.sources))
    return score_set(facts, said, given, run.classes, seed=run.seed, groups=run.groups), kept
