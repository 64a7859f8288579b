"""Owns what a level of folders means: the side, the class, the patient or slide, or no cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hybrid_wbc.data.reading.samples import SIDE_OF
from hybrid_wbc.data.sets.class_names import CLASS_NAMES, class_name
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.errors import InputError

# What stands beside the pictures and holds none of the cells, in lower case without marks.
NO_CELLS = frozenset(
    {
        "annotation", "annotations", "groundtruth", "groundtruths", "groundtruthsegmentation",
        "label", "labels", "mask", "masks", "maskimages", "segmentationmask", "segmentationmasks",
        "thumbnail", "thumbnails",
    }
)  # fmt: skip
# Words that may stand around `train`, `val` or `test` in a folder's name.
_AROUND_A_SIDE = frozenset(
    {"a", "b", "c", "cells", "data", "dataset", "files", "folder", "images", "image", "imgs", "img",
     "part", "pictures", "set", "side", "split", "subset", "the"}
)  # fmt: skip
# What a patient, slide or day is called; a folder of such a name is not a class of cells.
_SOURCE_WORDS = (
    "batch|camera|case|center|centre|day|donor|field|fov|hospital|lab|laboratory|microscope|"
    "participant|patient|person|plate|pt|run|scan|scanner|session|site|slide|smear|specimen|"
    "subject|tile|well"
)
_SOURCE = re.compile(rf"(({_SOURCE_WORDS})s?(\W.*|_.*|\d.*)?|p\d+|\d{{4}}\W?\d\d\W?\d\d)", re.I)
_FILLERS = frozenset({"cells", "crops", "data", "images", "image", "img", "imgs", "jpg", "png"})

Parts = tuple[str, ...]
"""The names of the folders from the top of a set down to one of its folders."""


@dataclass(frozen=True)
class Place:
    """What the folders above a file say of it.

    Attributes
    ----------
    label : str
        Canonical class name; empty where the file lies outside the class folders.
    split : str
        "train", "validation", "test" or empty.
    above, below : tuple of str
        The other folders above and inside the class folder, from the top.
    """

    label: str
    split: str
    above: Parts
    below: Parts


def side_of(name: str) -> str:
    """Give the side that a folder's name says, or nothing.

    Parameters
    ----------
    name : str
        Such as `train`, `Train_Set`, `Test-A`, `validation images` or `TestB`.

    Returns
    -------
    str
        "train", "validation", "test" or empty.

    Examples
    --------
    >>> side_of("Train_Set"), side_of("Test-A"), side_of("contest")
    ('train', 'test', '')
    """
    words = re.findall(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*|\d+", name)
    plain = [word.lower() for word in words]
    joined = "".join(plain)
    if joined in SIDE_OF:
        return SIDE_OF[joined]
    for end in ("dataset", "data", "images", "set"):
        if joined.removesuffix(end) in SIDE_OF:
            return SIDE_OF[joined.removesuffix(end)]
    sides = [word for word in plain if word in SIDE_OF]
    others = [word for word in plain if word not in SIDE_OF]
    only_fillers = all(word in _AROUND_A_SIDE or word.isdigit() for word in others)
    return SIDE_OF[sides[0]] if len(sides) == 1 and only_fillers else ""


def part_of_test_side(sample_id: str) -> str:
    """Name the folder that puts a cell on the test side, where a set has one.

    Some sets have several, such as one for each microscope.

    Parameters
    ----------
    sample_id : str
        As `Sample.id`.

    Returns
    -------
    str
        Empty where no folder of the cell has the name of a test side.

    Examples
    --------
    >>> part_of_test_side("TestB/Basophil/7.jpg"), part_of_test_side("cells/7.jpg")
    ('TestB', '')
    """
    folders = sample_id.split("/")[:-1]
    return next((folder for folder in folders if side_of(folder) == TEST), "")


def holds_no_cells(name: str) -> bool:
    """Whether a folder's name is that of masks, annotations or the like."""
    return re.sub(r"[\W_]", "", name.lower()) in NO_CELLS


def places(folders: Collection[Parts], root: str) -> dict[Parts, Place]:
    """Say what the folders of a set mean.

    Where any folder has the name of a known class, classes are those and the folders beside them.
    Elsewhere the class is the one level whose names differ and are not those of sides, patients,
    slides or days.

    Parameters
    ----------
    folders : collection of tuple of str
        Every folder that holds pictures.
    root : str
        The set, for the error's sake.

    Returns
    -------
    dict of tuple of str to Place

    Raises
    ------
    InputError
        If two levels of folders could be the classes, or none.
    """
    depths = _known_depths(folders)
    if not any(depths.values()):
        depths = _chosen_depths(folders, root)
    return {parts: _place(parts, depth) for parts, depth in depths.items()}


def _known_depths(folders: Collection[Parts]) -> dict[Parts, int]:
    """Return how many parts lead to each folder's class, 0 where it lies outside of all."""
    nearest = {
        parts: next(
            (n for n in range(len(parts), 0, -1) if class_name(parts[n - 1]) in CLASS_NAMES), 0
        )
        for parts in folders
    }
    # What lies beside a known class is a class too, however deep its pictures are.
    parents = {parts[: depth - 1] for parts, depth in nearest.items() if depth}
    for parts, depth in nearest.items():
        beside = (n for n in range(1, len(parts) + 1) if parts[: n - 1] in parents)
        if not depth:
            nearest[parts] = next((n for n in beside if not side_of(parts[n - 1])), 0)
    return nearest


def _chosen_depths(folders: Collection[Parts], root: str) -> dict[Parts, int]:
    """Choose the level of the classes by what differs at it, where no name is known."""
    levels: dict[int, set[str]] = {}
    for parts in folders:
        for level, name in enumerate(_without_sides(parts)):
            levels.setdefault(level, set()).add(name)
    differing = {level: sorted(names) for level, names in levels.items() if len(names) > 1}
    candidates = {level: names for level, names in differing.items() if not are_sources(names)}
    if len(candidates) > 1:
        # Numbers under or above names are patients or slides; alone they are classes.
        named = {
            level: names
            for level, names in candidates.items()
            if not all(name.isdigit() for name in names)
        }
        candidates = named or candidates
    if len(candidates) > 1:
        told = " or ".join(_some(names) for names in candidates.values())
        raise InputError(
            f"{root}: the classes could be {told}: two levels of folders differ, and neither has "
            "the name of a known cell type. Keep one level of folders for the classes, or list the "
            "pictures in a labels.csv with the columns path, label and source"
        )
    if not candidates and differing:
        raise InputError(
            f"{root}: {_some(next(iter(differing.values())))} look like patients, slides or days, "
            "not like classes of cells. List the pictures in a labels.csv with the columns path, "
            "label and source, or put them into one folder a class"
        )
    # A set of one class: its own folder is the class.
    level = next(iter(candidates), max(levels, default=0))
    depths = {}
    for parts in folders:
        kept = [n for n, part in enumerate(parts, start=1) if not side_of(part)]
        if level < len(kept):
            depths[parts] = kept[level]
        elif not candidates and kept:
            depths[parts] = kept[-1]
        else:
            depths[parts] = 0
    return depths


def _place(parts: Parts, depth: int) -> Place:
    if not depth:
        return Place("", "", (), ())
    above, below = parts[: depth - 1], parts[depth:]
    split = next((side for part in above + below if (side := side_of(part))), "")
    return Place(class_name(parts[depth - 1]), split, _without_sides(above), _without_sides(below))


def sources_of(placed: Sequence[Place]) -> list[str]:
    """Name the patient or slide that the folders of each file tell, empty where they tell none.

    The uppermost level whose names differ is taken, above the classes before inside them: all
    slides of a patient stay together.

    Parameters
    ----------
    placed : sequence of Place, length n

    Returns
    -------
    list of str, length n
    """
    for part in ("above", "below"):
        levels = max((len(getattr(place, part)) for place in placed), default=0)
        for level in range(levels):
            names = [
                getattr(place, part)[level] if level < len(getattr(place, part)) else ""
                for place in placed
            ]
            if len(set(names) - {""}) > 1:
                return names
    return [""] * len(placed)


def _without_sides(parts: Sequence[str]) -> Parts:
    # A Mac and Windows write the same accents otherwise.
    return tuple(unicodedata.normalize("NFC", part) for part in parts if not side_of(part))


def are_sources(names: Sequence[str]) -> bool:
    """Whether all names are those of patients, slides, days and the like."""
    return all(_SOURCE.fullmatch(name) or name.lower() in _FILLERS for name in names)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"the folders {', '.join(names[:3])}{more}"
