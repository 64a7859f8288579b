"""Owns the reader of BCISC: cells cut out of its smears, whose names tell type, slide and field."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from hybrid_wbc.data.boxes import Box, mask_boxes
from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.decoding.pictures import decode_mask, frame_of
from hybrid_wbc.data.reading.folders import files, folders, is_image, within
from hybrid_wbc.data.reading.samples import Found, Sample, readable
from hybrid_wbc.data.sets.catalog import class_name
from hybrid_wbc.errors import InputError

_CELLS, _FIELDS = "sub-images", "original-images"
# Type, slide, field of the slide, and cell of the field: baso_10-5_1.
_NAME = re.compile(r"([A-Za-z]+)_(\d+)-(\d+)_(\d+)")


def read_bcisc(root: Path, margin: float) -> Found:
    """Read BCISC's cells, `sub-images/images/<type>_<slide>-<field>_<cell>.jpg`.

    The name gives the field's type. It is the cell's where the cell is the only one that was cut
    out of the field; the others get no label. The slide is the source, so that all fields of one
    slide stay together. Where `sub-images/masks` holds the cell's mask the box follows from it.
    The fields themselves, `original-images`, are counted in a note: nothing says where in a field a
    cell lies.

    Raises
    ------
    InputError
        If a mask has another size than its picture.
    """
    top = within(root, is_bcisc) or root
    masks = {path.stem: path for path in files(top / _CELLS / "masks")}
    named: list[tuple[Path, re.Match[str]]] = []
    samples: list[Sample] = []
    left_out: dict[str, list[str]] = defaultdict(list)
    for path in files(top / _CELLS / "images"):
        identity = readable(path.relative_to(root).as_posix())
        match = _NAME.fullmatch(path.stem)
        if not is_image(path.name):
            # The cleaning drops it by name, and says why.
            samples.append(Sample(identity, path, ()))
        elif match is None:
            left_out["not named type_slide-field_cell"].append(identity)
        else:
            named.append((path, match))
    cells_of = Counter(match.group(1, 2, 3) for _, match in named)
    for path, match in named:
        identity = readable(path.relative_to(root).as_posix())
        box = None
        if path.stem in masks:
            box = _marked(path, masks[path.stem], margin)
            if box is None:
                left_out["without a readable mask that shows a cell"].append(identity)
                continue
        kind, slide, _ = match.group(1, 2, 3)
        labels = (class_name(kind),) if cells_of[match.group(1, 2, 3)] == 1 else ()
        samples.append(Sample(identity, path, labels, source=f"{kind.lower()}-{slide}", box=box))
    samples.sort(key=lambda sample: sample.id)
    return samples, _notes(top, left_out, list(cells_of.values()))


def is_bcisc(folder: Path) -> bool:
    """Whether a folder holds BCISC's `sub-images/images` with a cell named as there."""
    return any(_NAME.fullmatch(path.stem) for path in files(folder / _CELLS / "images"))


def _marked(path: Path, mask: Path, margin: float) -> Box | None:
    """Return the box of a cell's largest marked region; None where nothing is marked."""
    try:
        boxes = mask_boxes(decode_mask(mask), frame_of(path), margin)
    except DecodingError:
        return None
    except InputError as error:
        raise InputError(f"{mask}: {error}") from None
    return max(boxes, key=lambda box: box[2] - box[0], default=None)


def _notes(top: Path, left_out: dict[str, list[str]], cells_of_fields: list[int]) -> list[str]:
    notes = [
        f"{len(ids)} picture{'s' if len(ids) > 1 else ''} {why} left out: {', '.join(ids[:5])}"
        + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
        for why, ids in left_out.items()
    ]
    several = [count for count in cells_of_fields if count > 1]
    if several:
        notes.append(
            f"{sum(several)} cells of {len(several)} fields with several cells have no label: the "
            "set names the field's type, not theirs"
        )
    fields = sum(
        is_image(path.name) and path.suffix.lower() != ".png"
        for folder in folders(top / _FIELDS)
        for path in files(folder)
    )
    if fields:
        notes.append(f"{fields} whole fields in {_FIELDS} not read: their cells are in {_CELLS}")
    return notes
