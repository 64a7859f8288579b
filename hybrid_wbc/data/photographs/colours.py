"""The colour histogram of a cell: which colours it holds, and nothing of where they lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from joblib import Parallel, delayed

from hybrid_wbc.data.arrays import read_sample
from hybrid_wbc.data.reading.samples import Sample

_LEVELS = 8  # of each of red, green and blue


def colour_histograms(
    samples: Sequence[Sample], *, progress: Callable[[int, int], None] | None = None
) -> np.ndarray:
    """Count the colours of each cell, at full size and untouched.

    Parameters
    ----------
    samples : sequence of Sample, length n
        A sample with a box is cut out by it.
    progress : callable, optional
        Called with the number of samples done and of all samples.

    Returns
    -------
    numpy.ndarray of float32, shape (n, 512)
        The square roots of the shares of the pixels in each of 8 × 8 × 8 ranges of red, green and
        blue. The Euclidean distance of two rows is √2 times Hellinger's, between 0 and √2.
    """
    histograms = np.empty((len(samples), _LEVELS**3), dtype=np.float32)

    def fill(position: int) -> None:
        image = np.ascontiguousarray(read_sample(samples[position]))
        counts = cv2.calcHist([image], [0, 1, 2], None, [_LEVELS] * 3, [0, 256] * 3)
        histograms[position] = np.sqrt(counts.ravel() / counts.sum())

    # Decoding and counting release Python's lock, so threads suffice and share the array.
    tasks = (delayed(fill)(position) for position in range(len(samples)))
    done = Parallel(n_jobs=-1, prefer="threads", return_as="generator_unordered")(tasks)
    for number, _ in enumerate(done, start=1):
        if progress is not None:
            progress(number, len(samples))
    return histograms
