"""Owns what is set aside so that no photograph, slide or patient is trained on and tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from hybrid_wbc.data.cleaning import FIRST_TO_STAY, Dropped
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.data.splitting import TRAIN
from hybrid_wbc.errors import InputError

_NOTES = {
    Kind.EARLIER_PHOTOGRAPH: "whose photograph an earlier training set has",
    Kind.TEST_PHOTOGRAPH: "of the training set with a photograph of the test set",
    Kind.SCORED_SOURCE: "of the set's own training side whose source is tested or validated on",
}


def in_earlier_sets(samples: Sequence[Sample], photographs: Mapping[str, str]) -> list[Dropped]:
    """Find what of several training sets shows a photograph that a set before it has.

    Parameters
    ----------
    samples : sequence of Sample
        In the order of their sets. Those without an `origin` are not looked at.
    photographs : mapping of str to str
        The photograph that each sample shows, by its id, named alike over all sets.

    Returns
    -------
    list of Dropped
    """
    pooled = [sample for sample in samples if sample.origin]
    origins = list(dict.fromkeys(sample.origin for sample in pooled))
    return _beaten(
        pooled,
        lambda sample: photographs[sample.id],
        lambda sample: origins.index(sample.origin),
        Kind.EARLIER_PHOTOGRAPH,
    )


def in_test_set(samples: Sequence[Sample], photographs: Mapping[str, str]) -> list[Dropped]:
    """Find what of a training set shows a photograph of the test set.

    Parameters
    ----------
    samples : sequence of Sample
        Each on the side of its set.
    photographs : mapping of str to str
        The photograph that each sample shows, by its id, named alike over both sets.

    Returns
    -------
    list of Dropped
    """
    return _beaten(
        samples, lambda sample: photographs[sample.id], _place_of_side, Kind.TEST_PHOTOGRAPH
    )


def on_scored_sides(samples: Sequence[Sample]) -> list[Dropped]:
    """Find what of a set's own sides shares its source with a side that is scored.

    The test side stays whole; the validation side loses what the test side has, and the training
    side what either has.

    Parameters
    ----------
    samples : sequence of Sample
        With their sources; one without a source is its own.

    Returns
    -------
    list of Dropped

    Raises
    ------
    InputError
        If a class would have no training cell left.
    """
    going = _beaten(
        samples, lambda sample: sample.source or sample.id, _place_of_side, Kind.SCORED_SOURCE
    )
    gone = {entry.sample.id for entry in going}
    trained = [sample for sample in samples if sample.split == TRAIN]
    left = {sample.label for sample in trained if sample.id not in gone}
    emptied = sorted({sample.label for sample in trained} - left)
    if emptied:
        first = next(entry for entry in going if entry.sample.label == emptied[0])
        raise InputError(
            f"split.method: published, the set's own sides, leaves class '{emptied[0]}' without a "
            f"training cell: each shares its source with a test or validation cell, as "
            f"{first.sample.id} with {first.particulars}; split anew with split.method: ratio or "
            "evaluation.folds, leave the class out with data.classes, or reproduce the sides as "
            "they are, marked so wherever they are shown, with split.protocol: as published"
        )
    return going


def notes(dropped: Sequence[Dropped]) -> tuple[str, ...]:
    """Say how many cells were set aside, for each reason of this file."""
    counts = Counter(entry.kind for entry in dropped)
    return tuple(
        f"{counts[kind]:,} cell{'s' if counts[kind] > 1 else ''} {what}: dropped"
        for kind, what in _NOTES.items()
        if counts[kind]
    )


def _place_of_side(sample: Sample) -> int:
    return FIRST_TO_STAY.index(sample.split)


def _beaten(
    samples: Sequence[Sample],
    group: Callable[[Sample], str],
    place: Callable[[Sample], int],
    kind: Kind,
) -> list[Dropped]:
    """Find the samples of whose group another has an earlier place."""
    first: dict[str, Sample] = {}
    for sample in sorted(samples, key=place):
        first.setdefault(group(sample), sample)
    return [
        Dropped(sample, kind, stays.id)
        for sample in samples
        if place(stays := first[group(sample)]) < place(sample)
    ]
