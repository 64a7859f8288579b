"""Owns the reader of sets made for YOLO: a .txt of boxes for each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hybrid_wbc.config import strict_yaml
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.reading.detection import LARGEST_TEXT, Object, first_few, found_in
from hybrid_wbc.data.reading.folders import images_below, within
from hybrid_wbc.data.reading.frames import size_of
from hybrid_wbc.data.reading.samples import Found
from hybrid_wbc.errors import InputError, readable

_NAME_FILES = ("classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml")


def read_yolo(root: Path, margin: float) -> Found:
    """Read pictures with a .txt of boxes each, `class x y width height` in shares of the picture.

    `images/a.jpg` goes with `labels/a.txt`, or `a.jpg` with `a.txt` beside it. What the numbers
    mean stands in `classes.txt`, `obj.names` or the `names` of `data.yaml`.

    Raises
    ------
    InputError
        If the numbers have no names, or a line is wrong.
    """
    top = within(root, is_yolo) or root
    names = _class_names(top)
    boxes: dict[Path, list[Object]] = {}
    without = []
    for picture in images_below(top):
        table = _yolo_table(picture)
        if table is None:
            without.append(readable(picture.relative_to(root).as_posix()))
        else:
            boxes[picture] = _yolo_objects(table, picture, names)
    notes = [f"{len(without)} pictures without a .txt of boxes left out: {first_few(without)}"]
    return found_in(root, boxes, margin, notes if without else [])


def is_yolo(folder: Path) -> bool:
    """Whether a folder holds pictures with tables of boxes as YOLO takes them."""
    if not (folder / "labels").is_dir() and not any((folder / n).is_file() for n in _NAME_FILES):
        return False
    tables = (table for picture in images_below(folder)[:50] if (table := _yolo_table(picture)))
    return any(_looks_like_boxes(table) for table in tables)


def _yolo_table(picture: Path) -> Path | None:
    beside = picture.with_suffix(".txt")
    if beside.is_file():
        return beside
    parts = list(picture.parts)
    for number in range(len(parts) - 2, -1, -1):
        if parts[number].lower() == "images":
            parts[number] = "labels"
            table = Path(*parts).with_suffix(".txt")
            return table if table.is_file() else None
    return None


def _looks_like_boxes(table: Path) -> bool:
    with table.open(encoding="utf-8", errors="replace") as file:
        words = file.readline().split()
    return len(words) >= 5 and words[0].isdigit() and all(map(_is_share, words[1:]))


def _is_share(word: str) -> bool:
    try:
        return -0.001 <= float(word) <= 1.001
    except ValueError:
        return False


def _class_names(top: Path) -> dict[int, str]:
    places = (top, top.parent, top / "labels", top / "images")
    for file in (place / name for place in places for name in _NAME_FILES):
        if not file.is_file():
            continue
        text = _text(file)
        if file.suffix not in (".yaml", ".yml"):
            return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
        try:
            names = strict_yaml.parse(text)["names"]
            listed = dict(enumerate(names)) if isinstance(names, list) else names
            return {int(number): str(name) for number, name in listed.items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{file}: no list of names in it ({type(error).__name__})") from None
    raise InputError(
        f"{top}: boxes as YOLO takes them, whose classes are numbers; put a classes.txt beside "
        "them with a name a line, the first for 0"
    )


def _yolo_objects(table: Path, picture: Path, names: Mapping[int, str]) -> list[Object]:
    frame = size_of(picture)
    found: list[Object] = []
    for number, line in enumerate(_text(table).splitlines(), start=1):
        words = line.split()
        if not words or frame is None:
            continue
        try:
            name = names[int(words[0])]
            shares = [float(word) for word in words[1:]]
            tight = _in_pixels(shares, frame)
        except (KeyError, ValueError):
            raise InputError(
                f"{table}, line {number}: '{line[:60]}'; a class from 0 to {max(names)} and the "
                "middle, width and height of a box in shares of the picture are expected"
            ) from None
        found.append(Object(name, tight))
    return sorted(found, key=lambda each: each.tight)


def _in_pixels(shares: Sequence[float], frame: tuple[int, int]) -> Box:
    """Return the box of four shares, or of the outline that more of them go round."""
    if len(shares) < 4 or len(shares) % 2 or not all(-0.001 <= s <= 1.001 for s in shares):
        raise ValueError("not shares of a picture")
    width, height = frame
    if len(shares) == 4:
        x, y, w, h = shares
        ends = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    else:
        across, down = shares[::2], shares[1::2]
        ends = (min(across), min(down), max(across), max(down))
    left, top = max(0, round(ends[0] * width)), max(0, round(ends[1] * height))
    right, bottom = min(width, round(ends[2] * width)), min(height, round(ends[3] * height))
    if left >= right or top >= bottom:
        raise ValueError("an empty box")
    return left, top, right, bottom


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST_TEXT:
        raise InputError(f"{file}: larger than {LARGEST_TEXT // 10**6} MB; no list of boxes is")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 ({error}); save it as UTF-8") from None
