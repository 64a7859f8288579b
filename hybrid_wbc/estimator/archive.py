"""A fitted `HybridClassifier` in one file, and one that a run in one file makes."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin
from typing_extensions import TypedDict

from hybrid_wbc.classical import storage as head_storage
from hybrid_wbc.classical.heads import NamedHead, SoftmaxHead
from hybrid_wbc.config.choices import CNN
from hybrid_wbc.config.names import TARGET
from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.estimator.inputs import Parameters

if TYPE_CHECKING:
    import keras

_SETTINGS, _NETWORK, _HEAD = "settings.json", "cnn.keras", "head.skops"
_PARTS = "estimator.json"


class Settings(TypedDict):
    """What the file says in JSON: the parameters, and the figures of each epoch of the training."""

    parameters: Parameters
    history: dict[str, list[float]]


@dataclass(frozen=True)
class Kept:
    """What a file keeps of an estimator.

    Parameters
    ----------
    parameters : Parameters
    history : dict of str to list of float
    pixels : Pixels
        What was done to its training pictures.
    network : keras.Model
    head : scikit-learn classifier
        Fitted.
    """

    parameters: Parameters
    history: dict[str, list[float]]
    pixels: Pixels
    network: keras.Model
    head: ClassifierMixin


def write(path: Path, settings: Settings, network: keras.Model, head: ClassifierMixin) -> None:
    """Write one sealed archive, whole or not at all; equal content gives equal bytes.

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
    sealing.write(path, sealing.ESTIMATOR, {_SETTINGS: text.encode()} | members)


def read(path: Path) -> Kept:
    """Read what `write` wrote, or the network of a run in one file and the classifier that answers.

    The network is read in Keras' safe mode, and the head under the allow-list of
    `hybrid_wbc.classical.storage`.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Kept

    Raises
    ------
    InputError
        If the file is missing, damaged, or another thing altogether.
    """
    kind, members = sealing.read(path)
    with tempfile.TemporaryDirectory() as folder:
        try:
            sealing.unpack(members, Path(folder))
            return (_of_run if kind == sealing.RUN else _of_estimator)(Path(folder))
        except _UnfitError as error:
            raise InputError(f"{path}: {error}") from error
        # The libraries that read a changed file can fail in any way.
        except Exception as error:
            raise InputError(
                f"{path}: damaged, changed, or not written by `save` of this version; save it again"
            ) from error


class _UnfitError(ValueError):
    """A run that no `HybridClassifier` answers as."""


def _of_estimator(folder: Path) -> Kept:
    from hybrid_wbc.cnn import networks  # as in `write`
    from hybrid_wbc.cnn import storage as network_storage

    names = sorted(path.name for path in folder.iterdir())
    if names != sorted((_SETTINGS, _NETWORK, _HEAD)):
        raise ValueError(f"holds {', '.join(names[:9])}")
    settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    head = head_storage.load(folder / _HEAD, settings.pop("head_sha256"))
    network = network_storage.load(folder / _NETWORK)
    size, history = settings["parameters"]["size"], settings["history"]
    if network.input_shape[1:3] != (size, size) or not isinstance(history, dict):
        raise ValueError("the settings are not the network's")
    # Archives of versions that had no such parameter are of networks with five units.
    units = settings["parameters"].get("embedding_units", 5)
    if network.get_layer(networks.EMBEDDING).units != units:
        raise ValueError("the settings are not the network's")
    if network.output_shape[-1] != len(head.classes_):
        raise ValueError("the network and the head differ in classes")
    return Kept(settings["parameters"], history, Pixels(size), network, head)


def of_run(
    config: Config,
    classes: np.ndarray,
    *,
    network: str,
    answered_by: str,
    head: tuple[str, str] | None,
) -> dict[str, bytes]:
    """Say which parts of a run in one file answer as a `HybridClassifier`, and with what settings.

    Parameters
    ----------
    config : Config
        The run's.
    classes : numpy.ndarray of str, shape (k,)
    network : str
        The name of the part that is the network.
    answered_by : str
        The classifier whose answer is counted.
    head : tuple of str or None
        The name and the checksum of the part that is this classifier; None for the softmax.

    Returns
    -------
    dict of str to bytes
        One part more.
    """
    training = config.training
    parameters: Parameters = {
        "network": config.network.name,
        "head": answered_by,
        "epochs": training.epochs,
        "size": config.data.size,
        "batch_size": training.batch_size,
        "learning_rate": training.learning_rate,
        "schedule": training.schedule,
        "augment": config.augmentation.enabled,
        "views": config.network.views,
        "embedding_units": config.network.embedding_units,
        "dropout": config.network.dropout,
        "weights": config.network.weights,
        "validation": config.split.validation,
        "patience": training.patience,
        "calibration": "head",
        "calibration_folds": 5,
        "random_state": config.seed,
        "verbose": False,
    }
    parts: _Parts = {
        "unfit": config.classifiers.features != CNN or config.network.statistics == TARGET,
        "network": network,
        "head": head,
        "classes": classes.tolist(),
        "parameters": parameters,
        "pixels": asdict(Pixels.of(config.data)),
    }
    return {_PARTS: json.dumps(parts, indent=1).encode()}


class _Parts(TypedDict):
    """Which parts of a run in one file answer as an estimator, unless it is unfit for that."""

    unfit: bool
    network: str
    head: tuple[str, str] | None
    classes: list[str]
    parameters: Parameters
    pixels: dict[str, Any]


def _of_run(folder: Path) -> Kept:
    from hybrid_wbc.cnn import storage as network_storage  # as in `write`
    from hybrid_wbc.cnn.extraction import has_embedding

    parts: _Parts = json.loads((folder / _PARTS).read_text(encoding="utf-8"))
    if parts["unfit"]:
        raise _UnfitError(
            "takes hand-made features, or statistics of what it is asked about: ask it with "
            "`hybrid-wbc predict`"
        )
    network = network_storage.load(folder / parts["network"])
    if not has_embedding(network):
        raise _UnfitError("has no embedding layer: ask it with `hybrid-wbc predict`")
    classes = np.array(parts["classes"])
    head: ClassifierMixin = SoftmaxHead().fit(np.empty((0, len(classes))), classes)
    if parts["head"] is not None:
        name, checksum = parts["head"]
        head = NamedHead(head_storage.load(folder / name, checksum), classes)
    return Kept(parts["parameters"], {}, Pixels(**parts["pixels"]), network, head)
