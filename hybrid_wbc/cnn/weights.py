"""What a network starts from: drawn weights, Keras Applications' of ImageNet, or a file's."""

from __future__ import annotations

import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from hybrid_wbc.cnn.applications import APPLICATIONS
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_archive, seal_holds

NONE, IMAGENET = "none", "imagenet"
SUFFIXES = (".keras", ".weights.h5", ".hybrid")
_BUNDLE, _NETWORK = ".hybrid", "cnn.keras"
# MobileNetV2 has a file for each of several sizes, and takes this one for any other.
_IMAGENET_SIZE = (224, 224)


def check_file(path: Path) -> None:
    """Refuse a file of weights that is not there, or whose name says that it holds none.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
    """
    if not path.name.endswith(SUFFIXES):
        raise InputError(
            f"network.weights: received '{path}', give {NONE}, {IMAGENET} or a file that ends in "
            f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    if not path.is_file():
        raise InputError(f"network.weights: {path}: missing; give a file, {IMAGENET} or {NONE}")


@contextmanager
def keras_file(path: Path) -> Iterator[Path]:
    """Give the file that Keras reads: the file itself, or the network within a `.hybrid`.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path

    Raises
    ------
    InputError
        If the file is missing, or a `.hybrid` that holds no network or was changed by a byte.
    """
    check_file(path)
    if path.suffix != _BUNDLE:
        yield path
        return
    content = path.read_bytes()
    holds = seal_holds(content)
    if holds is False:
        raise InputError(
            f"network.weights: {path}: damaged or changed since it was written; get it again"
        )
    try:
        if holds is None:
            raise ValueError("no checksum")
        members = read_archive(content)
        network = next(content for name, content in members.items() if Path(name).name == _NETWORK)
    # The library that reads a damaged archive can fail in many ways.
    except Exception as error:
        raise InputError(
            f"network.weights: {path}: damaged, or no file that `save` wrote; save it again"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _NETWORK
        file.write_bytes(network)
        yield file


def load_file(path: Path, model: keras.Model, body: keras.Model) -> None:
    """Start a network from a file of its own weights, or of its backbone's.

    The first of these that the file fits is filled: the whole network, what stands before its
    embedding and class layer (a file of a network for other classes), the backbone alone. What is
    not filled keeps its drawn weights. Only arrays are read: nothing in the file is run.

    Parameters
    ----------
    path : Path
        A `.keras` or `.weights.h5` file, as Keras' `save` and `save_weights` write them, or a
        `.hybrid` that `HybridClassifier.save` wrote.
    model : keras.Model
        Changed in place; left as it was where an error is raised.
    body : keras.Model
        The same layers, up to the features that the embedding or class layer takes.

    Raises
    ------
    InputError
        If the file is missing, cannot be read, or is of another network.
    """
    drawn = model.get_weights()
    backbones = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    with keras_file(path) as file:
        for part in (model, body, *backbones):
            try:
                with warnings.catch_warnings():
                    # Of each group that a file of another part lacks; what matters is an error.
                    warnings.simplefilter("ignore", UserWarning)
                    part.load_weights(file)
            except ValueError:
                model.set_weights(drawn)
            except (OSError, KeyError, zipfile.BadZipFile) as error:
                model.set_weights(drawn)
                raise InputError(
                    f"network.weights: {path}: cannot be read as weights; give a file that Keras "
                    "wrote"
                ) from error
            else:
                return
    size = "×".join(str(pixels) for pixels in reversed(model.input_shape[1:3]))
    raise InputError(
        f"network.weights: {path}: holds the weights of another network than '{model.name}' at "
        f"{size} pixels; set network.name, network.width and data.size as they were, or "
        f"weights: {NONE}"
    )


def load_imagenet(application: str, model: keras.Model) -> None:
    """Start a backbone from ImageNet, by Keras Applications' own loading, which may download.

    Parameters
    ----------
    application : str
        A key of `hybrid_wbc.cnn.applications.APPLICATIONS`.
    model : keras.Model
        Its layer `backbone` is changed in place.

    Raises
    ------
    InputError
        If the file is neither there nor to be had, or the network's input is of another size than
        dense layers kept from ImageNet take.
    """
    chosen = APPLICATIONS[application]
    if chosen.last_layer is not None and model.input_shape[1:3] != _IMAGENET_SIZE:
        raise InputError(
            f"data.size: received {model.input_shape[1]}, '{model.name}' with ImageNet weights "
            f"takes {_IMAGENET_SIZE[0]}, for its dense layers"
        )
    try:
        pretrained = chosen.build(_IMAGENET_SIZE, IMAGENET)
    except Exception as error:  # Keras raises no narrower kind when it cannot fetch a file
        *_, file = chosen.url.split("/")
        folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
        checksum = f"MD5 {chosen.md5}" if chosen.md5 else "Keras knows no checksum of it"
        raise InputError(
            f"network.weights: {file} could not be loaded; put it into {folder}, from {chosen.url} "
            f"({checksum}), or set weights: {NONE}"
        ) from error
    model.get_layer("backbone").set_weights(pretrained.get_weights())
