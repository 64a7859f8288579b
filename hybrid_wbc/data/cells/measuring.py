"""Measures each picture's one cell in the photograph as decoded, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data import cache
from hybrid_wbc.data.arrays import read_sample, workers
from hybrid_wbc.data.boxes import cut
from hybrid_wbc.data.cells.shape import NAMES, VERSION, measure
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.reading.samples import Sample

_NAMED = 5


def measure_cells(
    samples: Sequence[Sample],
    cleaned: Cleaned,
    *,
    keep: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Measure the cell of each sample.

    Parameters
    ----------
    samples : sequence of Sample, length n
        A sample with a box is measured within it; of any other the cell in the middle is taken.
    cleaned : Cleaned
        Knows the samples' pictures, under whose checksums the numbers are kept.
    keep : bool
        Whether the cache keeps them.
    progress : callable, optional
        Called with the number of samples done and of all.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 16)
        As `shape.measure` gives each row, NaN where nothing could be measured.
    """

    def make() -> np.ndarray:
        return measure_changed(samples, progress=progress)

    if not keep:
        return make()
    contents = cleaned.contents(samples)
    cells = [[c, s.box, s.array, s.row] for c, s in zip(contents, samples, strict=True)]
    return cache.kept_array("shapes", [VERSION, pictures.VERSION, cells], make)


def measure_changed(
    samples: Sequence[Sample],
    change: Callable[[np.ndarray, int], np.ndarray] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Measure the cell of each sample in a picture that was changed first; nothing is kept.

    Parameters
    ----------
    samples : sequence of Sample, length n
    change : callable, optional
        As `hybrid_wbc.data.pixels.prepare_changed` takes it; without it pictures are as they are.
    progress
        As for `measure_cells`.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 16)
        As of `measure_cells`.
    """

    def one(position: int) -> np.ndarray:
        sample = samples[position]
        whole = read_sample(replace(sample, box=None))
        image = whole if sample.box is None else cut(whole, sample.box)
        if change is not None:
            image = change(image, position)
        height, width = image.shape[:2]
        return measure(image, (width // 2, height // 2), whole.shape[0] * whole.shape[1])

    # OpenCV and SciPy release Python's lock for most of the work.
    tasks = (delayed(one)(position) for position in range(len(samples)))
    done = Parallel(workers(len(samples)), prefer="threads", return_as="generator")(tasks)
    measured = np.empty((len(samples), len(NAMES)), dtype=np.float32)
    for number, row in enumerate(done, start=1):
        measured[number - 1] = row
        if progress is not None:
            progress(number, len(samples))
    return measured


def missing_notes(measured: np.ndarray, ids: Sequence[str]) -> list[str]:
    """Say of which cells nothing, or not all, could be measured, and what stands in.

    Parameters
    ----------
    measured : numpy.ndarray of float, shape (n, 16)
    ids : sequence of n str

    Returns
    -------
    list of str
        Empty where nothing is missing.
    """
    lacks = np.isnan(measured)
    nothing, some = lacks.all(axis=1), lacks.any(axis=1) & ~lacks.all(axis=1)
    stands_in = "the training side's median stands in"
    notes = []
    if nothing.any():
        notes.append(
            f"no white cell found to measure in {nothing.sum()} of {len(measured)} pictures, "
            f"{stands_in} for each hand-made feature: {_named(ids, nothing)}"
        )
    if some.any():
        of = [name for name, lost in zip(NAMES, lacks[some].any(axis=0), strict=True) if lost]
        notes.append(
            f"{', '.join(of)} could not be measured in {some.sum()} of {len(measured)} pictures, "
            f"{stands_in}: {_named(ids, some)}"
        )
    return notes


def _named(ids: Sequence[str], which: np.ndarray) -> str:
    named = [ids[position] for position in np.flatnonzero(which).tolist()]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
