"""A data set decoded, for a run and for use from Python."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hybrid_wbc.config.choices import AS_IS, Crop
from hybrid_wbc.config.names import Stain
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells.measuring import measure_cells, missing_notes
from hybrid_wbc.data.photographs import naming
from hybrid_wbc.data.pixels import Job, Pixels, in_silence, prepare
from hybrid_wbc.data.reading import readers, samples


@dataclass(frozen=True)
class Cells:
    """Every kept cell of a data set, decoded.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
        It lies in a file of the cache, may be larger than the memory, and cannot be written to:
        copy what is to be changed.
    ids, labels, sources, published : numpy.ndarray of str, shape (n,)
        `published` is the side that the set itself puts a cell on, or empty.
    synthetic : bool
    unnormalised : int
        Images with too little stain to normalise it, which are as they were.
    origins : numpy.ndarray of str, shape (n,), optional
        The name of each cell's set, where several are trained on together.
    notes : tuple of str
        What there is to say of the set: how many cells were left out and why, what lies beside the
        pictures and is not read, in which pictures no cell was found.
    measured : numpy.ndarray of float32, shape (n, 16), optional
        The hand-made features, where they were asked for; see `hybrid_wbc.data.cells.shape`.
    seen : numpy.ndarray of bool, shape (n,), optional
        Whether a network that was lent saw the cell or another of its source, so that neither is
        tested.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hybrid_wbc import load_cells
    >>> from hybrid_wbc.data.drawn.synthetic import write_smears
    >>> write_smears(Path("smears"), per_class=1)  # SYNTHETIC; or take a folder of your own cells
    5
    >>> cells = load_cells("smears", size=32)
    >>> cells.images_of(cells.ids[:2]).shape
    (2, 32, 32, 3)
    >>> cells.synthetic
    True
    """

    images: np.ndarray
    ids: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    published: np.ndarray
    synthetic: bool
    origins: np.ndarray | None = None
    unnormalised: int = 0
    notes: tuple[str, ...] = ()
    measured: np.ndarray | None = None
    seen: np.ndarray | None = None

    def images_of(self, ids: Iterable[str]) -> np.ndarray:
        """Give the images of some cells by their ids, in their order.

        Parameters
        ----------
        ids : iterable of m str

        Returns
        -------
        numpy.ndarray of uint8, shape (m, size, size, 3)

        Raises
        ------
        KeyError
            If there is no cell of such an id.
        """
        position = {sample_id: i for i, sample_id in enumerate(self.ids.tolist())}
        return self.images[[position[sample_id] for sample_id in ids]]


def load_cells(
    path: Path | str,
    *,
    size: int = 96,
    layout: str = "auto",
    margin: float = 0.25,
    middle: float = 1.0,
    crop: Crop = AS_IS,
    stain: Stain = AS_IS,
    progress: Callable[[int, int], None] | None = None,
) -> Cells:
    """Read and clean a data set and decode what is kept, for use from Python.

    A warning says how many cells are left out, and why.

    Where the set names no sources, those that show the same photograph are found by their pictures:
    some minutes for ten thousand, the first time.

    Parameters
    ----------
    path : Path or str
        A folder, an .npz or a .csv file.
    size : int
        Height and width of the images, in pixels.
    layout : str
        A key of `readers.LAYOUTS`, or "auto".
    margin : float
        Room on each side of a cell that is cut out, as a share of its longer side.
    middle, crop, stain
        As for `Pixels`.
    progress : callable, optional
        Called with the steps done and of all while photographs are found.

    Returns
    -------
    Cells

    Raises
    ------
    InputError
        If there is nothing at the path, or no usable cell.

    Examples
    --------
    >>> from pathlib import Path
    >>> from hybrid_wbc import load_cells
    >>> from hybrid_wbc.data.drawn.synthetic import write_smears
    >>> write_smears(Path("smears"), per_class=1)  # SYNTHETIC; or take a folder of your own cells
    5
    >>> cells = load_cells("smears", size=32)
    >>> cells.images.shape
    (5, 32, 32, 3)
    >>> sorted(cells.labels.tolist())
    ['basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil']
    """
    reading = readers.read(Path(path), layout, margin=margin)
    cleaned = cleaning.clean(reading.samples)
    kept = naming.name_sources(cleaned, progress=progress)
    cells = decode(reading, cleaned, kept, Pixels(size, middle, margin, crop, stain=stain))
    notes = [*reading.notes, *cells.notes]
    if cleaned.dropped:
        left_out = (
            f"{path}: {len(cleaned.dropped)} of {len(reading.samples)} cells are left out: "
            f"{cleaned.told()}; `hybrid-wbc data check {path}` names each"
        )
        warnings.warn(left_out, stacklevel=2)
        notes.insert(0, left_out)
    return replace(cells, notes=tuple(notes))


def decode(
    reading: readers.Reading,
    cleaned: cleaning.Cleaned,
    kept: Sequence[samples.Sample],
    pixels: Pixels,
    *,
    measured: bool = False,
    job: Job = in_silence,
) -> Cells:
    """Decode samples that have been found and cleaned.

    Parameters
    ----------
    reading : readers.Reading
    cleaned : cleaning.Cleaned
    kept : sequence of readers.Sample
        Those of the cleaned samples that are wanted.
    pixels : Pixels
    measured : bool
        Whether the hand-made features are measured.
    job : callable, optional
        As for `prepare`.

    Returns
    -------
    Cells
    """
    prepared = prepare(kept, pixels, cleaned=cleaned, keep=True, job=job)
    notes = prepared.notes
    numbers: np.ndarray | None = None
    if measured:
        with job("measuring cells") as advance:
            numbers = measure_cells(kept, cleaned, progress=advance)
        notes = [*notes, *missing_notes(numbers, [sample.id for sample in kept])]
    return Cells(
        images=prepared.images,
        ids=np.array([sample.id for sample in kept]),
        labels=np.array([sample.label for sample in kept]),
        sources=np.array([sample.source or sample.id for sample in kept]),
        published=np.array([sample.split for sample in kept]),
        synthetic=reading.synthetic,
        origins=np.array([sample.origin for sample in kept]) if reading.more else None,
        unnormalised=prepared.unnormalised,
        notes=tuple(notes),
        measured=numbers,
    )
