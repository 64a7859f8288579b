"""What a set holds more than once: copies, labels that disagree, photographs on several sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from scipy.cluster.hierarchy import DisjointSet
from typing_extensions import TypedDict

from hybrid_wbc.config.choices import SIDES
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.photographs.naming import group_samples
from hybrid_wbc.data.reading.samples import Sample, image_of

Level = Literal["file", "photograph", "cells"]
"""What pictures have in common, from the strictest: the same bytes, photograph, cells."""

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Picture:
    """One readable image of a set, which may hold several cells.

    Attributes
    ----------
    id : str
        Its path below the set's folder with forward slashes; for a stored array its name and row.
    samples : tuple of Sample
        The cells in it.
    checksum : str
        SHA-256 of its bytes.
    photograph, cells : str
        The first id of those that show the same photograph, and of those that show the same cells.
    source : str
        The first id of those that show the same photograph or that the set itself puts together.
    """

    id: str
    samples: tuple[Sample, ...]
    checksum: str
    photograph: str
    cells: str
    source: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of its cells, sorted; empty where none is labelled."""
        return tuple(sorted({label for sample in self.samples for label in sample.labels}))

    @property
    def split(self) -> str:
        """The published side that it lies on, or empty."""
        return self.samples[0].split

    def group(self, level: Level) -> str:
        """Give what is the same for all pictures that have the level in common."""
        return {"file": self.checksum, "photograph": self.photograph, "cells": self.cells}[level]


class FilesOfSource(TypedDict):
    """How many files a source gives."""

    source: str
    files: int


class Conflict(TypedDict):
    """Files that show the same with different classes; the classes of each file."""

    level: Level
    files: dict[str, list[str]]


class SideCounts(TypedDict):
    """What lies on one published side."""

    files: int
    photographs: int
    cell_groups: int


class SharedGroup(TypedDict):
    """Files that show the same on several published sides, by side."""

    level: Level
    sides: dict[str, list[str]]


class Copies(TypedDict):
    """What a set holds more than once; a group has one file or more.

    `largest` are the ten sources with most files, and `duplicates` the files of the same bytes.
    `sides` is empty without a published split, and counts files without a side under "". `sources`
    and `cell_groups` name for each file the first file of its group.
    """

    n_photographs: int
    n_cell_groups: int
    n_sources: int
    largest: list[FilesOfSource]
    duplicates: list[list[str]]
    conflicts: list[Conflict]
    sides: dict[str, SideCounts]
    shared: list[SharedGroup]
    sources: dict[str, str]
    cell_groups: dict[str, str]


def find_pictures(
    samples: Sequence[Sample],
    cleaned: Cleaned,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Picture]:
    """Find what each readable image of a set has in common with the others.

    Dropped copies and files without a usable label take part: they, too, may show a photograph
    that lies on another side.

    Parameters
    ----------
    samples : sequence of Sample
        All that were read.
    cleaned : Cleaned
        Of these samples.
    progress : callable, optional
        Called with the steps done and of all.

    Returns
    -------
    list of Picture
        In the order of the samples.
    """
    places: dict[object, list[Sample]] = defaultdict(list)
    for sample in samples:
        if not cleaned.inspections[sample.id].problem:
            places[sample.path, sample.array, sample.row].append(sample)
    inside = [tuple(cells) for cells in places.values()]
    first = [cells[0] for cells in inside]
    checksums = cleaned.checksums(first)
    found = group_samples(first, cleaned.contents(first), progress=progress)
    ids = [image_of(sample.id) for sample in first]
    photographs = [image_of(name) for name in found.photographs.tolist()]
    sources = _joined(ids, photographs, [sample.source for sample in first])
    cells = [image_of(name) for name in found.cells.tolist()]
    facts = zip(ids, inside, checksums, photographs, cells, sources, strict=True)
    return [Picture(*fact) for fact in facts]


def _joined(ids: Sequence[str], photographs: Sequence[str], given: Sequence[str]) -> list[str]:
    """Name the groups of pictures of one photograph or one given source by their first id."""
    groups = DisjointSet([*(("id", name) for name in ids)])
    for name, photograph, source in zip(ids, photographs, given, strict=True):
        groups.merge(("id", name), ("id", photograph))
        if source:
            groups.add(("given", source))
            groups.merge(("id", name), ("given", source))
    names: dict[object, str] = {}
    for name in sorted(ids):
        names.setdefault(groups[("id", name)], name)
    return [names[groups[("id", name)]] for name in ids]


def groups_of(pictures: Iterable[Picture], level: Level) -> list[list[Picture]]:
    """Give the groups of two pictures or more that have a level in common.

    Parameters
    ----------
    pictures : iterable of Picture
    level : Level

    Returns
    -------
    list of list of Picture
        Each sorted by id, and they by their first.
    """
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in sorted(pictures, key=lambda picture: picture.id):
        groups[picture.group(level)].append(picture)
    return [group for group in groups.values() if len(group) > 1]


def disagree(pictures: Iterable[Picture]) -> bool:
    """Whether two pictures have no class in common; one without a label agrees with any.

    Of a field photographed twice, one picture may show a second cell: that is no conflict. Where
    labels are those of boxes, only one and the same photograph must show the same boxes.
    """
    facts = set()
    for picture in pictures:
        has_boxes = picture.samples[0].box is not None
        if picture.labels:
            facts.add((frozenset(picture.labels), picture.photograph if has_boxes else ""))
    return any(
        first.isdisjoint(second) and photograph == other
        for (first, photograph), (second, other) in combinations(facts, 2)
    )


def on_several_sides(pictures: Iterable[Picture]) -> bool:
    """Whether the pictures lie on different published sides."""
    return len({picture.split for picture in pictures} - {""}) > 1


def strictest(
    pictures: Sequence[Picture], chosen: Callable[[Iterable[Picture]], bool]
) -> list[tuple[Level, list[Picture]]]:
    """Give the photographs, and then the cells, that a condition holds for.

    Parameters
    ----------
    pictures : sequence of Picture
    chosen : callable
        A group's pictures to bool, such as `disagree`.

    Returns
    -------
    list of (Level, list of Picture)
        Each group with the strictest of `LEVELS` at which the condition holds, in that order.
        Cells are left out where one of their photographs has shown the same already.
    """
    found: list[tuple[Level, list[Picture]]] = []
    for group in filter(chosen, groups_of(pictures, "photograph")):
        same_bytes = any(chosen(copies) for copies in groups_of(group, "file"))
        found.append(("file" if same_bytes else "photograph", group))
    shown = {picture.id for _, group in found for picture in group}
    for group in filter(chosen, groups_of(pictures, "cells")):
        if not shown & {picture.id for picture in group}:
            found.append(("cells", group))
    return sorted(found, key=lambda entry: LEVELS.index(entry[0]))


def audit_copies(pictures: Sequence[Picture]) -> Copies:
    """Sum up what a set holds more than once.

    Parameters
    ----------
    pictures : sequence of Picture

    Returns
    -------
    Copies
    """
    sources: dict[str, int] = defaultdict(int)
    sides: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        sources[picture.source] += 1
        sides[picture.split].append(picture)
    has_split = len(set(sides) - {""}) > 1
    largest = sorted(sources.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    return {
        "n_photographs": len({picture.photograph for picture in pictures}),
        "n_cell_groups": len({picture.cells for picture in pictures}),
        "n_sources": len(sources),
        "largest": [{"source": name, "files": count} for name, count in largest],
        "duplicates": [[p.id for p in group] for group in groups_of(pictures, "file")],
        "conflicts": [
            {"level": level, "files": {p.id: list(p.labels) for p in group}}
            for level, group in strictest(pictures, disagree)
        ],
        "sides": {
            side: {
                "files": len(sides[side]),
                "photographs": len({picture.photograph for picture in sides[side]}),
                "cell_groups": len({picture.cells for picture in sides[side]}),
            }
            for side in (*SIDES, "")
            if has_split and side in sides
        },
        "shared": [
            {"level": level, "sides": _by_side(group)}
            for level, group in strictest(pictures, on_several_sides)
        ],
        "sources": {picture.id: picture.source for picture in pictures},
        "cell_groups": {picture.id: picture.cells for picture in pictures},
    }


def _by_side(group: Iterable[Picture]) -> dict[str, list[str]]:
    sides: dict[str, list[str]] = defaultdict(list)
    for picture in group:
        sides[picture.split].append(picture.id)
    return dict(sides)
