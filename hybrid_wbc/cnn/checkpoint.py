"""The state of a training between two epochs, kept so that a killed one goes on unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from hybrid_wbc.files import in_place

History = dict[str, list[float]]


@dataclass
class Progress:
    """What a killed training needs, beside the variables, to go on as if nothing had happened."""

    epoch: int = 0
    history: History = field(default_factory=dict)
    best_epoch: int = -1
    best_loss: float = float("inf")
    best_weights: list[np.ndarray] = field(default_factory=list)


def keep(
    path: Path, progress: Progress, model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> None:
    """Write the state of a training whole or not at all.

    Parameters
    ----------
    path : Path
    progress : Progress
    model : keras.Model
    optimizer : keras.optimizers.Optimizer
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
    with in_place(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def restore(
    path: Path | None, model: keras.Model, optimizer: keras.optimizers.Optimizer
) -> Progress:
    """Put a kept state back into the model and optimizer, or start at nothing where there is none.

    Parameters
    ----------
    path : Path, optional
    model : keras.Model
    optimizer : keras.optimizers.Optimizer

    Returns
    -------
    Progress
    """
    if path is None or not path.exists():
        return Progress()
    with np.load(path, allow_pickle=False) as stored:
        for prefix, variables in (("model", model.variables), ("optimizer", optimizer.variables)):
            for i, variable in enumerate(variables):
                variable.assign(stored[f"{prefix}_{i:04d}"])
        best = [stored[name] for name in sorted(stored.files) if name.startswith("best_")]
        return Progress(**json.loads(str(stored["progress"])), best_weights=best)
