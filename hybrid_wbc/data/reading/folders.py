"""What a sample is, and the two layouts with a folder for each class: `folder` and `kaggle`.

A layout's reader looks at names, labels, masks and boxes; it judges no image. What it cannot turn
into a sample it says in a note. The other layouts are in `smears` and `tables`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hybrid_wbc.data.reading.samples import SIDE_OF, Found, Sample
from hybrid_wbc.data.sets.catalog import CLASS_NAMES, IMAGE_SUFFIXES, class_name


def read_folder(root: Path, _margin: float) -> Found:
    """Read one folder a class, however deep, below folders of splits and above those of patients.

    A file's class is the nearest folder above it with a known class's name, else the folder that it
    lies in. Every file there becomes a sample, whether or not it is an image: the cleaning names
    what it drops.
    """
    return _class_folders(root, root)


def holds_class_folders(root: Path) -> bool:
    """Whether there is an image anywhere in the folders below `root`."""
    return any(folder != root and any(map(is_image, names)) for folder, names in _walk(root))


def read_kaggle(root: Path, _margin: float) -> Found:
    """Read TRAIN and TEST of Kaggle's blood-cells, whose file names do not tell the photograph."""
    top = within(root, is_kaggle) or root
    samples, notes = _class_folders(root, top, skipped="TEST_SIMPLE")
    simple = sum(is_image(name) for _, names in _walk(top / "TEST_SIMPLE") for name in names)
    if simple:
        notes.append(f"TEST_SIMPLE left out: its {simple} photographs are the originals of TEST")
    return samples, notes


def is_kaggle(folder: Path) -> bool:
    """Whether a folder holds TRAIN and TEST with Kaggle's four classes, spelled as there."""
    if not ((folder / "TRAIN").is_dir() and (folder / "TEST").is_dir()):
        return False
    classes = {child.name for child in folders(folder / "TRAIN")}
    return bool(classes) and classes <= {"EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL"}


def _class_folders(root: Path, top: Path, skipped: str = "") -> Found:
    """Read one folder a class below `top`, but for its folder `skipped`; ids start at `root`."""
    walked = [(folder.relative_to(top).parts, folder, names) for folder, names in _walk(top)]
    walked = [entry for entry in walked if not skipped or entry[0][:1] != (skipped,)]
    depths = {parts: _class_depth(parts) for parts, _, _ in walked}
    # A folder around known classes is a wrapper of the download, not a class.
    wrappers = {parts[:n] for parts, depth in depths.items() for n in range(depth)}
    samples: list[Sample] = []
    outside = 0
    for parts, folder, names in walked:
        if not depths[parts] and (not parts or parts in wrappers or parts[-1].lower() in SIDE_OF):
            outside += sum(map(is_image, names))
            continue
        depth = depths[parts] or len(parts)
        labels = (class_name(parts[depth - 1]),)
        around = parts[: depth - 1] + parts[depth:]
        split = next((SIDE_OF[part.lower()] for part in around if part.lower() in SIDE_OF), "")
        source = "/".join(part for part in parts[depth:] if part.lower() not in SIDE_OF)
        prefix = folder.relative_to(root).as_posix()
        samples += [
            Sample(f"{prefix}/{name}", folder / name, labels, source, split) for name in names
        ]
    samples.sort(key=lambda sample: sample.id)
    notes = [f"{outside} images outside the class folders ignored"] if outside else []
    sources = {sample.source for sample in samples} - {""}
    if len(sources) > 1:
        notes.append(f"the {len(sources)} folders inside the class folders are taken as sources")
    elif sources:
        # A lone `basophil/images` says nothing of where the cells come from.
        samples = [replace(sample, source="") for sample in samples]
    return samples, notes


def _class_depth(parts: Sequence[str]) -> int:
    """Return how many parts lead to the nearest folder with a known class's name, 0 for none."""
    depths = range(len(parts), 0, -1)
    return next((n for n in depths if class_name(parts[n - 1]) in CLASS_NAMES), 0)


def is_image(name: str) -> bool:
    """Whether a file's name is that of an image, and the file not hidden."""
    return not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES


def files(folder: Path) -> list[Path]:
    """Return the files right in a folder, sorted by name; none where there is no such folder."""
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def folders(folder: Path) -> list[Path]:
    """Return the visible folders right in a folder, sorted by name; none where it is a file."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.is_dir() and not e.name.startswith((".", "__"))]
    return [folder / name for name in sorted(names)]


def within(root: Path, holds: Callable[[Path], bool]) -> Path | None:
    """Return the uppermost folder, at most three below, for which `holds` is true.

    Archives unpack into folders in folders: `dataset2-master/dataset2-master/images`.
    """
    level = [root]
    for _ in range(4):
        for folder in level:
            if folder.is_dir() and holds(folder):
                return folder
        level = [child for folder in level for child in folders(folder)]
    return None


def _walk(top: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder with its files' names, links to folders followed, none entered twice."""
    seen = set()
    for folder, children, names in os.walk(top, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:
            children.clear()
            continue
        seen.add(place)
        children.sort()
        yield Path(folder), sorted(names)
