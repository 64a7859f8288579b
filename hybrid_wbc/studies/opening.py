"""Opens a finished run from its folder, or from the one file that it is kept in."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from hybrid_wbc.config.choices import GRADIENT_DESCENT, SHAPE
from hybrid_wbc.config.names import TARGET, Statistics
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import open_run
from hybrid_wbc.runs.results import Run


def open_finished(path: Path, statistics: Statistics | None = None) -> tuple[Config, RunFolder]:
    """Open a run's folder, or a run in one file.

    A file is unpacked into a folder of its own, which goes when the program ends.

    Parameters
    ----------
    path : Path
        Or "packaged", the run that comes with the program.
    statistics : {"training", "target"}, optional
        Of batch normalisation, rather than those that the run's settings name.

    Returns
    -------
    config : Config
        The run's, with these statistics.
    folder : RunFolder

    Raises
    ------
    InputError
        If it is neither, or trains no network whose statistics could be others.
    """
    located = sealing.located(path)
    if not located.is_file():
        config, folder, _ = open_run(located)
        return _with_statistics(config, statistics), folder
    kind, members = sealing.read(located)
    if kind != sealing.RUN:
        raise InputError(
            f"{path}: a single estimator, as `HybridClassifier.save` writes it, which `predict` "
            "takes; for this give a run's folder or what `export --bundle` wrote"
        )
    made = Path(tempfile.mkdtemp(prefix="hybrid-wbc-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    unpacked = made / located.stem
    sealing.unpack(members, unpacked)
    folder = RunFolder.open(unpacked)
    return _with_statistics(Run(folder).config(), statistics), folder


def _with_statistics(config: Config, statistics: Statistics | None) -> Config:
    if statistics is None:
        return config
    why_not = None
    if config.classifiers.features == SHAPE:
        why_not = "takes hand-made features alone and trains no network"
    elif config.training.approach != GRADIENT_DESCENT:
        why_not = f"has a network that was made of a given one ({config.training.approach})"
    elif not config.network.trains_normalisation:
        why_not = "has no batch normalisation that was trained"
    if statistics == TARGET and why_not is not None:
        raise InputError(f"--statistics {TARGET}: the run {config.name} {why_not}; leave it out")
    network = config.network.model_copy(update={"statistics": statistics})
    return config.model_copy(update={"network": network})
