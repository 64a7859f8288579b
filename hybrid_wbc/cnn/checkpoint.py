"""The state of a training between two epochs, kept so that a killed one goes on unchanged."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from hybrid_wbc.cnn.optimisation import Optimizer
from hybrid_wbc.files import in_place

History = dict[str, list[float]]


_log = logging.getLogger(__name__)


@dataclass
class Progress:
    """What a killed training needs, beside the variables, to go on as if nothing had happened."""

    epoch: int = 0
    history: History = field(default_factory=dict)
    best_epoch: int = -1
    best_loss: float = float("inf")
    best_weights: list[np.ndarray] = field(default_factory=list)
    summed_weights: list[np.ndarray] = field(default_factory=list)


def keep(path: Path, progress: Progress, model: keras.Model, optimizer: Optimizer) -> None:
    """Write the state of a training whole or not at all.

    Parameters
    ----------
    path : Path
    progress : Progress
    model : keras.Model
    optimizer : Optimizer
        Built, so that its moments exist.
    """
    facts = {
        "epoch": progress.epoch,
        "history": progress.history,
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
    }
    arrays = {f"model_{i:04d}": np.asarray(v) for i, v in enumerate(model.variables)}
    arrays["progress"] = np.array(json.dumps(facts))
    arrays |= {f"optimizer_{i:04d}": np.asarray(v) for i, v in enumerate(optimizer.variables)}
    arrays |= {f"best_{i:04d}": weights for i, weights in enumerate(progress.best_weights)}
    arrays |= {f"summed_{i:04d}": weights for i, weights in enumerate(progress.summed_weights)}
    with in_place(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def restore(path: Path | None, model: keras.Model, optimizer: Optimizer) -> Progress:
    """Put a kept state back into the model and optimizer, or start at nothing where there is none.

    Parameters
    ----------
    path : Path, optional
    model : keras.Model
    optimizer : Optimizer

    Returns
    -------
    Progress
    """
    if path is None or not path.exists():
        return Progress()
    groups = {"model": model.variables, "optimizer": optimizer.variables}
    try:
        # Everything is read, and so held against the archive's checksums, before anything is used.
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        values = {
            prefix: [_fitting(arrays[f"{prefix}_{i:04d}"], v) for i, v in enumerate(variables)]
            for prefix, variables in groups.items()
        }
        best, summed = (
            [arrays[name] for name in sorted(arrays) if name.startswith(prefix)]
            for prefix in ("best_", "summed_")
        )
        facts = json.loads(str(arrays["progress"]))
        progress = Progress(**facts, best_weights=best, summed_weights=summed)
    # A damaged archive raises whatever zipfile, zlib and NumPy do.
    except Exception as error:
        _log.warning("%s: damaged (%s); the training starts anew", path, error)
        return Progress()
    for prefix, variables in groups.items():
        for variable, value in zip(variables, values[prefix], strict=True):
            variable.assign(value)
    return progress


def _fitting(value: np.ndarray, variable: keras.Variable) -> np.ndarray:
    if value.shape != tuple(variable.shape):
        raise ValueError(f"an array of {value.shape} for {variable.path} of {variable.shape}")
    return value
