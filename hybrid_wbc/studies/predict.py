"""What a finished run says of images that it has never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from hybrid_wbc.classical.embeddings import column
from hybrid_wbc.config.choices import CNN, TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells.measuring import measure_cells, missing_notes
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.data.sets.catalog import IMAGE_SUFFIXES
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies.asking import Asked

DISTANCE = "distance_to_nearest_training_cell"


@dataclass(frozen=True)
class Table:
    """Predictions as columns and rows, and what was left out.

    Parameters
    ----------
    columns : list of str
        image; a class by each classifier; the features and the distance, where there are features.
        A hand-made feature that could not be measured is blank.
    rows : list of list
    skipped : list of str
        Files that could not be read, each with the reason.
    warning : str
        What must be known to read the rows; empty where there is nothing.
    """

    columns: list[str]
    rows: list[list[str | float]]
    skipped: list[str]
    warning: str


def predict(config: Config, folder: RunFolder, images: Sequence[Path], reporter: Reporter) -> Table:
    """Classify images with the network and classifiers of a run's first repeat.

    The first, and not the best: choosing among repeats by their test scores would make those
    scores untrue.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    images : sequence of Path
        Image files, and folders that are searched for them.
    reporter : Reporter

    Returns
    -------
    Table
        The distance is Euclidean, between standardised features, as KNN measures it.

    Raises
    ------
    InputError
        If the run is not far enough, or no image can be read.
    """
    run = Run(folder)
    repeats = run.repeats()
    if not repeats:
        raise InputError(f"{folder.path}: nothing has been trained yet; finish the run first")
    samples = [Sample(id=str(path), path=path, labels=("unknown",)) for path in find_files(images)]
    looked_at = cleaning.inspect(samples)
    readable, skipped = looked_at.kept, [f"{d.sample.id}: {d.reason}" for d in looked_at.dropped]
    if not readable:
        raise InputError(f"no image can be read: {skipped[0]}")
    pictures = prepare(readable, Pixels.of(config.data), cleaned=looked_at).images

    if config.network.statistics == TARGET:
        reporter.say(
            f"batch normalisation takes its statistics from these {len(pictures)} pictures, as the "
            "run did from its test set: an answer depends on the other pictures"
        )

    asked = Asked(repeats[0], config)
    measured, notes = None, []
    if config.classifiers.features != CNN:
        with reporter.job("measuring cells") as advance:
            measured = measure_cells(readable, looked_at, keep=False, progress=advance)
        notes = missing_notes(measured, [sample.id for sample in readable])
    with reporter.job("predicting") as advance:
        answers = asked.say(pictures, measured, advance)
    X, said = answers.X, answers.said
    features = [column(name) for name in asked.embedded.names]
    shown: list[list[str | float]] = X.astype(float).tolist()
    if measured is not None:
        for row, place in np.argwhere(np.isnan(measured)):
            shown[row][asked.embedded.learned + place] = ""
    nearest = _distances(asked.fitted, X)
    return Table(
        columns=["image", *said, *features, *([] if nearest is None else [DISTANCE])],
        rows=[
            [
                sample.id,
                *(str(a[i]) for a in said.values()),
                *shown[i],
                *([] if nearest is None else [nearest[i]]),
            ]
            for i, sample in enumerate(readable)
        ],
        skipped=skipped,
        warning="; ".join([*_warning(run.provenance()["data"]), *notes]),
    )


def _distances(fitted: Mapping[str, Pipeline], X: np.ndarray) -> list[float] | None:
    """Measure how far each cell lies from the nearest training cell; None without features."""
    if "knn" not in fitted:
        return None
    scaler, knn = fitted["knn"]
    distances, _ = knn.kneighbors(scaler.transform(X), n_neighbors=1)
    return [float(distance) for distance in distances[:, 0]]


def _warning(data: Data) -> list[str]:
    """Say what a run's data mean for its predictions."""
    warnings = []
    if data["synthetic"]:
        warnings.append("the run was trained on SYNTHETIC cells: its answers say nothing of blood")
    if data["layout"] in {"lisc", "bccd"}:
        warnings.append(
            "it was trained on cells cut out of smears: give pictures of single cells, framed alike"
        )
    return warnings


def find_files(images: Sequence[Path]) -> list[Path]:
    """List the image files among and below the paths.

    Raises
    ------
    InputError
        If a path is not there, or no image lies below it.
    """
    found: list[Path] = []
    for path in images:
        if path.is_dir():
            inside = sorted(
                p
                for p in path.rglob("*")
                if p.suffix.lower() in IMAGE_SUFFIXES and not p.name.startswith(".")
            )
            if not inside:
                raise InputError(
                    f"{path}: no image in this folder ({', '.join(sorted(IMAGE_SUFFIXES))})"
                )
            found.extend(inside)
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{path}: not found; give image files or folders")
    return found
