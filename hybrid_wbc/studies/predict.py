"""What a finished run says of pictures that it has never seen: single cells, and whole smears."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import numpy as np

from hybrid_wbc.data.cleaning import Cleaned
from hybrid_wbc.data.pixels import prepare
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.predicted import Predicted, PredictedCell, SeenPicture
from hybrid_wbc.progress import Reporter
from hybrid_wbc.studies import counting
from hybrid_wbc.studies.cautions import cautions, of_another_microscope, some_of
from hybrid_wbc.studies.knowledge import Knowledge, Part
from hybrid_wbc.studies.looking import Picture, Wanted, find_files, look, typical_cells
from hybrid_wbc.studies.model import Model

DISTANCE = "distance_to_nearest_training_cell"
# Cells whose pixels are held at one time.
_BATCH = 512
OnBatch = Callable[[Sequence[Sample], Sequence[PredictedCell]], None]


def predict(
    model: Model,
    images: Sequence[Path],
    reporter: Reporter,
    *,
    wanted: Wanted = "auto",
    level: float = 0.9,
    on_seen: Callable[[Sequence[Picture]], object] | None = None,
    on_batch: OnBatch | None = None,
) -> Predicted:
    """Classify pictures of single cells, and the cells that are found in smears.

    Parameters
    ----------
    model : Model
    images : sequence of Path
        Image files, and folders that are searched for them.
    reporter : Reporter
    wanted : {"cells", "smears", "auto"}
        What the pictures show; "auto" guesses for each by what lies in it.
    level : float
        How often a prediction set shall hold the true class, above 0 and below 1.
    on_seen : callable, optional
        Given what each picture was taken for, before anything is asked about them.
    on_batch : callable, optional
        Given the samples and what was said of each, some hundred at a time: to draw them while
        memory stays flat.

    Returns
    -------
    Predicted

    Raises
    ------
    InputError
        If the level is out of range, or no image can be read.
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level}; give a share above 0 and below 1, such as 0.9")
    files, left_out = find_files(images)
    seen, skipped = look(files, model.framing, wanted, reporter)
    if not seen:
        raise InputError(f"no image can be read: {skipped[0]}")
    if on_seen is not None:
        on_seen(seen)
    steps = saying(Knowledge(model), seen, skipped, level=level)
    done, total = 0, sum(picture.cell_count for picture in seen)
    with reporter.job("predicting") as advance:
        while True:
            try:
                samples, said = next(steps)
            except StopIteration as stop:
                predicted: Predicted = stop.value
                if left_out:
                    names = some_of([path.name for path in left_out])
                    predicted["warnings"].insert(0, f"left out, no images by their names: {names}")
                predicted["warnings"] += of_another_microscope(model, predicted["cells"])
                return predicted
            if on_batch is not None:
                on_batch(samples, said)
            done += len(said)
            advance(done, total)


def saying(
    knowledge: Knowledge,
    seen: Sequence[Picture],
    skipped: Sequence[str],
    *,
    level: float,
) -> Generator[tuple[list[Sample], list[PredictedCell]], None, Predicted]:
    """Say what a model has to say of pictures that were looked at, some hundred cells at a time.

    Parameters
    ----------
    knowledge : Knowledge
    seen : sequence of Picture
    skipped : sequence of str
        The pictures that could not be read, each with the reason.
    level : float
        As for `predict`.

    Yields
    ------
    samples : list of Sample
    said : list of PredictedCell
        Of each sample.

    Returns
    -------
    Predicted
    """
    model = knowledge.model
    cells: list[PredictedCell] = []
    for samples, part, pixels in _prepared(model, seen):
        said = knowledge.say(samples, part, pixels, level)
        cells += said
        yield samples, said
    seen_cells = counting.by_picture([picture.path for picture in seen], cells)
    coverage, too_few = knowledge.about_sets(level)
    return {
        "model": model.name,
        "synthetic": "SYNTHETIC" in model.mark,
        "classes": model.classes,
        "features": model.columns,
        "answered_by": model.answered_by,
        "level": level,
        "coverage": coverage,
        "too_few": too_few,
        "pictures": [_seen(picture) for picture in seen],
        "cells": cells,
        "smears": counting.count_smears(seen_cells, model, knowledge.errors),
        "slides": counting.count_slides(seen_cells, model, knowledge.errors),
        "skipped": list(skipped),
        "warnings": [
            *model.warnings,
            *cautions(model, seen),
            *knowledge.warnings,
            *knowledge.unmeasured(cells),
        ],
    }


def _prepared(
    model: Model, seen: Sequence[Picture]
) -> Iterator[tuple[list[Sample], Part, np.ndarray]]:
    """Give the cells' pixels, some hundred at a time; all at once where an answer needs all."""
    batches = [_samples(model, part, typical_cells(seen)) for part in _parts(seen)]
    ready = ((samples, part, _pixels(model, samples, part)) for samples, part in batches)
    if not model.adapts:
        yield from ready
        return
    everything = list(ready)
    if not everything:
        return
    pixels = np.concatenate([images for _, _, images in everything])
    yield (
        [sample for samples, _, _ in everything for sample in samples],
        [cell for _, part, _ in everything for cell in part],
        pixels,
    )


def _pixels(model: Model, samples: list[Sample], part: Part) -> np.ndarray:
    """Bring cells to what the model takes; those that were found are not looked for again."""
    known = {
        sample.id: picture.place
        for sample, (picture, _) in zip(samples, part, strict=True)
        if picture.place is not None
    }
    # Nothing is asked of the files' inspections here.
    cleaned = Cleaned(samples, [], {})
    return prepare(samples, model.framing.pixels, cleaned=cleaned, known=known).images


def _parts(seen: Sequence[Picture]) -> list[Part]:
    """Part the cells of all pictures, those of one picture together."""
    parts: list[Part] = [[]]
    for picture in seen:
        count = picture.cell_count
        if parts[-1] and len(parts[-1]) + count > _BATCH:
            parts.append([])
        parts[-1] += [(picture, position) for position in range(count)]
    return [part for part in parts if part]


def _samples(
    model: Model, part: Part, typical: dict[tuple[int, int], float]
) -> tuple[list[Sample], Part]:
    samples = []
    for picture, position in part:
        box = None
        if picture.kind == "smear":
            tight = picture.cells[position][0]
            box = model.framing.square(tight, picture.frame, typical[picture.frame])
        name = f"{picture.path}#{position + 1}" if box else str(picture.path)
        samples.append(Sample(name, picture.path, labels=(), box=box, held=picture.held))
    return samples, part


def _seen(picture: Picture) -> SeenPicture:
    return {
        "image": str(picture.path),
        "taken_for": picture.kind,
        "guessed": picture.guessed,
        "width": picture.frame[1],
        "height": picture.frame[0],
        "cells": picture.cell_count,
    }


def columns(predicted: Predicted) -> list[str]:
    """Name the columns of the table of cells."""
    first = predicted["cells"][0] if predicted["cells"] else None
    distance = first is not None and first["distance"] is not None
    return [
        "image",
        *(first["said"] if first else ()),
        *(predicted["features"] if first else ()),
        *([DISTANCE] if distance else ()),
        "taken_for", "cell", "left", "top", "right", "bottom", "cut_off_by_frame",
        "answer", "probability", "set", "unlike_anything_seen", "strangeness",
    ]  # fmt: skip


def rows(predicted: Predicted) -> Iterator[list[str | float]]:
    """Give what is said of each cell, in the order of `columns`."""
    for cell in predicted["cells"]:
        yield [
            cell["image"],
            *cell["said"].values(),
            *("" if value is None else value for value in cell["features"]),
            *([] if cell["distance"] is None else [cell["distance"]]),
            cell["taken_for"],
            cell["number"],
            *(cell["box"] or ("",) * 4),
            "yes" if cell["cut_off"] else "no",
            cell["answer"],
            "" if cell["probability"] is None else cell["probability"],
            "" if cell["set"] is None else "; ".join(cell["set"]),
            "" if cell["unlike"] is None else "yes" if cell["unlike"] else "no",
            "" if cell["strangeness"] is None else cell["strangeness"],
        ]
