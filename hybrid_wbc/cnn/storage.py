"""Keeping a trained network: equal weights give an equal file."""

from __future__ import annotations

import gc
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np

from hybrid_wbc.cnn import applications, architecture  # noqa: F401  Keras finds their layers
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import in_place, renumber


def save(model: keras.Model, path: Path) -> None:
    """Write a network in Keras' own format, less the hour of saving.

    Parameters
    ----------
    model : keras.Model
    path : Path
        Ends in ".keras".
    """
    # What a killed process leaves lies beside the file too, where it is swept.
    with in_place(path) as beside:
        as_saved = beside.with_name(f"{beside.stem}-as-saved.keras")
        try:
            model.save(as_saved)
            _copy(as_saved, beside)
        finally:
            as_saved.unlink(missing_ok=True)


def save_halved(model: keras.Model, path: Path) -> None:
    """Write a network whose kernels are rounded to half precision, in half as many bytes.

    Biases and the statistics of normalisation, which are few, keep single precision. `load` reads
    such a file as any other: the weights are of single precision again, rounded.

    Parameters
    ----------
    model : keras.Model
    path : Path
        Ends in ".keras".
    """
    with in_place(path) as beside:
        whole = beside.with_name(f"{beside.stem}-whole.keras")
        try:
            save(model, whole)
            with zipfile.ZipFile(whole) as given, zipfile.ZipFile(beside, "w") as kept:
                for name in given.namelist():
                    content = given.read(name)
                    if name == _WEIGHTS:
                        content = _halved(content)
                    kept.writestr(zipfile.ZipInfo(name), content)
        finally:
            whole.unlink(missing_ok=True)


def _halved(weights: bytes) -> bytes:
    """Copy a file of weights, each array of two axes or more rounded to half precision."""
    content = io.BytesIO()
    # Times of creation would make two files of the same weights differ.
    with (
        h5py.File(io.BytesIO(weights)) as given,
        h5py.File(content, "w", track_times=False) as kept,
    ):

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                numbers = item[()]
                if item.dtype == np.float32 and item.ndim > 1:
                    numbers = numbers.astype(np.float16)
                copied = kept.create_dataset(name, data=numbers, track_times=False)
            else:
                copied = kept.require_group(name)
            for key, value in item.attrs.items():
                copied.attrs[key] = value

        given.visititems(copy)
        for key, value in given.attrs.items():
            kept.attrs[key] = value
    return content.getvalue()


def _copy(as_saved: Path, to: Path) -> None:
    with zipfile.ZipFile(as_saved) as given, zipfile.ZipFile(to, "w") as kept:
        for name in given.namelist():
            # Weights may be half a gigabyte: they are not read whole.
            with given.open(name) as source, kept.open(zipfile.ZipInfo(name), "w") as target:
                if name in _CHANGED:
                    target.write(_CHANGED[name](source.read().decode()).encode())
                else:
                    shutil.copyfileobj(source, target)


def _without_the_hour(metadata: str) -> str:
    facts = json.loads(metadata)
    del facts["date_saved"]
    return json.dumps(facts)


def _without_places(config: str) -> str:
    """Renumber the shared objects, which Keras numbers by their place in memory."""
    return renumber(config, r'("shared_object_id": )(\d+)')[0]


_WEIGHTS = "model.weights.h5"
_CHANGED: dict[str, Callable[[str], str]] = {
    "metadata.json": _without_the_hour,
    "config.json": _without_places,
}


def load(path: Path) -> keras.Model:
    """Read a network that `save` wrote.

    Raises
    ------
    InputError
        If the file is missing or is not a network that can be read safely.
    """
    if not path.is_file():
        raise InputError(f"{path}: missing; run the train stage first")
    gc.collect()  # networks that nobody uses any more lie in cycles of references
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise InputError(f"{path}: cannot be read as a network: {error}".splitlines()[0]) from error
