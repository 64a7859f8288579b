"""Owns the two layouts with a folder for each class: `folder` and `kaggle`.

A layout's reader looks at names, labels, masks and boxes; it judges no image. What it cannot turn
into a sample it says in a note. The other layouts are in `smears` and `tables`.
"""

from __future__ import annotations

import itertools
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hybrid_wbc.data.reading.levels import (
    Parts,
    Place,
    are_sources,
    holds_no_cells,
    places,
    sources_of,
)
from hybrid_wbc.data.reading.samples import Found, Sample
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
from hybrid_wbc.errors import readable

_MASK = re.compile(r"(.+?)[ _-]?(mask|masks|seg|segmentation|gt|groundtruth|annotation)", re.I)
_VERSION = re.compile(
    r"aug|clean|crop|cut|enhance|gr[ae]y|mask|normali|orig|process|raw|resiz|seg|stain", re.I
)


def read_folder(root: Path, _margin: float) -> Found:
    """Read one folder a class, however deep, below folders of splits and above those of patients.

    What each level of folders means is told by `levels`. Every file in a class's folders becomes a
    sample, whether or not it is an image: the cleaning names what it drops.
    """
    return _class_folders(root, root)


def holds_class_folders(root: Path) -> bool:
    """Whether there is an image anywhere in the folders below `root`."""
    return any(folder != root and any(map(is_image, names)) for folder, names in _walk(root))


def read_kaggle(root: Path, _margin: float) -> Found:
    """Read TRAIN and TEST of Kaggle's blood-cells, whose file names do not tell the photograph."""
    top = within(root, is_kaggle) or root
    samples, notes = _class_folders(root, top, skipped="TEST_SIMPLE")
    simple = sum(is_image(name) for _, names in _walk(top / "TEST_SIMPLE") for name in names)
    if simple:
        notes.append(f"TEST_SIMPLE left out: its {simple} photographs are the originals of TEST")
    return samples, notes


def is_kaggle(folder: Path) -> bool:
    """Whether a folder holds TRAIN and TEST with Kaggle's four classes, spelled as there."""
    if not ((folder / "TRAIN").is_dir() and (folder / "TEST").is_dir()):
        return False
    classes = {child.name for child in folders(folder / "TRAIN")}
    return bool(classes) and classes <= {"EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL"}


def _class_folders(root: Path, top: Path, skipped: str = "") -> Found:
    """Read one folder a class below `top`, but for its folder `skipped`; ids start at `root`."""
    walked = {
        folder.relative_to(top).parts: (folder, names)
        for folder, names in _walk(top)
        if not skipped or folder.relative_to(top).parts[:1] != (skipped,)
    }
    no_cells = {parts for parts in walked if any(map(holds_no_cells, parts))}
    with_pictures = [
        parts
        for parts, (_, names) in walked.items()
        if parts and parts not in no_cells and any(map(is_image, names))
    ]
    placed = places(with_pictures, str(top))
    sources = dict(zip(placed, sources_of(list(placed.values())), strict=True))
    samples: list[Sample] = []
    for parts, place in placed.items():
        folder, names = walked[parts]
        if place.label:
            samples += [
                Sample(
                    readable((folder / name).relative_to(root).as_posix()),
                    folder / name,
                    (place.label,),
                    sources[parts],
                    place.split,
                )
                for name in names
            ]
    samples.sort(key=lambda sample: sample.id)
    samples, masks = _without_masks(samples)
    samples, versions = _with_versions(samples)
    outside = [p for p in walked if p not in no_cells and not (p in placed and placed[p].label)]
    return samples, [
        *_left_out(walked, outside, "outside the class folders ignored"),
        *_left_out(walked, sorted(no_cells), "in folders of masks, labels and the like not read"),
        *masks,
        *(versions or _told_sources(placed, sources)),
    ]


def _without_masks(samples: list[Sample]) -> Found:
    """Leave out pictures that are named as the masks of others in the same folder."""
    named = {sample.path.with_suffix("") for sample in samples}
    masks = set()
    for sample in samples:
        match = _MASK.fullmatch(sample.path.stem)
        if match and is_image(sample.path.name) and sample.path.parent / match[1] in named:
            masks.add(sample.id)
    left = [sample for sample in samples if sample.id not in masks]
    return left, [f"{len(masks)} images named as masks of others not read"] if masks else []


def _with_versions(samples: list[Sample]) -> Found:
    """Tell which files are versions of one picture, where the folders above hold the same names.

    `Original/neut/a.png` and `Segmented/neut/a.png` show one cell: on two sides of a split it would
    be tested on what it was trained on.
    """
    trees: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for sample in samples:
        if sample.source and is_image(sample.path.name):
            trees[sample.source].add((sample.label, sample.path.stem))
    for one, other in itertools.combinations(sorted(trees), 2):
        shared = {pair for pair in trees[one] & trees[other] if not pair[1].isdigit()}
        if are_sources([one, other]):
            continue
        if _VERSION.search(one) and _VERSION.search(other):
            shared = trees[one] & trees[other]
        if len(shared) >= max(3, min(len(trees[one]), len(trees[other])) / 2):
            told = [
                replace(sample, source="", cell=f"{sample.label}/{sample.path.stem}")
                for sample in samples
            ]
            note = (
                f"the folders {one} and {other} hold {len(shared)} pictures of the same names: "
                "taken as versions of one picture each, which stay on one side together"
            )
            return told, [note]
    return samples, []


def _left_out(
    walked: Mapping[Parts, tuple[Path, list[str]]], left: Sequence[Parts], why: str
) -> list[str]:
    pictures = {parts: sum(map(is_image, walked[parts][1])) for parts in left}
    total = sum(pictures.values())
    return [f"{total} image{'s' if total > 1 else ''} {why}"] if total else []


def _told_sources(placed: Mapping[Parts, Place], sources: Mapping[Parts, str]) -> list[str]:
    names = {source for parts, source in sources.items() if placed[parts].label} - {""}
    if not names:
        return []
    above = any(place.above[:1] == (sources[parts],) for parts, place in placed.items())
    where = "above" if above else "inside"
    return [f"the {len(names)} folders {where} the class folders are taken as sources"]


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image, and the file not hidden."""
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES


def files(folder: Path) -> list[Path]:
    """Return the files right in a folder, sorted by name; none where there is no such folder."""
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def images_below(folder: Path) -> list[Path]:
    """Return every image in a folder and those below it, but for masks and the like."""
    return [
        place / name
        for place, names in _walk(folder)
        if not any(map(holds_no_cells, place.relative_to(folder).parts))
        for name in names
        if is_image(name)
    ]


def folders(folder: Path) -> list[Path]:
    """Return the visible folders right in a folder, sorted by name; none where it is a file."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__"))]
    return [folder / name for name in sorted(names)]


def within(root: Path, holds: Callable[[Path], bool]) -> Path | None:
    """Return the uppermost folder, at most three below, for which `holds` is true.

    Archives unpack into folders in folders: `dataset2-master/dataset2-master/images`.
    """
    level = [root]
    for _ in range(4):
        for folder in level:
            if folder.is_dir() and holds(folder):
                return folder
        level = [child for folder in level for child in folders(folder)]
    return None


def _walk(top: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder with its files' names, links to folders followed, none entered twice."""
    seen = set()
    for folder, children, names in os.walk(top, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:
            children.clear()
            continue
        seen.add(place)
        children.sort()
        yield Path(folder), sorted(names)
