"""Owns the reader of COCO's sets: one .json of boxes for many pictures."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybrid_wbc.data.reading.detection import LARGEST_TEXT, Object, found_in, is_red
from hybrid_wbc.data.reading.folders import files
from hybrid_wbc.data.reading.frames import held_within
from hybrid_wbc.data.reading.levels import side_of
from hybrid_wbc.data.reading.samples import Found, check_count
from hybrid_wbc.errors import InputError


def read_coco(root: Path, margin: float) -> Found:
    """Read pictures with a .json of `images`, `annotations` and `categories`.

    Raises
    ------
    InputError
        If a file is broken, a picture has another size than it says, or a box does not fit.
    """
    boxes: dict[Path, list[Object]] = defaultdict(list)
    sides: dict[Path, str] = {}
    notes: list[str] = []
    crowds = 0
    for file in _coco_files(root):
        content = _json(file)
        try:
            names = {each["id"]: str(each["name"]) for each in content["categories"]}
            pictures = {each["id"]: each for each in content["images"]}
            place_of = {i: _coco_picture(root, file, each) for i, each in pictures.items()}
            missing = [i for i, place in place_of.items() if place is None]
            check_count(file, len(content["annotations"]))
            side = side_of(file.parent.name) or side_of(
                file.stem.removeprefix("instances_").removeprefix("_annotations")
            )
            for item in content["annotations"]:
                if item.get("iscrowd"):
                    crowds += 1
                    continue
                each, picture = pictures[item["image_id"]], place_of[item["image_id"]]
                if picture is None:
                    continue
                x, y, w, h = (float(number) for number in item["bbox"])
                tight = (round(x), round(y), round(x + w), round(y + h))
                named = Object(names[item["category_id"]], tight)
                where = f"{file}, annotation {item.get('id')}"
                if not is_red(named):
                    size = (each.get("width", 0), each.get("height", 0))
                    held_within(picture, tight, where, size=size)
                boxes[picture].append(named)
                sides[picture] = side
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(
                f"{file}: not annotations as COCO's: {type(error).__name__} {error}"
            ) from None
        if missing:
            first = pictures[missing[0]]["file_name"]
            notes.append(f"{len(missing)} pictures of {file.name} not found: {first} first")
    if crowds:
        notes.append(f"{crowds} boxes around several cells at once (iscrowd) left out")
    ordered = {p: sorted(boxes[p], key=lambda each: each.tight) for p in sorted(boxes)}
    return found_in(root, ordered, margin, notes, sides)


def is_coco(root: Path) -> bool:
    """Whether a folder holds a .json with COCO's keys."""
    return root.is_dir() and bool(_coco_files(root))


def _coco_files(root: Path) -> list[Path]:
    places = [root, root / "annotations", *(p for p in sorted(root.iterdir()) if p.is_dir())]
    found = (file for place in places for file in files(place) if file.suffix.lower() == ".json")
    return [file for file in dict.fromkeys(found) if _has_coco_keys(file)]


def _has_coco_keys(file: Path) -> bool:
    if file.stat().st_size > LARGEST_TEXT:
        return False
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"images", "annotations", "categories"} <= content.keys()


def _coco_picture(root: Path, file: Path, said: Mapping[str, Any]) -> Path | None:
    name = str(said["file_name"]).replace("\\", "/")
    side = file.stem.removeprefix("instances_")
    places = (file.parent, root, root / "images", root / side, root / "images" / side)
    inside = root.resolve()
    for place in places:
        picture = place / name
        if picture.is_file() and picture.resolve().is_relative_to(inside):
            return picture
    return None


def _json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_bytes())
