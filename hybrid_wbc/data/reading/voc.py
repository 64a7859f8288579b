"""Owns the reader of Pascal VOC sets: an .xml of boxes for each picture."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

from hybrid_wbc.data.reading.detection import (
    LARGEST_TEXT,
    RED_CELLS,
    UNTYPED,
    Object,
    first_few,
    found_in,
    is_red,
)
from hybrid_wbc.data.reading.folders import files, images_below, within
from hybrid_wbc.data.reading.frames import held_within
from hybrid_wbc.data.reading.samples import Found
from hybrid_wbc.errors import InputError, readable

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(root: Path, margin: float) -> Found:
    """Read `JPEGImages` with `Annotations`, an .xml for each picture, each box with its class.

    Raises
    ------
    InputError
        If an annotation was made for a picture of another size, or its boxes do not fit; if every
        white cell's box says only that it is one.
    """
    top = within(root, is_voc) or root
    boxes: dict[Path, list[Object]] = {}
    unread: list[str] = []
    pictures = images_below(top / "JPEGImages")
    for picture in pictures:
        annotation = top / "Annotations" / f"{picture.stem}.xml"
        try:
            boxes[picture] = annotated(annotation, picture)
        except InputError:
            raise
        except (OSError, ElementTree.ParseError, ValueError):
            unread.append(readable(picture.relative_to(root).as_posix()))
    notes = [f"{len(unread)} pictures without a readable annotation left out: {first_few(unread)}"]
    return found_in(root, boxes, margin, notes if unread else [])


def is_voc(folder: Path) -> bool:
    """Whether a folder holds `JPEGImages` and `Annotations`, and no table of types as BCCD's."""
    named = (folder / "JPEGImages").is_dir() and (folder / "Annotations").is_dir()
    return named and not (folder / "labels.csv").is_file() and _says_types(folder / "Annotations")


def _says_types(annotations: Path) -> bool:
    """Whether the first few annotations name more than white cells, red cells and platelets."""
    for annotation in files(annotations)[:20]:
        try:
            names = {item.findtext("name", "") for item in _xml(annotation).iter("object")}
        except (OSError, ElementTree.ParseError, ValueError):
            continue
        if {name.lower() for name in names} - RED_CELLS - UNTYPED - {"platelets", "platelet"}:
            return True
    return False


def annotated(annotation: Path, picture: Path) -> list[Object]:
    """Read the boxes of a Pascal VOC annotation, held against its picture.

    Parameters
    ----------
    annotation, picture : Path

    Returns
    -------
    list of Object
        From left to right. Red cells' boxes are not held against the picture.

    Raises
    ------
    InputError
        If the annotation was made for a picture of another size, or a box does not fit.
    OSError, ElementTree.ParseError, ValueError
        If it cannot be read.
    """
    tree = _xml(annotation)
    size = [int(tree.findtext(f"size/{side}") or 0) for side in ("width", "height")]
    found = []
    for item in tree.iter("object"):
        corners = [float(item.findtext(f"bndbox/{side}", "")) for side in _CORNERS]
        if not all(map(math.isfinite, corners)):
            raise ValueError(f"a box of {corners}")
        tight = tuple(map(round, corners))
        named = Object(item.findtext("name", "").strip(), tight)  # type: ignore[arg-type]
        if not is_red(named):
            held_within(picture, tight, str(annotation), size=size)
        found.append(named)
    return sorted(found, key=lambda each: each.tight)


def _xml(file: Path) -> ElementTree.ElementTree[ElementTree.Element]:
    if not file.is_file() or file.stat().st_size > LARGEST_TEXT:
        raise OSError("not a regular file of a reasonable size")
    return ElementTree.parse(file)
