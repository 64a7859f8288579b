"""Readers of labels kept in a table: MedMNIST's .npz archives, segmentation_WBC, and any .csv."""

from __future__ import annotations

import csv
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hybrid_wbc.data.reading.folders import files, within
from hybrid_wbc.data.reading.samples import SIDE_OF, Found, Sample
from hybrid_wbc.data.sets.catalog import EIGHT_TYPES, class_name
from hybrid_wbc.errors import InputError

_CSV_NAMES = ("labels.csv", "samples.csv", "manifest.csv")
_SEGMENTATION_COLUMNS = ("image ID", "class label")
_SEGMENTATION_TYPES = dict(
    zip("12345", ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"), strict=True)
)


def read_npz(path: Path, _margin: float) -> Found:
    """Read a MedMNIST archive: `{train,val,test}_images` with `_labels`; pickles are refused.

    The numbers are given BloodMNIST's names where the file's name starts with `bloodmnist` and they
    lie in 0..7; otherwise a class is called `class 0`, `class 1` and so on.
    """
    path = _npz_of(path) or path
    labels: dict[str, np.ndarray] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with zipfile.ZipFile(path) as archive, np.load(path, allow_pickle=False) as stored:
            for split in ("train", "val", "test"):
                if f"{split}_images" in stored and f"{split}_labels" in stored:
                    labels[split] = stored[f"{split}_labels"]
                    shapes[split] = _stored_shape(archive, f"{split}_images")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable .npz archive ({error})") from None
    if not labels:
        raise InputError(
            f"{path}: none of train, val and test has its arrays, such as train_images and "
            "train_labels"
        )
    for split, numbers in labels.items():
        if not np.issubdtype(numbers.dtype, np.integer) or numbers.shape[:1] != (numbers.size,):
            raise InputError(
                f"{path}: {split}_labels is {numbers.dtype} of shape {numbers.shape}; "
                "one whole number for each image is expected"
            )
        if len(numbers) != shapes[split][0]:
            raise InputError(
                f"{path}: {split}_labels has {len(numbers)} rows, {split}_images has "
                f"{shapes[split][0]}; they must be as many"
            )
    classes = {int(number) for numbers in labels.values() for number in np.unique(numbers)}
    is_blood = path.name.lower().startswith("bloodmnist") and classes <= set(range(8))
    names = {n: EIGHT_TYPES[n] if is_blood else f"class {n}" for n in classes}
    samples = [
        Sample(
            f"{split}_images[{row}]",
            path,
            (names[number],),
            split=SIDE_OF[split],
            array=f"{split}_images",
            row=row,
        )
        for split, numbers in labels.items()
        for row, number in enumerate(numbers.reshape(-1).tolist())
    ]
    return samples, []


def is_npz(path: Path) -> bool:
    """Whether a path is an .npz file, or a folder whose only one holds images."""
    archive = _npz_of(path)
    if archive is None or path.is_file():
        return archive is not None
    if not zipfile.is_zipfile(archive):
        return False
    with zipfile.ZipFile(archive) as members:
        return any(name.endswith("_images.npy") for name in members.namelist())


def _npz_of(path: Path) -> Path | None:
    candidates = [path] if path.is_file() else files(path)
    archives = [file for file in candidates if file.suffix.lower() == ".npz"]
    return archives[0] if len(archives) == 1 else None


def _stored_shape(archive: zipfile.ZipFile, array: str) -> tuple[int, ...]:
    """Return an image array's shape from its header alone: its pixels can be gigabytes."""
    with archive.open(f"{array}.npy") as file:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype != np.uint8 or len(shape) not in (3, 4) or shape[3:] not in ((), (3,)):
        raise ValueError(
            f"{array} is {dtype} of shape {shape}; uint8 of (n, height, width) or "
            "(n, height, width, 3) is expected"
        )
    return shape


def read_csv(path: Path, _margin: float) -> Found:
    """Read a table of `path`, `label` and, if given, `source` and `split`; paths start beside it.

    A file that is listed but not there becomes a sample all the same, for the cleaning to name.
    """
    table = _csv_of(path) or path
    samples: list[Sample] = []
    listed: Counter[str] = Counter()
    for line, row in rows(table, ("path", "label")):
        split = row.get("split", "")
        if not row["path"]:
            raise InputError(f"{table}, line {line}: the path is blank; fill it or delete the line")
        if split and split.lower() not in SIDE_OF:
            raise InputError(
                f"{table}, line {line}: split is '{split}'; "
                "train, validation, test or a blank is expected"
            )
        identity = Path(row["path"]).as_posix()
        listed[identity] += 1
        number = f"#{listed[identity]}" if listed[identity] > 1 else ""
        samples.append(
            Sample(
                identity + number,
                table.parent / row["path"],
                several_labels(row["label"]),
                row.get("source", ""),
                SIDE_OF.get(split.lower(), ""),
            )
        )
    return samples, []


def is_csv(path: Path) -> bool:
    """Whether a path is a .csv file, or a folder that holds a known one with a column `path`."""
    return _csv_of(path) is not None


def read_segmentation(path: Path, _margin: float) -> Found:
    """Read segmentation_WBC: `001.bmp` beside its mask `001.png`, and a table of numbers.

    An image that is listed but not there becomes a sample all the same, for the cleaning to name.
    """
    folder = within(path, is_segmentation) or path
    table = _segmentation_table(folder)
    if table is None:
        raise InputError(f"{path}: no table with the columns {', '.join(_SEGMENTATION_COLUMNS)}")
    samples = []
    for line, row in rows(table, _SEGMENTATION_COLUMNS):
        number, label = (row[column] for column in _SEGMENTATION_COLUMNS)
        if not number.isdecimal() or label not in {*_SEGMENTATION_TYPES, ""}:
            raise InputError(
                f"{table}, line {line}: received image ID '{number}' and class label '{label}'; "
                "a whole number, and 1 to 5 or a blank, are expected"
            )
        name = f"{int(number):03d}.bmp"
        labels = (_SEGMENTATION_TYPES[label],) if label else ()
        identity = (folder / name).relative_to(path).as_posix()
        samples.append(Sample(identity, folder / name, labels))
    return sorted(samples, key=lambda sample: sample.id), []


def is_segmentation(folder: Path) -> bool:
    """Whether a folder holds numbered .bmp files and a table with segmentation_WBC's columns."""
    return _segmentation_table(folder) is not None and any(folder.glob("[0-9][0-9][0-9].bmp"))


def _segmentation_table(folder: Path) -> Path | None:
    for table in folder.glob("*.csv"):
        with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            columns = [column.strip() for column in next(csv.reader(file), [])]
        if set(_SEGMENTATION_COLUMNS) <= set(columns):
            return table
    return None


def rows(table: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the stripped cells, by column, of each line that is not blank.

    Raises
    ------
    InputError
        If the table cannot be read or lacks a required column.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: not a readable table in UTF-8 ({error})") from None
    columns = lines[0] if lines else []
    found = ", ".join(filter(None, columns)) or "none at all"
    for name in required:
        if name not in columns:
            raise InputError(
                f"{table}: no column '{name}'; found {found}; required {', '.join(required)}, "
                "with commas between them"
            )
    for number, line in enumerate(lines[1:], start=2):
        if any(line):
            filled = line + [""] * len(columns)
            yield number, dict(zip(columns, filled, strict=False))


def several_labels(text: str) -> tuple[str, ...]:
    """Return the different classes in a cell of a table, `NEUTROPHIL, EOSINOPHIL` or a blank."""
    return tuple(dict.fromkeys(class_name(part) for part in text.split(",") if part.strip()))


def _csv_of(path: Path) -> Path | None:
    if path.suffix.lower() == ".csv" and path.is_file():
        return path
    for table in (path / name for name in _CSV_NAMES):
        if table.is_file():
            with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                if "path" in (column.strip() for column in next(csv.reader(file), [])):
                    return table
    return None
