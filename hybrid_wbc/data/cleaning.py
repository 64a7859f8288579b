"""Judge every file once: what is kept, what is dropped, and the reason for each drop.

Files that cannot be used go first, then labels that say nothing or too much, then byte-identical
copies. Nothing is deleted and nothing disappears silently.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hybrid_wbc.data.inspecting import Inspection, Place, inspect_all, inspect_file
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.reasons import Kind
from hybrid_wbc.data.splitting import TEST, TRAIN, VALIDATION
from hybrid_wbc.errors import InputError

# Of copies on several sides of a published split the one on the side that is scored stays.
FIRST_TO_STAY = (TEST, VALIDATION, TRAIN, "")


@dataclass(frozen=True)
class Dropped:
    """A sample that cannot be used, why, and the particulars: what it is a copy of, its labels."""

    sample: Sample
    kind: Kind
    particulars: str = ""

    @property
    def reason(self) -> str:
        """The kind and its particulars in one line."""
        if not self.particulars:
            return self.kind.value
        return f"{self.kind}{' of ' if self.kind is Kind.COPY else ': '}{self.particulars}"


@dataclass(frozen=True)
class Cleaned:
    """A set parted into what is kept and what is dropped, both in the order given.

    Attributes
    ----------
    kept : list of Sample
        Each with exactly one label.
    dropped : list of Dropped
    inspections : dict of str to Inspection
        By sample id, for kept and dropped alike.
    """

    kept: list[Sample]
    dropped: list[Dropped]
    inspections: dict[str, Inspection]

    def checksums(self, samples: Sequence[Sample]) -> list[str]:
        """Give the SHA-256 of each sample's file."""
        return [self.inspections[sample.id].sha256 for sample in samples]

    def contents(self, samples: Sequence[Sample]) -> list[str]:
        """Give what tells each sample's picture from any other: its checksum and its size.

        Rows of two stored arrays of another shape can have the same bytes.
        """
        found = (self.inspections[sample.id] for sample in samples)
        return [f"{each.sha256}-{each.width}x{each.height}" for each in found]

    def told(self) -> str:
        """Say how many samples were dropped for each reason, the most frequent first."""
        kinds = Counter(entry.kind for entry in self.dropped).most_common()
        return ", ".join(f"{kind} ({count:,})" for kind, count in kinds)

    def without(self, going: Sequence[Dropped]) -> Cleaned:
        """Give the same with some of the kept samples among the dropped."""
        gone = {entry.sample.id for entry in going}
        kept = [sample for sample in self.kept if sample.id not in gone]
        return Cleaned(kept, [*self.dropped, *going], self.inspections)


def clean(
    samples: Sequence[Sample],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Cleaned:
    """Part the samples that can be learned from and scored from those that cannot.

    Every file is hashed. Each is decoded to its last pixel, unless the cache keeps what was found
    in the same files. A smear with several cells is one file: its cells are no copies of each
    other, and all of them are copies where another smear has its bytes.

    Parameters
    ----------
    samples : sequence of Sample
    progress : callable, optional
        Called with the number of files inspected so far and of all.

    Returns
    -------
    Cleaned

    Raises
    ------
    InputError
        If nothing is left.
    """
    places: dict[Place, str] = {}
    for sample in samples:
        places.setdefault((sample.path, sample.array, sample.row), sample.id)
    inspected = inspect_all(places, progress)
    inspections = {s.id: inspected[s.path, s.array, s.row] for s in samples}
    found = {
        sample.id: drop
        for sample in samples
        if (drop := _unusable(sample, inspections[sample.id].problem))
    }
    found |= _copies([sample for sample in samples if sample.id not in found], inspections)
    kept = [sample for sample in samples if sample.id not in found]
    dropped = [found[sample.id] for sample in samples if sample.id in found]
    if not kept:
        kinds = Counter(entry.kind for entry in dropped).most_common(1)
        why = f"; most often: {kinds[0][0]} ({kinds[0][1]})" if kinds else ""
        raise InputError(f"no usable image is left of {len(samples)}{why}")
    return Cleaned(kept, dropped, inspections)


def inspect(samples: Sequence[Sample]) -> Cleaned:
    """Part the samples whose files give pixels from those that do not, whatever else is wrong.

    Parameters
    ----------
    samples : sequence of Sample
        One for each file; only the file's own name can make it hidden.

    Returns
    -------
    Cleaned
        Nothing is dropped for its labels or as a copy, and nothing may be left.
    """
    inspections = {s.id: inspect_file(s.path, s.path.name) for s in samples}
    return Cleaned(
        [s for s in samples if not inspections[s.id].problem],
        [_dropped(s, why) for s in samples if (why := inspections[s.id].problem)],
        inspections,
    )


def _dropped(sample: Sample, problem: str) -> Dropped:
    kind, _, particulars = problem.partition(": ")
    return Dropped(sample, Kind(kind), particulars)


def _unusable(sample: Sample, problem: str) -> Dropped | None:
    """Drop a sample for the problem of its file, or for labels that say nothing or too much."""
    if problem:
        return _dropped(sample, problem)
    if not sample.labels:
        return Dropped(sample, Kind.NO_LABEL)
    if len(sample.labels) > 1:
        return Dropped(sample, Kind.SEVERAL_LABELS, ", ".join(sample.labels))
    return None


def _copies(samples: Iterable[Sample], inspections: dict[str, Inspection]) -> dict[str, Dropped]:
    """Drop each sample that has to go because another has the same bytes; by sample id."""
    alike: dict[str, dict[object, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    listed: Counter[object] = Counter()
    for sample in samples:
        place = (sample.path, sample.array, sample.row)
        listed[place, sample.box] += 1
        # The same cell listed twice, as in a table, is a copy of itself; a neighbour is not.
        copy = (place, listed[place, sample.box])
        alike[inspections[sample.id].sha256][copy].append(sample)
    dropped: dict[str, Dropped] = {}
    for copies in alike.values():
        if len(copies) == 1:
            continue
        labels = [{sample.label for sample in cells} for cells in copies.values()]
        ordered = sorted(copies.values(), key=lambda cells: FIRST_TO_STAY.index(cells[0].split))
        if any(names != labels[0] for names in labels):
            going, kind = ordered, Kind.COPIES_DISAGREE
            particulars = ", ".join(sorted(set.union(*labels)))
        else:
            going, kind, particulars = ordered[1:], Kind.COPY, ordered[0][0].id
        dropped |= {s.id: Dropped(s, kind, particulars) for cells in going for s in cells}
    return dropped
