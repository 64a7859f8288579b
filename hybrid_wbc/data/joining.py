"""Data sets as one: several to train on together, and one to test on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations, count
from pathlib import Path

from hybrid_wbc.data.cleaning import Cleaned, Dropped
from hybrid_wbc.data.inspecting import Inspection
from hybrid_wbc.data.reading.readers import Reading
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.data.sets.catalog import DATASETS, SAME_PHOTOGRAPHS
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.errors import InputError

_TRAINING, _TEST = "training set", "test set"

Joined = tuple[Reading, Cleaned]
"""Of two sets, what `readers.read` and `cleaning.clean` give of one."""


def pool(sets: Sequence[Joined], named: Collection[str] = ()) -> Joined:
    """Make one data set of several that are trained on together.

    It is of the classes that all sets have, or of those that are named: a class that some sets lack
    may then be told by the microscope of the others, and stands in the notes.

    Ids and sources get their set's name put before them, and a file whose bytes an earlier set has
    is dropped. Sides that the sets have of their own are kept. Other pictures of one photograph
    are found by `apart.in_earlier_sets`.

    Parameters
    ----------
    sets : sequence of tuple of Reading and Cleaned
        Each set as it was read and cleaned by itself.
    named : collection of str
        Classes to keep, whether all sets have them or not.

    Returns
    -------
    tuple of Reading and Cleaned
        The reading is the first set's, with the others as its `more`, and notes on all.

    Raises
    ------
    InputError
        If two sets are the same, or known to show the same photographs, or all share fewer than
        two classes.
    """
    readings = [reading for reading, _ in sets]
    for one, other in combinations(readings, 2):
        _refuse_the_same(one, other, "twice among the training sets")
    classes = [{sample.label for sample in cleaned.kept} for _, cleaned in sets]
    shared = set.intersection(*classes)
    _refuse_too_few(shared, readings, classes)
    taken = set(named) & set().union(*classes) if named else shared
    names = _names(readings)
    kept: list[Sample] = []
    dropped: list[Dropped] = []
    inspections: dict[str, Inspection] = {}
    earlier: dict[str, str] = {}
    for name, (_, cleaned) in zip(names, sets, strict=True):
        part = _side(cleaned, name, None, taken, Kind.CLASS_NOT_OF_ALL)
        inspections |= part.inspections
        dropped += part.dropped
        copies = {
            sample.id: earlier[sha256]
            for sample in part.kept
            if (sha256 := part.inspections[sample.id].sha256) in earlier
        }
        dropped += [Dropped(s, Kind.COPY, copies[s.id]) for s in part.kept if s.id in copies]
        kept += [sample for sample in part.kept if sample.id not in copies]
        earlier |= {part.inspections[sample.id].sha256: sample.id for sample in part.kept}
    notes = [f"trained on {', '.join(names)} together: {', '.join(sorted(taken))}"]
    if not named:
        every = [cleaned for _, cleaned in sets]
        notes += _left_out(names, every, shared, "not every training set has them")
    for label in sorted(taken):
        having = [name for name, its in zip(names, classes, strict=True) if label in its]
        if len(having) < len(names):
            notes.append(
                f"{label} lies in {' and '.join(having)} alone: it may be told from the others by "
                "the microscope and stain of its set"
            )
    for name, reading in zip(names, readings, strict=True):
        notes += [f"{name}: {note}" for note in _notes_of(reading)]
    reading = replace(
        readings[0],
        dataset="",
        samples=[*kept, *(entry.sample for entry in dropped)],
        notes=tuple(notes),
        synthetic=any(reading.synthetic for reading in readings),
        more=tuple(readings[1:]),
    )
    return reading, Cleaned(kept, dropped, inspections)


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
    readings = training[0], test[0]
    for trained_on in (training[0], *training[0].more):
        _refuse_the_same(trained_on, test[0], "as training and as test set")
    classes = [{sample.label for sample in cleaned.kept} for _, cleaned in (training, test)]
    shared = classes[0] & classes[1]
    _refuse_too_few(shared, readings, classes)
    one = _side(training[1], _TRAINING, TRAIN, shared, Kind.CLASS_OF_ONE_SET)
    other = _side(test[1], _TEST, TEST, shared, Kind.CLASS_OF_ONE_SET)
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
    trained = " + ".join(place.name for place in training[0].places)
    notes = [f"trained on {trained}, tested on {test[0].root.name}: {', '.join(sorted(shared))}"]
    both = [training[1], test[1]]
    notes += _left_out([_TRAINING, _TEST], both, shared, "one of the two sets alone has them")
    if copies:
        notes.append(f"{len(copies)} files of the training set lie in the test set too: dropped")
    for name, reading in zip((_TRAINING, _TEST), readings, strict=True):
        notes += [f"{name}: {note}" for note in _notes_of(reading)]
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


def _refuse_the_same(one: Reading, other: Reading, how: str) -> None:
    refuse_the_same((one.root, one.dataset), (other.root, other.dataset), how)


def refuse_the_same(one: tuple[Path, str], other: tuple[Path, str], how: str) -> None:
    """Refuse two sets that are one, or are known to show the same photographs.

    Parameters
    ----------
    one, other : tuple of Path and str
        Where each lies, and its name in the catalogue, or empty.
    how : str
        What both were given as.

    Raises
    ------
    InputError
    """
    if one[0].resolve() == other[0].resolve():
        raise InputError(f"{one[0]}: given {how}; name two sets")
    known = {one[1], other[1]}
    if known in SAME_PHOTOGRAPHS:
        raise InputError(
            f"{one[0]} and {other[0]} are {' and '.join(sorted(known))}, which show the same "
            "photographs: a test across them would be one of memory"
        )


def _refuse_too_few(
    shared: set[str], readings: Sequence[Reading], classes: Sequence[set[str]]
) -> None:
    if len(shared) < 2:
        each = "; ".join(
            f"{reading.root} has {', '.join(sorted(its))}"
            for reading, its in zip(readings, classes, strict=True)
        )
        raise InputError(f"the sets share {len(shared)} of the two or more classes needed: {each}")


def _names(readings: Sequence[Reading]) -> list[str]:
    """Name each set by its folder, numbered where two are named alike."""
    names: list[str] = []
    for reading in readings:
        name = reading.root.name
        alike = (f"{name} {number}" for number in count(2))
        names.append(name if name not in names else next(n for n in alike if n not in names))
    return names


def _left_out(
    names: Sequence[str], sets: Sequence[Cleaned], shared: set[str], why: str
) -> list[str]:
    """Name the classes that go since they are not shared: another spelling would be among them."""
    counts = Counter(
        (sample.label, name)
        for name, cleaned in zip(names, sets, strict=True)
        for sample in cleaned.kept
        if sample.label not in shared
    )
    if not counts:
        return []
    told = [
        f"{label} ({number} cell{'s' if number > 1 else ''} of {name})"
        for (label, name), number in sorted(counts.items())
    ]
    return [f"left out, as {why}: {', '.join(told)}"]


def _notes_of(reading: Reading) -> tuple[str, ...]:
    hazards = DATASETS[reading.dataset].hazards if reading.dataset else ()
    return (*reading.notes, *hazards)


def _side(
    cleaned: Cleaned, name: str, split: str | None, shared: set[str], unshared: Kind
) -> Cleaned:
    """Rename a set's samples, put them on their side and set aside the classes not shared.

    Without a side each keeps its own, and the name of its set as its origin.
    """

    def renamed(sample: Sample) -> Sample:
        return replace(
            sample,
            id=f"{name}/{sample.id}",
            source=f"{name}/{sample.source}" if sample.source else "",
            cell=f"{name}/{sample.cell}" if sample.cell else "",
            split=sample.split if split is None else split,
            origin=name if split is None else sample.origin,
        )

    kept = [renamed(sample) for sample in cleaned.kept]
    dropped = [replace(entry, sample=renamed(entry.sample)) for entry in cleaned.dropped] + [
        Dropped(s, unshared) for s in kept if s.label not in shared
    ]
    inspections: dict[str, Inspection] = {
        f"{name}/{sample_id}": found for sample_id, found in cleaned.inspections.items()
    }
    return Cleaned([s for s in kept if s.label in shared], dropped, inspections)
