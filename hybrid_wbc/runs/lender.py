"""What a run that lends its network trained it on, so that none of that is tested elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.splitting import TEST
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import SeenFiles

# A name of fewer digits, as cell_12.jpg, says nothing of which cell it is.
_TELLING = re.compile(r"\d{5}")


@dataclass(frozen=True)
class Lender:
    """A run whose network is lent, and what tells the cells that this was trained on.

    Parameters
    ----------
    path : Path
        Of the run.
    files : SeenFiles
    names : frozenset of tuple of str
        Class and file name, less its ending, of those whose names are telling.
    """

    path: Path
    files: SeenFiles
    names: frozenset[tuple[str, str]]

    def seen(
        self, samples: Sequence[Sample], checksums: Mapping[str, str]
    ) -> tuple[set[str], set[str]]:
        """Find the samples that the network was trained on.

        Parameters
        ----------
        samples : sequence of Sample
        checksums : mapping of str to str
            SHA-256 of each one's file, by id.

        Returns
        -------
        by_content, by_name : set of str
            Ids. The second are those of which the file is another, of the same class and name: a
            name counts where it holds five digits in a row.
        """
        by_content = {s.id for s in samples if checksums[s.id] in self.files}
        by_name = {s.id for s in samples if _telling(s.label, s.path) in self.names}
        return by_content, by_name - by_content


def lender_of(weights: Path) -> Lender | None:
    """Find the run that a network lies in.

    Parameters
    ----------
    weights : Path
        A network's file, as `RUN/seed-0/cnn.keras`.

    Returns
    -------
    Lender or None
        None where it does not lie in a run.

    Raises
    ------
    InputError
        If a file of the run is damaged or was changed.
    """
    place = weights.resolve().parent
    if not RunFolder.lies_at(place.parent):
        return None
    run = Run(RunFolder(place.parent))
    rows = [row for row in run.manifest() if not row["dropped"]]
    repeat = run.repeat(place.name)
    if repeat.is_extracted:
        embeddings = repeat.embeddings()
        trained = set(embeddings.ids[embeddings.split != TEST].tolist())
        rows = [row for row in rows if row["id"] in trained]
    # A run in one file keeps no paths; an id ends with the file's name.
    names = {_telling(row["label"], Path(row["path"] or row["id"])) for row in rows}
    return Lender(
        place.parent,
        SeenFiles(rows),
        frozenset(name for name in names if name is not None),
    )


def _telling(label: str, path: Path) -> tuple[str, str] | None:
    """Give what a cell goes by, where its name is its own."""
    return (label, path.stem) if _TELLING.search(path.stem) else None
