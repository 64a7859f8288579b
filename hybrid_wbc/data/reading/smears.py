"""Readers of whole smears with expert marks, one sample for each white cell: LISC and BCCD."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from hybrid_wbc.data.boxes import Box, mask_boxes, square_box
from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import decode_mask, frame_of
from hybrid_wbc.data.reading.folders import files, folders, is_image, within
from hybrid_wbc.data.reading.rows import rows
from hybrid_wbc.data.reading.samples import Found, Sample
from hybrid_wbc.data.reading.tables import several_labels
from hybrid_wbc.data.reading.voc import annotated
from hybrid_wbc.data.sets.class_names import class_name
from hybrid_wbc.errors import InputError


def read_lisc(root: Path, margin: float) -> Found:
    """Read LISC's smears, a cell for each region of the masks that its expert 1 drew.

    `Main Dataset/<class>/N.bmp` with `Ground Truth Segmentation/<class>/areaforexpert1/
    N_expert.bmp`, in whatever case. A smear without a cell in a mask is left out with a note.
    """
    top = within(root, is_lisc) or root
    main, truth = _child(top, "maindataset"), _child(top, "groundtruthsegmentation")
    if main is None or truth is None:
        raise InputError(
            f"{top}: LISC's cells are found by its masks; the folders 'Main Dataset' and "
            "'Ground Truth Segmentation' must lie side by side"
        )
    experts = {class_name(f.name): _child(f, "areaforexpert1") for f in folders(truth)}
    samples: list[Sample] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for folder in folders(main):
        name = class_name(folder.name)
        expert = experts.get(name)
        masks = {path.stem.lower(): path for path in files(expert)} if expert else {}
        for path in files(folder):
            mask = masks.get(f"{path.stem.lower()}_expert")
            identity = path.relative_to(root).as_posix()
            frame = _frame(path) if is_image(path.name) else None
            if frame is None:
                # The cleaning drops it by name, and says why.
                samples += _cells(identity, path, (name,), [None])
            elif mask is None:
                left_out["without a mask by expert 1"].append(identity)
            else:
                boxes = _marked(frame, mask, margin)
                samples += _cells(identity, path, (name,), boxes)
                if not boxes:
                    left_out["without a readable mask that fits and shows a cell"].append(identity)
    return samples, [_note(why, ids) for why, ids in left_out.items()]


def is_lisc(folder: Path) -> bool:
    """Whether a folder holds LISC's `Main Dataset`."""
    return _child(folder, "maindataset") is not None


def read_bccd(root: Path, margin: float) -> Found:
    """Read BCCD's smears, a cell for each box of a white cell.

    `labels.csv` names the type of cell by smear: one type goes to every box, several different ones
    make a doubled label, a blank a missing one.
    """
    top = within(root, is_bccd) or root
    types = {}
    table = top / "labels.csv"
    if not table.is_file():
        raise InputError(
            f"{table}: missing; it gives the white cells' types, as in dataset-master "
            "of Kaggle's blood-cells"
        )
    for line, row in rows(table, ("Image", "Category")):
        if not row["Image"].isdigit():
            raise InputError(
                f"{table}, line {line}: Image is '{row['Image']}'; "
                "the number of an image is expected"
            )
        types[int(row["Image"])] = several_labels(row["Category"])
    samples: list[Sample] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for path in files(top / "JPEGImages"):
        identity = path.relative_to(root).as_posix()
        # The whole name says so: a copy's own number, as in BloodImage_00012_aug1, is no smear's.
        number = re.fullmatch(r"BloodImage_(\d+)", path.stem)
        labels = types.get(int(number[1]), ()) if number else ()
        if not number and is_image(path.name):
            left_out["not named BloodImage_ and a number of labels.csv"].append(identity)
            continue
        if not is_image(path.name):
            samples += _cells(identity, path, labels, [None])
            continue
        try:
            objects = annotated(top / "Annotations" / f"{path.stem}.xml", path)
        except InputError:
            raise
        except (OSError, ElementTree.ParseError, ValueError):
            left_out["without a readable annotation"].append(identity)
            continue
        boxes = [square_box(each.tight, margin) for each in objects if each.name == "WBC"]
        samples += _cells(identity, path, labels, boxes)
        if not boxes:
            left_out["without a white cell's box"].append(identity)
    return samples, [_note(why, ids) for why, ids in left_out.items()]


def is_bccd(folder: Path) -> bool:
    """Whether a folder holds BCCD's `JPEGImages` and `Annotations`."""
    return (folder / "JPEGImages").is_dir() and (folder / "Annotations").is_dir()


def _cells(
    identity: str, path: Path, labels: tuple[str, ...], boxes: Sequence[Box | None]
) -> list[Sample]:
    """Return a sample for each box of a smear; the smear is their source."""
    numbers = ["", *(f"#{n}" for n in range(2, len(boxes) + 1))]
    return [
        Sample(identity + number, path, labels, source=identity, box=box)
        for number, box in zip(numbers, boxes, strict=False)
    ]


def _marked(frame: tuple[int, int], mask: Path, margin: float) -> list[Box]:
    """Return the boxes of a smear's cells; none where its mask cannot be read."""
    try:
        levels = decode_mask(mask)
    except DecodingError:
        return []
    try:
        return mask_boxes(levels, frame, margin)
    except InputError as error:
        raise InputError(f"{mask}: {error}") from None


def _frame(path: Path) -> tuple[int, int] | None:
    """Return the height and width of a smear; None where it cannot be read."""
    try:
        return frame_of(path)
    except DecodingError:
        return None


def _child(folder: Path, plain: str) -> Path | None:
    """Return the folder inside that is called `plain` once case, spaces and marks are left out."""
    named = (f for f in folders(folder) if re.sub(r"[\W_]", "", f.name.lower()) == plain)
    return next(named, None)


def _note(why: str, ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    return f"{len(ids)} smear{'s' if len(ids) > 1 else ''} {why} left out: {shown}"
