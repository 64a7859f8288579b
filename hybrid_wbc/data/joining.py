"""Two data sets as one: the first is the training side, the second the test side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hybrid_wbc.data.cleaning import Cleaned, Dropped, Inspection, Kind
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import DATASETS, SAME_PHOTOGRAPHS
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError

_TRAINING, _TEST = "training set", "test set"

Joined = tuple[Reading, Cleaned]
"""Of two sets, what `readers.read` and `cleaning.clean` give of one."""


def join(training: Joined, test: Joined) -> Joined:
    """Make one data set of two, over the classes that both have.

    Every cell lies on the side of its set, whichever side it had there. Ids and sources get their
    set's name put before them, since two sets may name theirs alike. A file of the training set
    whose bytes are in the test set as well is dropped.

    Parameters
    ----------
    training, test : tuple of Reading and Cleaned
        Each set as it was read and cleaned by itself.

    Returns
    -------
    tuple of Reading and Cleaned
        The reading is the training set's, with the other as its `test`, and notes on both.

    Raises
    ------
    InputError
        If the sets are the same, or known to show the same photographs, or share fewer than two
        classes.
    """
    readings, places = (training[0], test[0]), [str(r.root) for r, _ in (training, test)]
    if readings[0].root.resolve() == readings[1].root.resolve():
        raise InputError(f"{places[0]}: given as training and as test set; name two sets")
    known = {reading.dataset for reading in readings}
    if known in SAME_PHOTOGRAPHS:
        raise InputError(
            f"{places[0]} and {places[1]} are {' and '.join(sorted(known))}, which show the same "
            "photographs: a test across them would be one of memory"
        )
    classes = [{sample.label for sample in cleaned.kept} for _, cleaned in (training, test)]
    shared = classes[0] & classes[1]
    if len(shared) < 2:
        raise InputError(
            f"the sets share {len(shared)} of the two or more classes needed: {places[0]} has "
            f"{', '.join(sorted(classes[0]))}; {places[1]} has {', '.join(sorted(classes[1]))}"
        )
    one = _side(training[1], _TRAINING, TRAIN, shared)
    other = _side(test[1], _TEST, TEST, shared)
    tested = {other.inspections[sample.id].sha256: sample.id for sample in other.kept}
    copies = {
        sample.id: tested[sha256]
        for sample in one.kept
        if (sha256 := one.inspections[sample.id].sha256) in tested
    }
    dropped = [
        Dropped(sample, Kind.COPY, copies[sample.id]) for sample in one.kept if sample.id in copies
    ]
    joined = Cleaned(
        [sample for sample in one.kept if sample.id not in copies] + other.kept,
        one.dropped + dropped + other.dropped,
        one.inspections | other.inspections,
    )
    names = [reading.root.name for reading in readings]
    notes = [f"trained on {names[0]}, tested on {names[1]}: {', '.join(sorted(shared))}"]
    if copies:
        notes.append(f"{len(copies)} files of the training set lie in the test set too: dropped")
    for name, reading in zip((_TRAINING, _TEST), readings, strict=True):
        hazards = DATASETS[reading.dataset].hazards if reading.dataset else ()
        notes += [f"{name}: {note}" for note in (*reading.notes, *hazards)]
    every = [*joined.kept, *(entry.sample for entry in joined.dropped)]
    reading = replace(
        readings[0],
        dataset="",
        samples=every,
        notes=tuple(notes),
        synthetic=any(reading.synthetic for reading in readings),
        test=readings[1],
    )
    return reading, joined


def drop_shared(joined: Joined, photographs: Sequence[str]) -> Joined:
    """Set aside what of the training set shows a photograph of the test set.

    Parameters
    ----------
    joined : tuple of Reading and Cleaned
        As `join` gives them.
    photographs : sequence of str
        For each kept sample the photograph that it shows, named alike over both sets.

    Returns
    -------
    tuple of Reading and Cleaned
    """
    reading, cleaned = joined
    pairs = list(zip(cleaned.kept, photographs, strict=True))
    tested = {photograph: sample.id for sample, photograph in pairs if sample.split == TEST}
    shared = {
        sample.id: tested[photograph]
        for sample, photograph in pairs
        if sample.split == TRAIN and photograph in tested
    }
    if not shared:
        return joined
    note = f"{len(shared)} files of the training set show photographs of the test set: dropped"
    dropped = [
        Dropped(sample, Kind.TEST_PHOTOGRAPH, shared[sample.id])
        for sample in cleaned.kept
        if sample.id in shared
    ]
    kept = [sample for sample in cleaned.kept if sample.id not in shared]
    cleaned = replace(cleaned, kept=kept, dropped=[*cleaned.dropped, *dropped])
    return replace(reading, notes=(*reading.notes, note)), cleaned


def _side(cleaned: Cleaned, name: str, split: str, shared: set[str]) -> Cleaned:
    """Rename a set's samples, put them on their side and set aside the classes not shared."""

    def renamed(sample: Sample) -> Sample:
        source = f"{name}/{sample.source}" if sample.source else ""
        cell = f"{name}/{sample.cell}" if sample.cell else ""
        return replace(sample, id=f"{name}/{sample.id}", source=source, split=split, cell=cell)

    kept = [renamed(sample) for sample in cleaned.kept]
    dropped = [replace(entry, sample=renamed(entry.sample)) for entry in cleaned.dropped] + [
        Dropped(s, Kind.CLASS_OF_ONE_SET) for s in kept if s.label not in shared
    ]
    inspections: dict[str, Inspection] = {
        f"{name}/{sample_id}": found for sample_id, found in cleaned.inspections.items()
    }
    return Cleaned([s for s in kept if s.label in shared], dropped, inspections)
