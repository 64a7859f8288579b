"""Owns the reader of BCISC: cells cut out of its fields, or the fields, told by their names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from hybrid_wbc.data.boxes import Box, mask_boxes
from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import decode_mask, frame_of
from hybrid_wbc.data.reading.folders import files, folders, is_image, within
from hybrid_wbc.data.reading.samples import Found, Sample
from hybrid_wbc.data.sets.class_names import FIVE_TYPES, class_name
from hybrid_wbc.errors import InputError, readable

_CELLS, _FIELDS = "sub-images", "original-images"
# Type, slide, field of the slide, and cell of the field: baso_10-5_1.
_CELL = re.compile(r"([A-Za-z]+)_(\d+)-(\d+)_(\d+)")
# Slide and field, in a folder of the type: baso/10-5. Masks of several cells end otherwise.
_FIELD = re.compile(r"(\d+)-(\d+)")


def read_bcisc(root: Path, margin: float) -> Found:
    """Read BCISC's cells, or its whole fields where the folder of the fields is given.

    Cells are `sub-images/images/<type>_<slide>-<field>_<cell>.jpg`. The name gives the field's
    type. It is the cell's where the cell is the only one that was cut out of the field; the others
    get no label. The slide is the source, so that all fields of one slide stay together. Where
    `sub-images/masks` holds the cell's mask the box follows from it.

    Fields are `<type>/<slide>-<field>.jpg`. Nothing says where in a field the cell lies, and those
    with several cells get no label where `sub-images` beside them names several.

    Raises
    ------
    InputError
        If a mask has another size than its picture.
    """
    top = within(root, _holds_cells)
    if top is not None:
        return _read_cells(root, top, margin)
    return _read_fields(root, within(root, _holds_fields) or root)


def is_bcisc(folder: Path) -> bool:
    """Whether a folder holds BCISC's `sub-images/images`, or is that of its fields."""
    return _holds_cells(folder) or _holds_fields(folder)


def _holds_cells(folder: Path) -> bool:
    return bool(_cells_of_fields(folder))


def _holds_fields(folder: Path) -> bool:
    """Whether a folder is BCISC's `original-images`: other sets have folders of types, too."""
    return folder.name == _FIELDS and any(
        class_name(inside.name) in FIVE_TYPES
        and any(_FIELD.fullmatch(f.stem) for f in files(inside))
        for inside in folders(folder)
    )


def _cells_of_fields(top: Path) -> Counter[tuple[str, ...]]:
    """Count the cells that were cut out of each field: type, slide and field."""
    found = (_CELL.fullmatch(path.stem) for path in files(top / _CELLS / "images"))
    return Counter(match.group(1, 2, 3) for match in found if match)


def _read_cells(root: Path, top: Path, margin: float) -> Found:
    masks = {path.stem: path for path in files(top / _CELLS / "masks")}
    cells_of = _cells_of_fields(top)
    samples: list[Sample] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for path in files(top / _CELLS / "images"):
        identity = readable(path.relative_to(root).as_posix())
        match = _CELL.fullmatch(path.stem)
        if not is_image(path.name):
            # The cleaning drops it by name, and says why.
            samples.append(Sample(identity, path, ()))
            continue
        if match is None:
            left_out["not named type_slide-field_cell"].append(identity)
            continue
        mask = masks.get(path.stem)
        box = None if mask is None else _marked(path, mask, margin)
        if mask is not None and box is None:
            left_out["without a readable mask that shows a cell"].append(identity)
            continue
        field = match.group(1, 2, 3)
        samples.append(_sample(identity, path, field, cells_of[field], box))
    notes = [_note(why, ids) for why, ids in left_out.items()]
    several = [count for count in cells_of.values() if count > 1]
    if several:
        notes.append(
            f"{sum(several)} cells have no label: their fields ({len(several)}) hold several, and "
            "the set names the field's type"
        )
    if (top / _FIELDS).is_dir():
        notes.append(f"whole fields are read where {_FIELDS} itself is given")
    return samples, notes


def _read_fields(root: Path, top: Path) -> Found:
    cells_of = _cells_of_fields(top.parent)
    samples: list[Sample] = []
    n_masks = n_several = 0
    for folder in folders(top):
        for path in files(folder):
            identity = readable(path.relative_to(root).as_posix())
            match = _FIELD.fullmatch(path.stem)
            if path.suffix.lower() == ".png":
                n_masks += 1
            elif not is_image(path.name) or match is None:
                samples.append(Sample(identity, path, ()))
            else:
                field = (folder.name, *match.group(1, 2))
                n_several += cells_of[field] > 1
                samples.append(_sample(identity, path, field, cells_of[field]))
    notes = [f"{n_masks} masks beside the fields not read"] if n_masks else []
    if not cells_of:
        notes.append(
            f"{_CELLS} is not beside the fields: which of them show several cells is not known"
        )
    if n_several:
        notes.append(f"{n_several} of the fields hold several cells and have no label")
    return samples, notes


def _sample(
    identity: str, path: Path, field: Sequence[str], n_cells: int, box: Box | None = None
) -> Sample:
    kind, slide, _ = field
    labels = () if n_cells > 1 else (class_name(kind),)
    return Sample(identity, path, labels, source=f"{kind.lower()}-{slide}", box=box)


def _marked(path: Path, mask: Path, margin: float) -> Box | None:
    """Return the box of a cell's largest marked region; None where nothing is marked."""
    try:
        boxes = mask_boxes(decode_mask(mask), frame_of(path), margin)
    except DecodingError:
        return None
    except InputError as error:
        raise InputError(f"{mask}: {error}") from None
    return max(boxes, key=lambda box: box[2] - box[0], default=None)


def _note(why: str, ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    return f"{len(ids)} picture{'s' if len(ids) > 1 else ''} {why} left out: {shown}"
