"""Where the sets of cells lie that are installed with the program."""

from __future__ import annotations

from pathlib import Path

from hybrid_wbc.config.names import Bundled


def folder_of(name: Bundled) -> Path:
    """Give the folder of a set that comes with the program.

    Parameters
    ----------
    name : str
        One of `names.BUNDLED`.

    Returns
    -------
    Path
        A data set that `readers.read` knows; beside its cells lie LICENSE and NOTICE.

    Examples
    --------
    >>> sorted(entry.name for entry in folder_of("bcisc").iterdir())
    ['LICENSE', 'NOTICE', 'sub-images']
    """
    return Path(__file__).parent / name
