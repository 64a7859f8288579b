"""run(config): the whole story of a run, from files to a page."""

from __future__ import annotations

from hybrid_wbc import fitting, plotting, reporting, stages
from hybrid_wbc.data import readers
from hybrid_wbc.errors import InputError
from hybrid_wbc.loading import Cells
from hybrid_wbc.preparing import prepare
from hybrid_wbc.progress import Reporter
from hybrid_wbc.repeating import repeats
from hybrid_wbc.runs import RunFolder
from hybrid_wbc.settings import Config


def run(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Do every stage of a run that is not done yet, so that a killed run goes on where it stopped.

    Parameters
    ----------
    config : Config
        As written in the folder.
    folder : RunFolder
    reporter : Reporter
        Hears what is being done.

    Raises
    ------
    InputError
        If the data or settings cannot make a run.
    """
    if folder.is_complete:
        reporter.say(f"{folder.path} is complete, nothing is left to do")
        return
    folder.sweep()
    cells = prepare(config, folder, reporter)
    for repeat in repeats(config, cells):
        place = folder.repeat(repeat.name)
        fitting.train(config, folder, cells, repeat, reporter)
        if not (place / stages.EMBEDDINGS).exists():
            stages.extract(config, folder, cells, repeat, reporter)
        if not (place / stages.PREDICTIONS).exists():
            stages.classify(config, place, reporter)
    _finish(config, folder, cells, reporter)


def train(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Train each repeat's network that is missing."""
    cells = prepare(config, folder, reporter)
    for repeat in repeats(config, cells):
        fitting.train(config, folder, cells, repeat, reporter)


def extract(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Extract the embeddings of each trained network, again where they exist."""
    cells = prepare(config, folder, reporter)
    for repeat in repeats(config, cells):
        stages.extract(config, folder, cells, repeat, reporter)


def classify(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Fit and score the classifiers on the embeddings, again where they are; needs no images."""
    for place in folder.repeats():
        stages.classify(config, place, reporter)
    stages.evaluate(config, folder)


def plot(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Draw the figures again; without the data set, less the sheets of images."""
    plotting.plot(config, folder, _cells_if_there(config, folder, reporter))


def report(config: Config, folder: RunFolder, reporter: Reporter) -> None:
    """Do again all that follows from the predictions of a finished run, and write the page.

    Raises
    ------
    InputError
        If a repeat is missing: with its page a run counts as complete.
    """
    done = sum((place / stages.PREDICTIONS).exists() for place in folder.repeats())
    planned = config.evaluation.seeds * (config.evaluation.folds or 1)
    if done < planned:
        raise InputError(
            f"{folder.path}: {done} of {planned} repeats are done; go on with `run --resume` first"
        )
    _finish(config, folder, _cells_if_there(config, folder, reporter), reporter)


def _finish(config: Config, folder: RunFolder, cells: Cells | None, reporter: Reporter) -> None:
    """Go from the predictions to the page."""
    stages.evaluate(config, folder)
    if config.network.embedding != "none":
        stages.ablate(config, folder, reporter)
        stages.examine(folder)
    reporting.write_page(config, folder, cells, plotting.plot(config, folder, cells))


def _cells_if_there(config: Config, folder: RunFolder, reporter: Reporter) -> Cells | None:
    try:
        return prepare(config, folder, reporter)
    except InputError as error:
        reporter.say(f"pictures of cells are left out: {error}")
        return None


def check_names(config: Config) -> None:
    """Refuse a layout, network or file of weights that does not exist, before a folder is made.

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
    )
    layouts = ("auto", *readers.LAYOUTS)
    if config.data.layout not in layouts:
        raise InputError(
            f"data.layout: received '{config.data.layout}', choose from {', '.join(layouts)}"
        )
