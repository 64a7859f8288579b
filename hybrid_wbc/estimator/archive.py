"""A fitted `HybridClassifier` as one file: settings, network and head, nothing that runs code."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sklearn.base import ClassifierMixin
from typing_extensions import TypedDict

from hybrid_wbc.classical import storage as head_storage
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.inputs import Parameters
from hybrid_wbc.files import in_place, read_archive, write_archive

if TYPE_CHECKING:
    import keras

_SETTINGS, _NETWORK, _HEAD = "settings.json", "cnn.keras", "head.skops"


class Settings(TypedDict):
    """What the file says in JSON: the parameters, and the figures of each epoch of the training."""

    parameters: Parameters
    history: dict[str, list[float]]


def write(path: Path, settings: Settings, network: keras.Model, head: ClassifierMixin) -> None:
    """Write one zip archive, whole or not at all; equal content gives equal bytes.

    Parameters
    ----------
    path : Path
    settings : Settings
        Its numbers may be numpy's.
    network : keras.Model
    head : scikit-learn classifier
        Fitted.
    """
    from hybrid_wbc.cnn import storage as network_storage  # TensorFlow takes seconds to load

    with tempfile.TemporaryDirectory() as folder:
        network_storage.save(network, Path(folder) / _NETWORK)
        checksum = head_storage.save(head, Path(folder) / _HEAD)
        members = {name: (Path(folder) / name).read_bytes() for name in (_NETWORK, _HEAD)}
    facts = {"head_sha256": checksum, **settings}
    text = json.dumps(facts, default=lambda number: number.item(), indent=1)
    with in_place(path) as beside:
        beside.write_bytes(write_archive({_SETTINGS: text.encode()} | members))


def read(path: Path) -> tuple[Settings, keras.Model, ClassifierMixin]:
    """Read what `write` wrote.

    The network is read in Keras' safe mode, and the head under the allow-list of
    `hybrid_wbc.classical.storage`. The checksum in the file tells damage, not a forger.

    Parameters
    ----------
    path : Path

    Returns
    -------
    settings : Settings
    network : keras.Model
    head : scikit-learn classifier

    Raises
    ------
    InputError
        If the file is missing, damaged, or another thing altogether.
    """
    from hybrid_wbc.cnn import networks  # as in `write`
    from hybrid_wbc.cnn import storage as network_storage

    try:
        # To open a pipe waits for a writer.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InputError(f"{path}: not a regular file; give a file that `save` wrote")
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a file that `save` wrote") from error
    try:
        with file:
            members = read_archive(file, (_SETTINGS, _NETWORK, _HEAD))
        settings = json.loads(members[_SETTINGS])
        with tempfile.TemporaryDirectory() as folder:
            for name in (_NETWORK, _HEAD):
                (Path(folder) / name).write_bytes(members[name])
            head = head_storage.load(Path(folder) / _HEAD, settings.pop("head_sha256"))
            network = network_storage.load(Path(folder) / _NETWORK)
        size, history = settings["parameters"]["size"], settings["history"]
        if network.input_shape[1:3] != (size, size) or not isinstance(history, dict):
            raise ValueError("the settings are not the network's")
        # Archives of versions that had no such parameter are of networks with five units.
        units = settings["parameters"].get("embedding_units", 5)
        if network.get_layer(networks.EMBEDDING).units != units:
            raise ValueError("the settings are not the network's")
        if network.output_shape[-1] != len(head.classes_):
            raise ValueError("the network and the head differ in classes")
    # The libraries that read a changed file can fail in any way.
    except Exception as error:
        raise InputError(
            f"{path}: damaged, changed, or not written by `save` of this version; save it again"
        ) from error
    return settings, network, head
