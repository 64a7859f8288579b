"""The cells of samples as uint8 arrays, decoded once and kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.config.choices import Colour
from hybrid_wbc.data import cache
from hybrid_wbc.data.boxes import cut
from hybrid_wbc.data.decoding import pictures, stored
from hybrid_wbc.data.decoding.limits import DecodingError
from hybrid_wbc.data.pieces import PIECE, in_pieces
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sizing import middle_of, to_size

Clear = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
"""Gives a picture without what lies around its cell, which is expected at a column and row."""


def load_images(
    samples: Sequence[Sample],
    checksums: Sequence[str] | None,
    *,
    size: int,
    middle: float = 1.0,
    through: int | None = None,
    colour: Colour = "rgb",
    clear: tuple[str, Clear] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Decode, cut and resize every sample, or read the array that an earlier call has kept.

    Parameters
    ----------
    samples : sequence of Sample, length n
        A sample with a box is cut out by it; any other is cut to its middle part.
    checksums : sequence of str, length n, or None
        Of each sample's picture, as `cleaning.Cleaned.contents` gives them: the array is kept under
        their names, so a changed file is decoded anew. Without them nothing is kept.
    size, middle, through, colour, progress
        As for `decode_images`.
    clear : tuple of str and callable, optional
        The version that the array is kept under, and as for `decode_images`.

    Returns
    -------
    numpy.ndarray of uint8, shape (n, size, size, 3)
        RGB. Kept ones lie in a file, which is read where the array is looked at; they cannot be
        written to.
    """

    def pieces() -> Iterator[np.ndarray]:
        filled = 0
        for positions in _pieces(samples, size):

            def advance(done: int, _: int, before: int = filled) -> None:
                if progress is not None:
                    progress(before + done, len(samples))

            yield decode_images(
                [samples[position] for position in positions],
                size=size,
                middle=middle,
                through=through,
                colour=colour,
                clear=None if clear is None else clear[1],
                progress=advance,
            )
            filled += len(positions)

    shape = (len(samples), size, size, 3)
    if checksums is None:
        return in_pieces(shape, pieces())
    cells = [[c, s.box, s.array, s.row] for c, s in zip(checksums, samples, strict=True)]
    name: list[object] = [pictures.VERSION, size, middle, through, colour, cells]
    if clear is not None:
        name.append(clear[0])
    return cache.kept_in_pieces("images", name, shape, pieces)


def _pieces(samples: Sequence[Sample], size: int) -> Iterator[range]:
    """Part samples into pieces that fit into memory; cells of one picture stay together."""
    begun = 0
    for number in range(1, len(samples)):
        one, other = samples[number - 1], samples[number]
        apart = (one.path, one.array, one.row) != (other.path, other.array, other.row)
        if apart and (number - begun) * 3 * size**2 >= PIECE:
            yield range(begun, number)
            begun = number
    yield range(begun, len(samples))


def decode_images(
    samples: Sequence[Sample],
    *,
    size: int,
    middle: float = 1.0,
    through: int | None = None,
    colour: Colour = "rgb",
    clear: Clear | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Decode, cut and resize every sample; nothing is kept.

    Parameters
    ----------
    samples : sequence of Sample, length n
        A sample with a box is cut out by it; any other is cut to its middle part.
    size : int
        Height and width of the result, in pixels.
    middle : float
        Share of the height and width, about the centre, that is kept of a sample without a box.
    through, colour
        As for `sizing.to_size`.
    clear : callable, optional
        Takes away what lies around the cell of a whole picture, before it is cut.
    progress : callable, optional
        Called with the number of samples done and of all samples.

    Returns
    -------
    numpy.ndarray of uint8, shape (n, size, size, 3)
        RGB.
    """
    images = np.empty((len(samples), size, size, 3), dtype=np.uint8)

    def fill(positions: Sequence[int]) -> int:
        # The cells of one smear follow each other, and its file is decoded once for all of them.
        whole = _read_whole(samples[positions[0]])
        for position in positions:
            image = _cell_of(samples[position], whole, middle, clear)
            images[position] = to_size(image, size, through=through, colour=colour)
        return len(positions)

    of_file = itertools.groupby(
        range(len(samples)), lambda i: (samples[i].path, samples[i].array, samples[i].row)
    )
    # Decoding and resizing release Python's lock, so threads suffice and share the array.
    tasks = [delayed(fill)(list(positions)) for _, positions in of_file]
    parallel = Parallel(workers(len(tasks)), prefer="threads", return_as="generator_unordered")
    filled = 0
    for count in parallel(tasks):
        filled += count
        if progress is not None:
            progress(filled, len(samples))
    return images


def workers(tasks: int) -> int:
    """Say how joblib shall do so many tasks on pictures: on every core, and one without threads.

    Threads that are waited for cost some ten milliseconds, which a single picture need not take.

    Examples
    --------
    >>> workers(1), workers(2)
    (1, -1)
    """
    return 1 if tasks == 1 else -1


def read_sample(sample: Sample, *, middle: float = 1.0, clear: Clear | None = None) -> np.ndarray:
    """Decode one sample and cut it to its cell, or to its middle part where it has no box.

    Parameters
    ----------
    sample : Sample
    middle : float
        Share of the height and width that is kept of a sample without a box.
    clear : callable, optional
        As for `decode_images`.

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    DecodingError
        Naming the file, and why it gives no pixels.
    """
    return _cell_of(sample, _read_whole(sample), middle, clear)


def _read_whole(sample: Sample) -> np.ndarray:
    """Decode the picture that a sample lies in, if it is not held in memory already."""
    if sample.held is not None:
        return sample.held
    if not sample.array:
        return pictures.decode(sample.path)
    try:
        return stored.decode_row(stored.read_array(sample.path, sample.array)[sample.row])
    except DecodingError as error:
        raise DecodingError(f"{sample.path}: {error}") from error


def _cell_of(sample: Sample, image: np.ndarray, middle: float, clear: Clear | None) -> np.ndarray:
    """Cut a decoded picture to a sample's cell, or to its middle part where it has no box."""
    if clear is not None:
        left, top, right, bottom = sample.box or (0, 0, image.shape[1], image.shape[0])
        image = clear(image, ((left + right) // 2, (top + bottom) // 2))
    return cut(image, sample.box) if sample.box is not None else middle_of(image, middle)
