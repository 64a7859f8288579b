"""Chooses the settings of a run that starts from a network which was trained on other cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import archive, sealing
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.choose import Start, choose
from hybrid_wbc.studies.opening import open_finished

# What a run's network was shown is prepared in the same way again: the fields of `Pixels`.
_PIXELS = tuple(Pixels.__dataclass_fields__)
_NETWORK = ("name", "standardise", "dropout", "normalisation", "precision", "width", "views")
_GIVE = "give a run folder, a network's cnn.keras, or a .hybrid file"


def choose_from(path: Path, given: Path, changes: Sequence[str], reporter: Reporter) -> Config:
    """Look at a set and choose what suits it, and the network that the run starts from.

    Parameters
    ----------
    path : Path
        A set of cells, as for `stages.choose.choose`.
    given : Path
        A run folder, of which the first repeat's network is taken; a `cnn.keras` in a run folder,
        or by itself; a `.hybrid`; or "packaged", the model that comes with the program.
    changes : sequence of str
        Each "section.key=value": what the user wants otherwise.
    reporter : Reporter
        Hears what was chosen, and why.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        If there is no such network, or no set with something in it to tell apart.
    """
    if RunFolder.lies_at(path):
        raise InputError(
            f"{path}: a run, not a set of cells; give a folder of cells, and --from RUN"
        )
    return choose(path, changes, reporter, start_from(given))


def start_from(given: Path) -> Start:
    """Find a network to start from, and how its pixels were prepared.

    Parameters
    ----------
    given : Path
        As for `choose_from`.

    Returns
    -------
    Start

    Raises
    ------
    InputError
        If there is none.
    """
    given = sealing.located(given)
    if not given.exists():
        raise InputError(f"--from: {given}: not found; {_GIVE}")
    if RunFolder.lies_at(given):
        repeats = Run(RunFolder.open(given)).repeats()
        if not repeats or not repeats[0].is_trained:
            raise InputError(f"--from: {given}: holds no trained network; finish the run first")
        return _of_run(given, repeats[0].network_file)
    if given.is_dir():
        raise InputError(f"--from: {given}: not a run folder, it holds no config.yaml; {_GIVE}")
    if RunFolder.lies_at(given.resolve().parent.parent):
        return _of_run(given.resolve().parent.parent, given)
    if given.suffix == ".keras":
        return _of_network(given)
    if sealing.is_estimator(given):
        return _of_estimator(given)
    return _of_bundle(given)


def _of_run(path: Path, network: Path) -> Start:
    """Take a run's network, and prepare pixels as that run did."""
    run = Run(RunFolder.open(path))
    several = len(run.repeats()) > 1
    which = f", {network.resolve().parent.name}" if several else ""
    return _as_trained(run.config(), network, f"{path.resolve().name}{which}")


def _of_bundle(path: Path) -> Start:
    """Take the network of a run in one file."""
    if path.suffix != ".hybrid":
        raise InputError(f"--from: {path}: name it with the ending .hybrid")
    config, _ = open_finished(path)
    return _as_trained(config, path, path.name)


def _as_trained(config: Config, network: Path, title: str) -> Start:
    """Take a network with the pixels and augmentation of its run."""
    if config.classifiers.features == "shape":
        raise InputError(f"--from: {title}: a run of hand-made features alone, without a network")
    kept, data = config.network, config.data
    return Start(
        settings={
            "data": {key: getattr(data, key) for key in _PIXELS},
            "network": {key: getattr(kept, key) for key in _NETWORK}
            | {"weights": str(network.resolve())},
            "augmentation": config.augmentation.model_dump(),
        },
        reasons=[
            f"starts from the network {kept.name} of {title}",
            f"pixels as that run prepared them: {data.size} pixels, crop {data.crop}, colour "
            f"{data.colour}, stain {data.stain}",
        ],
        framed=True,
    )


def _of_network(path: Path) -> Start:
    """Take a network by itself, which says nothing but the size that it takes."""
    from hybrid_wbc.cnn import lent, networks  # TensorFlow takes seconds to load

    model = lent.load(path)
    if model.name not in networks.NETWORKS:
        raise InputError(
            f"--from: {path}: a network named '{model.name}', which this program does not make; "
            f"{_GIVE}"
        )
    size = model.input_shape[1]
    return Start(
        settings={
            "data": {"size": size},
            "network": {"name": model.name, "weights": str(path.resolve())},
        },
        reasons=[
            f"starts from the network {model.name} of {path.name}",
            f"GUESSED, since {path.name} says no more than its size of {size} pixels: crop, colour "
            "and stain; set data.crop, data.colour and data.stain if you know them",
        ],
        framed=False,
    )


def _of_estimator(path: Path) -> Start:
    """Take the network of a `HybridClassifier`, which is shown whole pictures."""
    parameters = archive.read(path).parameters
    if path.suffix != ".hybrid":
        raise InputError(f"--from: {path}: name it with the ending .hybrid")
    name, size = str(parameters["network"]), parameters["size"]
    return Start(
        settings={
            "data": {"size": size},
            "network": {
                "name": name,
                "views": parameters["views"],
                "dropout": parameters["dropout"],
                "weights": str(path.resolve()),
            },
        },
        reasons=[
            f"starts from the network {name} of {path.name}",
            f"pixels as HybridClassifier takes them: {size} pixels, whole pictures (GUESSED: what "
            "was cut or coloured before it is not known); set data.crop if cells were cut out",
        ],
        framed=True,
    )
