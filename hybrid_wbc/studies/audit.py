"""An audit of a data set: reads and measures it, and writes its page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hybrid_wbc.data import cleaning
from hybrid_wbc.data.photographs import colours, copies, pairs
from hybrid_wbc.data.reading import readers
from hybrid_wbc.evaluation import leakage
from hybrid_wbc.evaluation.audit import Audit, count_classes, describe
from hybrid_wbc.files import write_text
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.figures.style import PRIVATE_TEXT
from hybrid_wbc.report.pages.audit import render

PAGE = "audit.html"
_SEEDS = (0, 1, 2)
# Landmarks are too few in smaller pictures.
_FEWEST_PIXELS = 60


def audit(path: Path, out: Path, reporter: Reporter, *, layout: str = "auto") -> Audit:
    """Measure a data set and write the page that shows it.

    Parameters
    ----------
    path : Path
        A folder or file that `readers.read` knows.
    out : Path
        Folder that the page is written in.
    reporter : Reporter
    layout : str
        A key of `readers.LAYOUTS`, or `auto`.

    Returns
    -------
    dict
        Fit for JSON: `path`, `layout`, `dataset`, `synthetic`, `notes`; `n_files` read and
        `n_readable`; `unreadable` [{"id", "reason"}]; `unlabelled` and `several_labels`, cells
        without one class; `largest_photograph`, files; what `data.auditing.audit_copies` gives;
        `classes` {class: {"cells", "files", "photographs", "sources", "effective_sources"}};
        `leakage` as `evaluation.leakage.worth_of_copies` gives it; `pairs` [{"kind", "level",
        "files", "labels", "sides", "distance", "likeness", "landmarks", "correlation"}]; `page`,
        the path of the page.

    Raises
    ------
    InputError
        If there is no set at the path, or no image in it can be used.
    """
    reading = readers.read(path, layout)
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    with reporter.job("finding photographs") as advance:
        pictures = copies.find_pictures(reading.samples, cleaned, progress=advance)
    cells = [sample for picture in pictures for sample in picture.samples]
    with reporter.job("counting colours") as advance:
        histograms = colours.colour_histograms(cells, progress=advance)
    first = np.cumsum([0, *(len(picture.samples) for picture in pictures)])[:-1]
    with reporter.job("comparing pairs") as advance:
        worst = pairs.worst_pairs(pictures, histograms[first], progress=advance)
    home = [picture for picture in pictures for _ in picture.samples]
    labelled = np.flatnonzero([len(sample.labels) == 1 for sample in cells])
    with reporter.job("classing by colour") as advance:
        worth = leakage.worth_of_copies(
            histograms[labelled],
            np.array([cells[i].label for i in labelled], dtype=str),
            np.array([home[i].source for i in labelled], dtype=str),
            np.array([cells[i].split for i in labelled], dtype=str),
            seeds=_SEEDS,
            progress=advance,
        )
    photographs = [picture.photograph for picture in pictures]
    page = out / PAGE
    found: Audit = {
        "path": str(path),
        "layout": reading.layout,
        "dataset": reading.dataset,
        "synthetic": reading.synthetic,
        "notes": [*reading.notes, *_small(pictures, cleaned)],
        "n_files": len({(s.path, s.array, s.row) for s in reading.samples}),
        "n_readable": len(pictures),
        "unreadable": [
            {"id": entry.sample.id, "reason": entry.reason}
            for entry in cleaned.dropped
            if cleaned.inspections[entry.sample.id].problem
        ],
        "unlabelled": sum(not sample.labels for sample in cells),
        "several_labels": sum(len(sample.labels) > 1 for sample in cells),
        "largest_photograph": int(np.unique(photographs, return_counts=True)[1].max()),
        **copies.audit_copies(pictures),
        "classes": count_classes((cells[i], home[i]) for i in labelled),
        "leakage": worth,
        "pairs": [describe(pair) for pair in worst],
        "page": str(page),
    }
    private = PRIVATE_TEXT if reading.layout == "lisc" and not reading.synthetic else ""
    command = shlex.join(["hybrid-wbc", "data", "audit", str(path), "--out", str(out)])
    shown = {name: pairs.read_picture(picture) for name, picture in _seen(worst).items()}
    write_text(page, render(found, shown, private=private, command=command))
    return found


def _small(pictures: Sequence[copies.Picture], cleaned: cleaning.Cleaned) -> list[str]:
    """Say where pictures are too small for copies to be found in them."""
    inspections = [cleaned.inspections[picture.samples[0].id] for picture in pictures]
    small = sum(max(found.width, found.height) < _FEWEST_PIXELS for found in inspections)
    if not small:
        return []
    return [
        f"{small} of {len(pictures)} pictures are smaller than {_FEWEST_PIXELS} pixels: of those, "
        "hardly more than byte-identical copies can be found"
    ]


def _seen(worst: Sequence[pairs.Pair]) -> Mapping[str, copies.Picture]:
    return {picture.id: picture for pair in worst for picture in (pair.first, pair.second)}
