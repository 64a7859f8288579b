"""Write what was said of smears beside their pictures: boxes drawn on them, GeoJSON, thumbnails."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from hybrid_wbc.data import arrays
from hybrid_wbc.data.decoding import pictures
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell
from hybrid_wbc.files import absolute, in_place, write_json
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.pages.mistakes import thumbnail
from hybrid_wbc.report.words.geojson import feature_collection

_THUMBNAIL = 64
GEOJSON_SUFFIXES = frozenset({".geojson", ".json"})


class Thumbnails:
    """Keeps a small picture of each cell, made while its batch is at hand."""

    def __init__(self) -> None:
        self.pictures: list[bytes] = []

    def __call__(self, samples: Sequence[Sample], _said: Sequence[PredictedCell]) -> None:
        """Add those of a batch."""
        images = arrays.decode_images(samples, size=_THUMBNAIL)
        self.pictures += [thumbnail(image) for image in images]


def draw_smears(predicted: Predicted, out: Path, reporter: Reporter) -> int:
    """Write each smear with its cells drawn on it, as PNG.

    Parameters
    ----------
    predicted : Predicted
    out : Path
        A folder; below it the smears lie as they lie below the folder that they share.
    reporter : Reporter

    Returns
    -------
    int
        How many.
    """
    from hybrid_wbc.report.figures.boxes import draw_boxes  # matplotlib takes long to load

    smears = _of_smears(predicted)
    places = _places(list(smears), out, ".png")
    with reporter.job("drawing smears") as advance:
        for number, (image, cells) in enumerate(smears.items(), start=1):
            drawn = draw_boxes(
                pictures.decode(Path(image)),
                cells,
                predicted["classes"],
                synthetic=predicted["synthetic"],
            )
            with in_place(places[image]) as beside:
                drawn.save(beside, format="png")
            advance(number, len(smears))
    return len(smears)


def check_geojson(place: Path, smears: int) -> None:
    """Refuse a place that the GeoJSON of so many smears cannot be written to.

    Raises
    ------
    InputError
        If there is no smear, or a file is named for several.
    """
    if not smears:
        raise InputError(f"{place}: no smear among the pictures, and GeoJSON is of smears alone")
    if place.suffix.lower() in GEOJSON_SUFFIXES and smears > 1:
        raise InputError(
            f"{place}: a file for {smears} smears; QuPath reads one for each image: name a folder"
        )


def write_geojson(predicted: Predicted, place: Path) -> int:
    """Write the cells of each smear as QuPath opens them.

    Parameters
    ----------
    predicted : Predicted
    place : Path
        A file ending in .geojson or .json where there is one smear; else a folder, with a file for
        each.

    Returns
    -------
    int
        How many files.

    Raises
    ------
    InputError
        As `check_geojson`.
    """
    from hybrid_wbc.report.figures.boxes import class_colours  # matplotlib takes long to load

    smears = _of_smears(predicted)
    check_geojson(place, len(smears))
    is_file = place.suffix.lower() in GEOJSON_SUFFIXES
    colours = class_colours(predicted["classes"])
    places = {next(iter(smears)): place} if is_file else _places(list(smears), place, ".geojson")
    for image, cells in smears.items():
        write_json(places[image], feature_collection(cells, colours))
    return len(smears)


def _of_smears(predicted: Predicted) -> Mapping[str, list[PredictedCell]]:
    found: dict[str, list[PredictedCell]] = {
        seen["image"]: [] for seen in predicted["pictures"] if seen["taken_for"] == "smear"
    }
    for cell in predicted["cells"]:
        if cell["box"] is not None:
            found[cell["image"]].append(cell)
    return found


def _places(images: Sequence[str], out: Path, suffix: str) -> dict[str, Path]:
    """Give each image a file below a folder, where it lies below the folder that all share."""
    # Links are not followed: two that lead to one file are two smears, with names of their own.
    places = {image: absolute(Path(image)) for image in images}
    shared = os.path.commonpath([path.parent for path in places.values()]) if images else ""
    # The whole name stays: a.jpg and a.png are two smears.
    return {
        image: out / path.relative_to(shared).with_name(path.name + suffix)
        for image, path in places.items()
    }
