"""The front of the readers: any folder or file of labelled cells becomes a list of samples.

A data set is never changed: a reader only ever opens files to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hybrid_wbc.config import names
from hybrid_wbc.data.reading.bcisc import is_bcisc, read_bcisc
from hybrid_wbc.data.reading.coco import is_coco, read_coco
from hybrid_wbc.data.reading.corrections import Corrected
from hybrid_wbc.data.reading.folders import (
    files,
    folders,
    holds_class_folders,
    is_kaggle,
    read_folder,
    read_kaggle,
    within,
)
from hybrid_wbc.data.reading.samples import Found, Sample, check_count, image_of
from hybrid_wbc.data.reading.smears import is_bccd, is_lisc, read_bccd, read_lisc
from hybrid_wbc.data.reading.stored import is_npz, read_npz
from hybrid_wbc.data.reading.tables import (
    TABLE_SUFFIXES,
    is_csv,
    is_segmentation,
    lists_cells,
    read_csv,
    read_segmentation,
)
from hybrid_wbc.data.reading.voc import is_voc, read_voc
from hybrid_wbc.data.reading.yolo import is_yolo, read_yolo
from hybrid_wbc.data.sets.catalog import DATASETS, SYNTHETIC_MARKER
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES, MIXED
from hybrid_wbc.errors import InputError, readable

__all__ = ["LAYOUTS", "Layout", "Reading", "Sample", "image_of", "read"]


@dataclass(frozen=True)
class Layout:
    """One way of keeping labelled cells.

    Attributes
    ----------
    recognises : callable
        Path to bool: whether a file or folder looks like it.
    read : callable
        Path, and margin about a cell as a share of its longer side, to samples and notes.
    """

    recognises: Callable[[Path], bool]
    read: Callable[[Path, float], Found]


@dataclass(frozen=True)
class Reading:
    """What lies at a path.

    Attributes
    ----------
    root : Path
        The folder or file that was read.
    layout : str
        A key of `LAYOUTS`.
    dataset : str
        The key in `catalog.DATASETS` of the public set that it is, or empty.
    samples : list of Sample
    notes : tuple of str
        What was left out and what was assumed, one line each.
    synthetic : bool
        Whether the cells are drawn.
    test : Reading or None
        The set that every cell of the test side comes from, where it is another one.
    more : tuple of Reading
        Sets that are trained on together with this one.
    corrected : tuple of Corrected
        The labels that a table of corrections changed.
    """

    root: Path
    layout: str
    dataset: str
    samples: list[Sample]
    notes: tuple[str, ...]
    synthetic: bool
    test: Reading | None = None
    more: tuple[Reading, ...] = ()

    @property
    def places(self) -> list[Path]:
        """Where each of the sets that are trained on lies."""
        return [reading.root for reading in (self, *self.more)]

    corrected: tuple[Corrected, ...] = ()


# From the most particular to the most general: `auto` takes the first that fits.
LAYOUTS: dict[str, Layout] = {
    "lisc": Layout(lambda path: within(path, is_lisc) is not None, read_lisc),
    "bcisc": Layout(lambda path: within(path, is_bcisc) is not None, read_bcisc),
    "kaggle": Layout(lambda path: within(path, is_kaggle) is not None, read_kaggle),
    "voc": Layout(lambda path: within(path, is_voc) is not None, read_voc),
    "bccd": Layout(lambda path: within(path, is_bccd) is not None, read_bccd),
    "coco": Layout(is_coco, read_coco),
    "segmentation-wbc": Layout(
        lambda path: within(path, is_segmentation) is not None, read_segmentation
    ),
    "npz": Layout(is_npz, read_npz),
    "csv": Layout(is_csv, read_csv),
    "yolo": Layout(lambda path: within(path, is_yolo) is not None, read_yolo),
    "folder": Layout(holds_class_folders, read_folder),
}


def read(
    path: Path, layout: str = "auto", *, include_mixed: bool = False, margin: float = 0.25
) -> Reading:
    """Find the labelled cells at a path, whichever way they are kept.

    Parameters
    ----------
    path : Path
        A folder, an .npz or a .csv file.
    layout : str
        A key of `LAYOUTS`, or `auto` for the first of them that fits.
    include_mixed : bool
        Whether to keep LISC's `mixt`, smears with cells of several types, as the class `mixed`.
    margin : float
        Room on each side of a cell that is cut out of a smear, as a share of its longer side.

    Returns
    -------
    Reading
        Samples sorted as their files are; nothing is judged yet: see `cleaning.clean`.

    Raises
    ------
    InputError
        If the path does not exist or holds no such layout or no sample, or a label table is wrong.
    """
    if layout != "auto" and layout not in LAYOUTS:
        raise InputError(f"layout '{layout}' is unknown; choose auto, {', '.join(LAYOUTS)}")
    if margin < 0:
        raise InputError(f"margin is {margin}; 0 or more of a cell's longer side is expected")
    if not path.exists():
        raise InputError(f"{path}: not found; give a folder of labelled cells")
    tried = LAYOUTS if layout == "auto" else {layout: LAYOUTS[layout]}
    name = next((name for name, entry in tried.items() if entry.recognises(path)), None)
    if name is None:
        raise InputError(f"{path}: found {_contents(path)}; expected {_expected(layout)}")
    if name == "folder":
        samples, notes = _folders_beside_tables(path, margin, alone=layout == "folder")
    else:
        samples, notes = LAYOUTS[name].read(path, margin)
    if not include_mixed:
        mixed = sum(sample.labels == (MIXED,) for sample in samples)
        samples = [sample for sample in samples if sample.labels != (MIXED,)]
        if mixed:
            notes.append(f"{mixed} cells of smears with several types (mixt) left out")
    check_count(path, len(samples))
    if not samples:
        raise InputError("; ".join([f"{path}: no cell found in layout {name}", *notes]))
    samples, notes = [_shown(sample) for sample in samples], [*map(readable, notes)]
    synthetic = _is_drawn(path, samples)
    dataset = "" if synthetic else _recognised(name, samples)
    return Reading(path, name, dataset, samples, tuple(notes), synthetic)


def _shown(sample: Sample) -> Sample:
    """Give a sample whose class and source can be written and shown, whatever a folder is called.

    Only what holds a character that cannot be shown is changed.
    """
    said = (*sample.labels, sample.source, sample.cell)
    if all(map(str.isprintable, said)):
        return sample
    return replace(
        sample,
        labels=tuple(map(readable, sample.labels)),
        source=readable(sample.source),
        cell=readable(sample.cell),
    )


def _folders_beside_tables(path: Path, margin: float, *, alone: bool) -> Found:
    """Read one folder a class, and hold tables that lie beside the pictures against it.

    Raises
    ------
    InputError
        If a table gives pictures other labels than their folders, or the folders give none, unless
        the folders alone were asked for.
    """
    beside = _tables_beside(path)
    listing = [] if alone else [table for table in beside if lists_cells(table)]
    try:
        samples, notes = LAYOUTS["folder"].read(path, margin)
    except InputError as error:
        if listing:
            raise InputError(f"{error}. Or give {listing[0]}, which lists pictures") from None
        raise
    label_of = {sample.path: sample.labels for sample in samples}
    for table in listing:
        others = [
            sample
            for sample in read_csv(table, margin)[0]
            if label_of.get(sample.path, sample.labels) != sample.labels
        ]
        if others:
            raise InputError(
                f"{path}: {table.name} says other labels than the folders, first of "
                f"{others[0].id} ({len(others)} such). Give the table itself, {table}, or ask for "
                "layout 'folder'"
            )
    notes += [
        f"{table.name} beside the pictures is not read"
        + (": it says what the folders say" if table in listing else "")
        for table in beside
    ]
    return samples, notes


def _tables_beside(path: Path) -> list[Path]:
    """Return the tables right in a folder, or in one right below it."""
    places = [path, *folders(path)]
    suffixes = (*TABLE_SUFFIXES, ".xls", ".xlsx", ".ods", ".json")
    return [f for place in places for f in files(place) if f.suffix.lower() in suffixes]


def _is_drawn(path: Path, samples: Iterable[Sample]) -> bool:
    """Whether a drawn set's marker lies in, above or below the path: no part of one loses it."""
    folders = {path.resolve(), *path.resolve().parents}
    for folder in {sample.path.parent for sample in samples}:
        folders.update((folder, *folder.parents))
    return any((folder / SYNTHETIC_MARKER).is_file() for folder in folders)


def _recognised(layout: str, samples: Iterable[Sample]) -> str:
    """Return the public set whose layout, classes and (for plain folders) counts these are."""
    counts = Counter(label for sample in samples for label in sample.labels)
    if layout == "npz":
        return "bloodmnist" if set(counts) <= set(EIGHT_TYPES) else ""
    for dataset in DATASETS.values():
        if dataset.layout != layout or layout == "csv":
            continue
        if layout != "folder":
            return dataset.name
        # Parts of a set and sets with copies added are still that set; an own one seldom is as big.
        alike = (n / 2 <= counts[name] <= 2 * n for name, n in dataset.counts.items())
        if set(counts) == set(dataset.classes) and all(alike):
            return dataset.name
    return ""


def _expected(layout: str) -> str:
    """Say what a path should have held: the layout that was asked for, or how to make one."""
    if layout != "auto":
        return f"{names.LAYOUTS[layout]} ({layout})"
    return (
        "a folder of pictures for each class, or a table (.csv) of pictures and their labels; "
        "`hybrid-wbc list layouts` names every layout"
    )


def _contents(path: Path) -> str:
    """Say in a few words what is at a path."""
    if path.is_file():
        return f"a file {path.suffix or 'without a suffix'}"
    entries = sorted(path.iterdir())
    names = [entry.name for entry in entries if entry.is_dir()]
    kinds = Counter(entry.suffix.lower() or "no suffix" for entry in entries if entry.is_file())
    said = [f"{n} file{'s' if n > 1 else ''} ({kind})" for kind, n in kinds.most_common(3)]
    if names:
        said.insert(0, f"folders {', '.join(names[:5])}" + (" ..." if len(names) > 5 else ""))
    return ", ".join(said) or "an empty folder"
