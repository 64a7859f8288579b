"""run(config): the whole story of a run, from files to a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.classical import classifiers
from hybrid_wbc.config.choices import SHAPE
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.data.reading import readers
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.cell_table import CellTable
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import begun, reporter_of
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import ablate, cluster, evaluate
from hybrid_wbc.stages.classify import classify_repeat
from hybrid_wbc.stages.extract import extract_repeat
from hybrid_wbc.stages.plot import draw_figures
from hybrid_wbc.stages.prepare import prepare
from hybrid_wbc.stages.repeats import repeats
from hybrid_wbc.stages.report import read_columns, write_page
from hybrid_wbc.stages.sets import data_source
from hybrid_wbc.stages.train import train_repeat

if TYPE_CHECKING:
    from distributed import Client

Stage = Callable[[Config, RunFolder, Reporter], None]
"""What is done in a run's folder, by its settings."""


def run(
    config: Config, folder: RunFolder, reporter: Reporter, client: Client | None = None
) -> None:
    """Do every stage of a run that is not done yet, so that a killed run goes on where it stopped.

    Parameters
    ----------
    config : Config
        As written in the folder.
    folder : RunFolder
    reporter : Reporter
        Hears what is being done.
    client : distributed.Client, optional
        Of a cluster whose workers train the networks; see `cluster.opened`. The files are the same
        bytes as without one.

    Raises
    ------
    InputError
        If the data or settings cannot make a run, or a file of it was changed since.
    """
    if folder.is_complete:
        Run(folder).checksums.check_all()
        reporter.say(f"{folder.path} is complete, nothing is left to do")
        return
    folder.sweep()
    cells = prepare(config, folder, reporter)
    hold_threads(folder, reporter)
    for repeat in cluster.trained(config, folder, repeats(config, cells), reporter, client):
        train_repeat(config, folder, cells, repeat, reporter)
        kept = Run(folder).repeat(repeat.name)
        if not kept.is_extracted:
            extract_repeat(config, folder, cells, repeat, reporter)
        if not kept.is_classified:
            classify_repeat(config, kept, reporter, synthetic=cells.synthetic)
    _finish(config, folder, cells, reporter)


def begin(config: Config, out: Path, stage: Stage = run, *, resume: bool = False) -> RunFolder:
    """Make the folder of a new run, or find the one to go on with, and do a stage in it.

    Parameters
    ----------
    config : Config
    out : Path
        Folder that run folders are made in.
    stage : callable
        `run`, or one stage of it.
    resume : bool
        Go on with the newest run of this name.

    Returns
    -------
    RunFolder

    Raises
    ------
    InputError
        If the data or settings cannot make a run; then no folder is left.
    """
    check_names(config)
    data_source(config)
    with begun(config, out, resume=resume) as folder:
        stage(Run(folder).config(), folder, reporter_of(folder))
    return folder


def train(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Train each repeat's network that is missing."""
    cells = prepare(config, folder, reporter)
    if config.classifiers.features == SHAPE:
        reporter.say("classifiers.features: shape: there is no network to train")
    hold_threads(folder, reporter)
    for repeat in repeats(config, cells):
        train_repeat(config, folder, cells, repeat, reporter)


def extract(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Extract the embeddings of each trained network, again where they exist."""
    cells = prepare(config, folder, reporter)
    hold_threads(folder, reporter)
    for repeat in repeats(config, cells):
        extract_repeat(config, folder, cells, repeat, reporter)


def classify(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Fit and score the classifiers on the embeddings, again where they are; needs no images."""
    kept = Run(folder)
    synthetic = kept.provenance()["data"]["synthetic"]
    for repeat in kept.repeats():
        classify_repeat(config, repeat, reporter, synthetic=synthetic)
    evaluate.evaluate(config, folder)


def plot(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Draw the figures again; without the data set, less the sheets of images."""
    draw_figures(config, folder, _cells_if_there(config, folder, reporter))


def report(
    config: Config, folder: RunFolder, reporter: Reporter, *, columns: Path | None = None
) -> None:
    """Do again all that follows from the predictions of a finished run, and write the page.

    Parameters
    ----------
    config : Config
    folder : RunFolder
    reporter : Reporter
    columns : Path, optional
        A table by whose columns the explorer of this page can colour the cells as well.

    Raises
    ------
    InputError
        If a repeat is missing: with its page a run counts as complete. If the table cannot be used.
    """
    done = sum(repeat.is_classified for repeat in Run(folder).repeats())
    planned = config.evaluation.seeds * (config.evaluation.folds or 1)
    if done < planned:
        raise InputError(
            f"{folder.path}: {done} of {planned} repeats are done; go on with `run --resume` first"
        )
    table = None if columns is None else read_columns(folder, columns, reporter)
    _finish(config, folder, _cells_if_there(config, folder, reporter), reporter, table)


def write_page_again(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Draw the figures and write the page anew from what a complete run holds, scores as kept."""
    cells = _cells_if_there(config, folder, reporter)
    write_page(config, folder, cells, draw_figures(config, folder, cells))


def hold_threads(folder: RunFolder, reporter: Reporter) -> None:
    """Let TensorFlow use as many threads as when the run was begun: the weights rest on it.

    Raises
    ------
    InputError
        If this process has used another number already.
    """
    from hybrid_wbc.cnn import threads  # TensorFlow takes seconds to load

    begun_with = Run(folder).provenance()["machine"].get("threads")
    if begun_with is None:  # a run of an earlier version
        return
    usable = threads.usable()
    if usable != begun_with:
        reporter.say(
            f"{folder.path} was begun with {begun_with} threads and goes on with as many, not the "
            f"{usable} of this process: its weights rest on the number"
        )
    threads.hold(begun_with)


def _finish(
    config: Config,
    folder: RunFolder,
    cells: Cells | None,
    reporter: Reporter,
    table: CellTable | None = None,
) -> None:
    """Go from the predictions to the page."""
    evaluate.evaluate(config, folder)
    if config.network.embedding != "none" or config.classifiers.features == SHAPE:
        ablate.ablate(config, folder, reporter)
        ablate.examine(folder)
    write_page(config, folder, cells, draw_figures(config, folder, cells), table)


def _cells_if_there(config: Config, folder: RunFolder, reporter: Reporter) -> Cells | None:
    try:
        return prepare(config, folder, reporter)
    except InputError as error:
        reporter.say(f"pictures of cells are left out: {error}")
        return None


def check_names(config: Config) -> None:
    """Refuse a layout, network, classifier or file of weights that does not exist.

    Raises
    ------
    InputError
    """
    from hybrid_wbc.cnn import networks  # TensorFlow takes seconds to load

    network = config.network
    networks.check(
        network.name,
        weights=network.weights,
        backbone=network.backbone,
        normalisation=network.normalisation,
        precision=network.precision,
        width=network.width,
        backbone_rate=config.training.backbone_rate,
    )
    classifiers.check(config.classifiers.extra, config.classifiers.tune)
    layouts = ("auto", *readers.LAYOUTS)
    if config.data.layout not in layouts:
        raise InputError(
            f"data.layout: received '{config.data.layout}', choose from {', '.join(layouts)}"
        )
