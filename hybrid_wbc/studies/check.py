"""A look at a data set: reads and cleans it, and sums up what is there."""

from __future__ import annotations

from pathlib import Path

from hybrid_wbc.data import checking, cleaning
from hybrid_wbc.data.reading import readers
from hybrid_wbc.progress import Reporter


def check(path: Path, reporter: Reporter, *, layout: str = "auto") -> checking.Check:
    """Sum up a data set: counts, drops with their reasons, sizes and warnings.

    Parameters
    ----------
    path : Path
        A folder or file that `readers.read` knows.
    reporter : Reporter
    layout : str
        A key of `readers.LAYOUTS`, or `auto`.

    Returns
    -------
    Check

    Raises
    ------
    InputError
        If there is no set at the path, or no image in it can be used.
    """
    reading = readers.read(path, layout)
    with reporter.job("checking files") as advance:
        cleaned = cleaning.clean(reading.samples, progress=advance)
    return checking.check(reading, cleaned)
