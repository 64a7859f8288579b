"""Frame each picture's one cell where it lies, in place of the picture's middle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace

from joblib import Parallel, delayed

from hybrid_wbc.data import cache
from hybrid_wbc.data.arrays import read_sample, workers
from hybrid_wbc.data.boxes import Box
from hybrid_wbc.data.cells.finding import VERSION
from hybrid_wbc.data.cells.locating import Place, locate
from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.reading.samples import Found, Sample


def frame_cells(
    samples: Sequence[Sample],
    cleaned: Cleaned,
    *,
    middle: float,
    margin: float | None = None,
    keep: bool = True,
    known: Mapping[str, Place] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Give each sample without a box a square about the cell that is found in it.

    Parameters
    ----------
    samples : sequence of Sample, length n
    cleaned : Cleaned
        Knows the samples' pictures, under whose checksums the cells' places are kept.
    middle, margin : float
        As `square_of` takes them.
    keep : bool
        Whether the cache keeps the places, each by its picture: only new ones are searched.
    known : mapping of str to Place, optional
        The places that somebody has found already, by the sample's id: nothing is kept of these.
    progress : callable, optional
        Called with the number of pictures searched and of all pictures.

    Returns
    -------
    framed : list of Sample
    notes : list of str
        Names the pictures in which no cell was found; their square lies in the middle.
    """
    unmarked = [sample for sample in samples if sample.box is None]
    places = dict(known or {})
    searched = [sample for sample in unmarked if sample.id not in places]

    def search(positions: Sequence[int]) -> list[tuple[object, ...]]:
        some = [searched[position] for position in positions]
        return [astuple(place) for place in find_places(some, progress)]

    if keep:
        contents = cleaned.contents(searched)
        keys = [json.dumps([c, s.array, s.row]) for c, s in zip(contents, searched, strict=True)]
        found = cache.kept_rows("places", [VERSION, pictures.VERSION], keys, search)
    else:
        found = search(range(len(searched)))
    places |= {s.id: Place(*place) for s, place in zip(searched, found, strict=True)}
    by_id = {
        sample.id: replace(sample, box=square_of(places[sample.id], middle, margin))
        for sample in unmarked
    }
    framed = [by_id.get(sample.id, sample) for sample in samples]
    unfound = [sample.id for sample in unmarked if places[sample.id].how == "middle"]
    if not unfound:
        return framed, []
    shown = ", ".join(unfound[:5]) + (f" and {len(unfound) - 5} more" if len(unfound) > 5 else "")
    return framed, [
        f"no white cell found in {len(unfound)} of {len(unmarked)} pictures, their middle is kept: "
        f"{shown}"
    ]


def square_of(place: Place, middle: float, margin: float | None = None) -> Box:
    """Give the square about a cell.

    Parameters
    ----------
    place : Place
    middle : float
        The square's side, as a share of the picture's shorter side: all cells of pictures of one
        size come out at one scale.
    margin : float, optional
        Where it is given and the cell was found, the side follows from the cell instead, with this
        room on each side as a share of the cell's longer side: the cells of pictures of every
        magnification come out at one size, as those do that are cut out by an expert's mark.

    Returns
    -------
    Box
    """
    if margin is not None and place.longer_side:
        return place.square(place.longer_side * (1 + 2 * margin))
    return place.square(middle * min(place.frame))


def find_places(
    samples: Sequence[Sample], progress: Callable[[int, int], None] | None = None
) -> list[Place]:
    """Find the one cell of each sample's picture, on every core.

    Parameters
    ----------
    samples : sequence of Sample, length n
        A box is not looked at.
    progress : callable, optional
        Called with the number of pictures searched and of all pictures.

    Returns
    -------
    list of Place, length n
    """

    def place(sample: Sample) -> Place:
        return locate(read_sample(replace(sample, box=None)))

    # OpenCV and SciPy release Python's lock for most of the work.
    tasks = (delayed(place)(sample) for sample in samples)
    done = Parallel(workers(len(samples)), prefer="threads", return_as="generator")(tasks)
    places = []
    for number, found in enumerate(done, start=1):
        places.append(found)
        if progress is not None:
            progress(number, len(samples))
    return places
