"""Owns what sets made for detection have in common: named boxes become samples, a cell each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.data.boxes import Box, square_box
from hybrid_wbc.data.reading.levels import side_of
from hybrid_wbc.data.reading.samples import Found, Sample, check_count
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError, readable

RED_CELLS = frozenset({"rbc", "rbcs", "red blood cell", "red blood cells", "erythrocyte"})
UNTYPED = frozenset({"wbc", "wbcs", "white blood cell", "white blood cells", "leukocyte"})
# Bytes of one file of annotations: what is made of them takes up to forty times as much memory.
LARGEST_TEXT = 50_000_000


@dataclass(frozen=True)
class Object:
    """What one box of an annotation says: a name, and left, top, right and bottom in pixels."""

    name: str
    tight: Box


def found_in(
    root: Path,
    boxes: Mapping[Path, Sequence[Object]],
    margin: float,
    notes: list[str],
    sides: Mapping[Path, str] | None = None,
) -> Found:
    """Make a sample of each box but the red cells'; the picture is its source."""
    samples: list[Sample] = []
    left_out: Counter[str] = Counter()
    for picture, objects in boxes.items():
        identity = readable(picture.relative_to(root).as_posix())
        parts = picture.relative_to(root).parts[:-1]
        side = (sides or {}).get(picture) or next(filter(None, map(side_of, parts)), "")
        white = [each for each in objects if not is_red(each)]
        check_count(root, len(samples) + len(white))
        left_out["red"] += len(objects) - len(white)
        left_out["empty"] += not white
        for number, each in enumerate(white, start=1):
            samples.append(
                Sample(
                    identity + (f"#{number}" if number > 1 else ""),
                    picture,
                    _labels(each.name),
                    source=identity,
                    split=side,
                    box=square_box(each.tight, margin),
                )
            )
    if samples and not any(sample.labels for sample in samples):
        raise InputError(
            f"{root}: every box says only '{next(_names(boxes))}': which type of white cell it "
            "holds is said nowhere. Give the boxes the types' names"
        )
    if left_out["red"]:
        notes.append(f"{left_out['red']} boxes of red cells left out")
    if left_out["empty"]:
        notes.append(f"{left_out['empty']} pictures without a cell to classify left out")
    return samples, notes


def _labels(name: str) -> tuple[str, ...]:
    return () if name.lower() in UNTYPED or not name else (class_name(name),)


def _names(boxes: Mapping[Path, Iterable[Object]]) -> Iterator[str]:
    return (each.name for objects in boxes.values() for each in objects if not is_red(each))


def is_red(each: Object) -> bool:
    """Whether a box is that of a red cell, whose type is not asked for."""
    return each.name.lower().replace("_", " ") in RED_CELLS


def first_few(names: Sequence[str]) -> str:
    """Write the first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
