"""Keeping a trained network: equal weights give an equal file."""

from __future__ import annotations

import json
from pathlib import Path

import keras

from hybrid_wbc.cnn import applications  # noqa: F401  Keras finds the layers registered there
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, read_archive, renumber, write_archive


def save(model: keras.Model, path: Path) -> None:
    """Write a network in Keras' own format, less the hour of saving.

    Parameters
    ----------
    model : keras.Model
    path : Path
        Ends in ".keras".
    """
    with in_place(path) as beside:
        model.save(beside)
        members = read_archive(beside.read_bytes())
        metadata = json.loads(members["metadata.json"])
        del metadata["date_saved"]
        members["metadata.json"] = json.dumps(metadata).encode()
        # Keras numbers shared objects by their place in memory.
        config, _ = renumber(members["config.json"].decode(), r'("shared_object_id": )(\d+)')
        members["config.json"] = config.encode()
        beside.write_bytes(write_archive(members))


def load(path: Path) -> keras.Model:
    """Read a network that `save` wrote.

    Raises
    ------
    InputError
        If the file is missing or is not a network that can be read safely.
    """
    if not path.is_file():
        raise InputError(f"{path}: missing; run the train stage first")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise InputError(f"{path}: cannot be read as a network: {error}".splitlines()[0]) from error
