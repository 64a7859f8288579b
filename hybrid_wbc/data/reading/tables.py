"""Owns the readers of labels kept in a table of text: any .csv, and segmentation_WBC's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hybrid_wbc.data.boxes import square_box
from hybrid_wbc.data.reading.folders import images_below, within
from hybrid_wbc.data.reading.frames import held_within
from hybrid_wbc.data.reading.levels import side_of
from hybrid_wbc.data.reading.rows import column, heading, rows, value
from hybrid_wbc.data.reading.samples import Found, Sample
from hybrid_wbc.data.sets.class_names import CLASS_NAMES, class_name
from hybrid_wbc.errors import InputError, readable

TABLE_SUFFIXES = (".csv", ".tsv")
_CSV_NAMES = ("labels.csv", "samples.csv", "manifest.csv")
# What columns may be called, in lower case with single spaces, the likeliest first.
_PATH = (
    "path", "file", "filename", "file name", "filepath", "file path", "image path", "image name",
    "image", "img", "picture", "crop",
)  # fmt: skip
_LABEL = ("label", "class", "class name", "category", "cell type", "celltype", "type")
# A patient before a slide: all slides of a patient stay together.
_SOURCE = (
    "source", "patient", "patient id", "subject", "subject id", "donor", "case", "case id",
    "slide", "slide id", "smear", "smear id",
)  # fmt: skip
_SPLIT = ("split", "side", "set", "subset", "partition", "part")
_SIDES_OF_BOXES = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"))
_SEGMENTATION_COLUMNS = ("image ID", "class label")
_SEGMENTATION_TYPES = dict(
    zip("12345", ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil"), strict=True)
)


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what, as the table spells them; None where there is none."""

    path: str
    label: str
    source: str | None
    split: str | None
    box: tuple[str, str, str, str] | None
    size: tuple[str, str] | None

    @classmethod
    def of(cls, names: Sequence[str]) -> Columns | None:
        """Find them by what they are called; None where pictures or labels are not named."""
        path, label = column(names, _PATH), column(names, _LABEL)
        if path is None or label is None or path == label:
            return None
        boxes = [[column(names, [side]) for side in sides] for sides in _SIDES_OF_BOXES]
        box = next((tuple(found) for found in boxes if None not in found), None)
        size = (column(names, ["width"]), column(names, ["height"]))
        return cls(
            path=path,
            label=label,
            source=column(names, _SOURCE),
            split=column(names, _SPLIT),
            box=box,  # type: ignore[arg-type]
            size=size if box is not None and None not in size else None,  # type: ignore[arg-type]
        )

    def told(self, names: Sequence[str]) -> list[str]:
        """Say which columns were taken for what, where they are called otherwise, and the rest."""
        roles = {"path": self.path, "label": self.label, "source": self.source, "split": self.split}
        renamed = [
            f"{role} from '{name}'" for role, name in roles.items() if name not in (None, role)
        ]
        used = {*roles.values(), *(self.box or ()), *(self.size or ())}
        unread = [f"'{name}'" for name in names if name and name not in used]
        notes = [f"columns of the table: {', '.join(renamed)}"] if renamed else []
        if unread:
            more = f" and {len(unread) - 5} more" if len(unread) > 5 else ""
            notes.append(f"columns of the table not read: {', '.join(unread[:5])}{more}")
        return notes


class Pictures:
    """Where the pictures of a table lie: beside it, or below, where only one has the name.

    Parameters
    ----------
    folder : Path
        The table's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._elsewhere: Counter[str] = Counter()

    def find(self, written: str) -> Path:
        """Give the picture's place; that beside the table where there is none."""
        file = self.folder / written
        if "\\" in written and not file.exists():
            # Written on Windows.
            written = written.replace("\\", "/")
            file = self.folder / written
        if "/" not in written and not file.exists():
            found = self._by_name.get(written, [])
            if len(found) == 1:
                place = found[0].parent.relative_to(self.folder).as_posix()
                self._elsewhere[place] += 1
                return found[0]
        return file

    def told(self) -> list[str]:
        """Say in which folders pictures were found that the table names without a folder."""
        return [f"{n} pictures found in the folder {place}" for place, n in self._elsewhere.items()]

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        named: dict[str, list[Path]] = defaultdict(list)
        for file in images_below(self.folder):
            named[file.name].append(file)
        return named


def read_csv(path: Path, margin: float) -> Found:
    """Read a table of pictures and labels, and what it says of sources, sides and boxes.

    The columns are `path` and `label`, and where given `source`, `split`, and the sides of a box,
    `xmin`, `ymin`, `xmax`, `ymax`; other usual names are understood, and named in a note. Paths
    start beside the table. A file that is listed but not there becomes a sample all the same, for
    the cleaning to name. Pictures beside the table that it does not list are counted in a note.

    Raises
    ------
    InputError
        If a line is wrong, a box lies outside its picture, or a table that was found in a folder
        says another known class than the folder that the picture lies in.
    """
    table = _csv_of(path) or path
    names = heading(table)
    columns = Columns.of(names)
    if columns is None:
        lacking = "path" if column(names, _PATH) is None else "label"
        found = ", ".join(filter(None, names)) or "none at all"
        raise InputError(
            f"{table}: no column '{lacking}'; found {found}; a table of cells has the columns path "
            "and label, and may have source, split, xmin, ymin, xmax and ymax"
        )
    samples: list[Sample] = []
    listed: Counter[str] = Counter()
    pictures = Pictures(table.parent)
    for line, row in rows(table, (columns.path, columns.label)):
        samples.append(_sample(table, line, row, columns, pictures, listed, margin))
    notes = [*columns.told(names), *pictures.told()]
    if path.is_dir():
        _refuse_other_folders(table, samples)
        listed_files = {sample.path for sample in samples}
        beside = [file for file in images_below(table.parent) if file not in listed_files]
        if beside:
            notes.append(f"{len(beside)} images beside {table.name} are not listed in it, not read")
    return samples, notes


def _sample(
    table: Path,
    line: int,
    row: Mapping[str, str],
    columns: Columns,
    pictures: Pictures,
    listed: Counter[str],
    margin: float,
) -> Sample:
    where = f"{table}, line {line}"
    written = row[columns.path]
    if not written:
        raise InputError(f"{where}: the path is blank; fill it or delete the line")
    split = value(row, columns.split)
    side = side_of(split)
    if split and not side:
        raise InputError(
            f"{where}: split is '{split}'; train, validation, test or a blank is expected"
        )
    file = pictures.find(written)
    # The folder that it was found in is part of its name: two may hold the same names.
    inside = file.is_relative_to(table.parent)
    identity = readable((file.relative_to(table.parent) if inside else file).as_posix())
    listed[identity] += 1
    number = f"#{listed[identity]}" if listed[identity] > 1 else ""
    source, box = value(row, columns.source), None
    if columns.box is not None:
        tight = _box(where, row, columns.box)
        said = _box(where, row, columns.size) if columns.size else None
        held_within(file, tight, where, size=said)
        box = square_box((tight[0], tight[1], tight[2], tight[3]), margin)
        # Cells of one picture are one photograph.
        source = source or identity
    return Sample(
        identity + number,
        file,
        several_labels(value(row, columns.label)),
        source,
        side,
        box,
    )


def _box(where: str, row: Mapping[str, str], names: Sequence[str]) -> tuple[int, ...]:
    try:
        return tuple(round(float(row[name])) for name in names)
    except (ValueError, OverflowError):
        written = ", ".join(f"{name} '{row[name]}'" for name in names)
        raise InputError(f"{where}: received {written}; pixels, in numbers, are expected") from None


def _refuse_other_folders(table: Path, samples: Sequence[Sample]) -> None:
    """Refuse a table that says another known class than the folder of the picture."""
    other = [
        sample
        for sample in samples
        if class_name(sample.path.parent.name) in CLASS_NAMES
        and sample.labels
        and class_name(sample.path.parent.name) not in sample.labels
    ]
    if other:
        raise InputError(
            f"{table}: {other[0].labels[0]} is said of {other[0].id}, which lies in a folder of "
            f"another class ({len(other)} such). To take the table's word, give the table itself; "
            "to take the folders', ask for layout 'folder'"
        )


def is_csv(path: Path) -> bool:
    """Whether a path is a .csv file, or a folder with a table of its usual name and columns."""
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
    tables = sorted(folder.glob("*.csv"))
    return next((t for t in tables if set(_SEGMENTATION_COLUMNS) <= set(heading(t))), None)


def several_labels(text: str) -> tuple[str, ...]:
    """Return the different classes in a cell of a table, `NEUTROPHIL, EOSINOPHIL` or a blank."""
    return tuple(dict.fromkeys(class_name(part) for part in text.split(",") if part.strip()))


def _csv_of(path: Path) -> Path | None:
    if path.suffix.lower() in TABLE_SUFFIXES and path.is_file():
        return path
    tables = (path / name for name in _CSV_NAMES)
    return next((table for table in tables if table.is_file() and lists_cells(table)), None)


def lists_cells(table: Path) -> bool:
    """Whether a table has columns for pictures and their labels."""
    return Columns.of(heading(table)) is not None
