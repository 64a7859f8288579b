"""What raises and lowers a finished run's numbers for a picture, and which cells are like it."""

from __future__ import annotations

import io
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hybrid_wbc.config.choices import CNN, SHAPE
from hybrid_wbc.config.names import CLASSIFIERS, TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.cells.measuring import measure_cells, missing_notes
from hybrid_wbc.data.pixels import Pixels, prepare
from hybrid_wbc.data.reading.samples import Sample
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.explained import (
    ExplainedPicture,
    Explanation,
    Said,
    TrainingCell,
    nearest_cells,
    units_of,
)
from hybrid_wbc.files import in_place, safe_name, write_text
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.figures.explained import explained_figure
from hybrid_wbc.report.figures.style import PRIVATE_TEXT
from hybrid_wbc.report.pages.explained import render
from hybrid_wbc.report.words import explained as words
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import is_private
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.data_facts import samples_of
from hybrid_wbc.studies.asking import Answers, AskedRun
from hybrid_wbc.studies.framing import Framing, found_otherwise
from hybrid_wbc.studies.looking import Picture, find_files, look
from hybrid_wbc.studies.maps import Mapper

_DOTS_PER_INCH = 150
# Between standardised features; what is less comes of the order in which numbers are added.
_NO_DISTANCE = 1e-3
# Of the pictures that a note is about, as many are named.
_NAMED = 5


def explain(
    config: Config, folder: RunFolder, images: Sequence[Path], reporter: Reporter
) -> Explanation:
    """Say what raises and lowers the numbers of a run's first repeat for each picture.

    The first, and not the best, as `predict` asks it.

    Parameters
    ----------
    config : Config
        The run's.
    folder : RunFolder
    images : sequence of Path
        Image files, and folders that are searched for them; each is taken for one cell, and a note
        names those that `predict` takes for smears.
    reporter : Reporter

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        If the run has no network, is not far enough, or no image can be read.
    """
    if config.classifiers.features == SHAPE:
        raise InputError(
            f"{folder.path}: classifiers.features: {SHAPE} trains no network, whose maps could be "
            "drawn; explain a run with classifiers.features: cnn or both"
        )
    files, _ = find_files(images)
    run = AskedRun(config, folder, 1, reporter)
    samples = [Sample(id=str(path), path=path, labels=("unknown",)) for path in files]
    looked_at = cleaning.inspect(samples)
    readable, skipped = looked_at.kept, [f"{d.sample.id}: {d.reason}" for d in looked_at.dropped]
    if not readable:
        raise InputError(f"no image can be read: {skipped[0]}")
    pixels = Pixels.of(config.data)
    pictures = prepare(readable, pixels, cleaned=looked_at).images
    measured, notes = None, _notes(config, run, len(pictures))
    if config.classifiers.features != CNN:
        measured = measure_cells(readable, looked_at, keep=False)
        notes += missing_notes(measured, [sample.id for sample in readable])
    (asked,) = run.asked
    answers = asked.say(pictures, measured)

    mapper = Mapper(asked.network, asked.classes.tolist())
    with reporter.job("covering parts of pictures") as advance:
        maps = mapper(pictures, answers.given["cnn"], advance)
    near = nearest_cells(asked.embedded, answers.X)
    framing = Framing.of_run(config, run.data, run.files.manifest())
    notes += _smears(look([sample.path for sample in readable], framing, "auto", reporter)[0])
    notes += _known([sample.id for sample in readable], near)
    explained = [
        ExplainedPicture(
            name=sample.id,
            pixels=pictures[place],
            said=said_of(answers, asked.classes, place),
            maps=maps[place],
            neighbours=near[place],
        )
        for place, sample in enumerate(readable)
    ]
    found = Explanation(
        run=folder.path.resolve().name,
        synthetic=run.data["synthetic"],
        layer=mapper.layer,
        patch=mapper.patch,
        units=units_of(asked.embedded),
        pictures=explained,
        notes=notes,
        skipped=skipped,
    )
    return _with_training_pictures(found, config, folder, pixels, reporter)


def _notes(config: Config, run: AskedRun, pictures: int) -> list[str]:
    """Say what of a run's settings must be known to read its maps."""
    notes = found_otherwise(config, run.embedded[0])
    if config.network.views > 1:
        notes.append(
            f"the run's answers are means over {config.network.views} views of each picture; the "
            "maps are of the picture as it is, untouched"
        )
    if config.network.statistics == TARGET:
        notes.append(
            f"batch normalisation takes its statistics from these {pictures} pictures, without "
            "labels: every number and map depends on the other pictures"
        )
    if config.ensemble.networks:
        notes.append("the maps are of the run's own network, and not of its ensemble")
    if not run.embedded[0].learned:
        notes.append(
            "its network has no embedding layer: the classes alone are explained, not units"
        )
    return notes


def _smears(seen: Sequence[Picture]) -> list[str]:
    """Name the pictures that are taken for smears, as `predict` tells them."""
    smears = [str(picture.path) for picture in seen if picture.kind == "smear"]
    if not smears:
        return []
    return [
        f"{_some(smears)}: taken for a whole smear by `predict`, and explained here as one cell; "
        "give pictures of single cells, or see each cell of a smear with `serve`"
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _known(names: Sequence[str], near: Sequence[Sequence[TrainingCell]]) -> list[str]:
    """Name the pictures that the network was probably trained on."""
    known = [
        name
        for name, cells in zip(names, near, strict=True)
        if cells and cells[0].number < _NO_DISTANCE
    ]
    if not known:
        return []
    return [
        f"{_some(known)}: at distance 0 from a training cell, so probably one "
        "that the network was trained on; what it says of others is less sure"
    ]


def said_of(answers: Answers, classes: np.ndarray, place: int) -> list[Said]:
    """Give what each classifier said of one picture."""
    found = []
    for key, labels in answers.said.items():
        title, label = CLASSIFIERS[key].title, str(labels[place])
        if key not in answers.given:
            found.append(Said(title, label))
            continue
        given = answers.given[key][place]
        own = int(np.flatnonzero(classes == label)[0])
        other = int(np.argmax(np.where(np.arange(len(given)) == own, -1, given)))
        found.append(
            Said(title, label, float(given[own]), str(classes[other]), float(given[other]))
        )
    return found


def _with_training_pictures(
    found: Explanation, config: Config, folder: RunFolder, pixels: Pixels, reporter: Reporter
) -> Explanation:
    """Add the pictures of the training cells that are named, where the data are still there."""
    cells = found.named_cells
    if not cells:
        return found
    try:
        samples = samples_of(config, folder, reporter)
        pictures = prepare([samples[cell] for cell in cells], pixels).images
    except InputError as error:
        note = f"the training cells are named without their pictures: {error}"
        return replace(found, notes=[*found.notes, note])
    return replace(found, training=dict(zip(cells, pictures, strict=True)))


def write_page(path: Path, found: Explanation, folder: RunFolder, asked: Sequence[str]) -> None:
    """Write an explanation as one HTML page.

    Parameters
    ----------
    path : Path
    found : Explanation
    folder : RunFolder
    asked : sequence of str
        The options, the model and the images as they were given, for the command that makes the
        page again.
    """
    data = Run(folder).provenance()["data"]
    private = PRIVATE_TEXT if is_private(data) else ""
    again = ["hybrid-wbc", "explain", *asked, "--page", str(path)]
    write_text(path, render(found, private=private, command=shlex.join(again)))


def write_figures(into: Path, found: Explanation) -> list[Path]:
    """Draw each explained picture as a PNG named after its file, and give the files."""
    written: list[Path] = []
    for picture in found.pictures:
        figure = explained_figure(
            picture,
            [words.heading(mapped) for mapped in picture.maps],
            [words.verdict(mapped) for mapped in picture.maps],
            [f"{said.classifier}: {words.answer(said)}" for said in picture.said],
            found.training,
            synthetic=found.synthetic,
        )
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
        name = safe_name(Path(picture.name).stem, {path.stem.lower() for path in written})
        path = into / f"{name}.png"
        with in_place(path) as beside:
            beside.write_bytes(drawn.getvalue())
        written.append(path)
    return written
