"""Opens a finished run from its folder, or from the one file that it is kept in."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.opening import open_run
from hybrid_wbc.runs.results import Run


def open_finished(path: Path) -> tuple[Config, RunFolder]:
    """Open a run's folder, or a run in one file.

    A file is unpacked into a folder of its own, which goes when the program ends.

    Parameters
    ----------
    path : Path
        Or "packaged", the run that comes with the program.

    Returns
    -------
    config : Config
    folder : RunFolder

    Raises
    ------
    InputError
        If it is neither.
    """
    located = sealing.located(path)
    if not located.is_file():
        config, folder, _ = open_run(located)
        return config, folder
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
    return Run(folder).config(), folder
