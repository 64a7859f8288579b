"""The network of `HybridClassifier`: its validation side, and its training."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from rich.console import Console

from hybrid_wbc.config.network import Augmentation, Network, Training
from hybrid_wbc.data import splitting
from hybrid_wbc.data.rows import Rows
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.forking import refuse_after_fork
from hybrid_wbc.estimator.inputs import Parameters
from hybrid_wbc.progress import Reporter

if TYPE_CHECKING:
    import keras

    from hybrid_wbc.cnn.extraction import Extractor

# A network is cut and compiled once, not for every cell that is asked about. Not in the estimator
# itself, which nothing but a fit may change.
_extractors: WeakKeyDictionary[object, tuple[keras.Model, Extractor]] = WeakKeyDictionary()


def extractor_of(estimator: object, network: keras.Model) -> Extractor:
    """Give what asks an estimator's network; it goes with the estimator.

    Parameters
    ----------
    estimator : object
    network : keras.Model
        Of the estimator's latest fit.

    Returns
    -------
    Extractor

    Raises
    ------
    InputError
        If this process was forked from one in which TensorFlow has worked.
    """
    refuse_after_fork()
    from hybrid_wbc.cnn import extraction  # TensorFlow takes seconds to load

    of, extractor = _extractors.get(estimator, (None, None))
    if extractor is None or of is not network:
        extractor = extraction.Extractor(network)
        _extractors[estimator] = network, extractor
    return extractor


def hold_out(labels: np.ndarray, sources: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Choose the cells of the validation side, whole sources together.

    Parameters
    ----------
    labels, sources : numpy.ndarray, shape (n,)
    share : float
        Of all cells, from 0 to below 1.
    seed : int

    Returns
    -------
    numpy.ndarray of bool, shape (n,)

    Raises
    ------
    InputError
        If no cell is held out, or no cell of some class is left to train on.
    """
    held_out = splitting.validation_side(
        labels.tolist(), sources.tolist(), np.arange(len(labels)), share, seed
    )
    if share and not held_out.any():
        raise InputError(
            f"validation: {share} of a class is less than a source holds; raise it, or add sources"
        )
    missing = np.setdiff1d(labels, labels[~held_out])
    if len(missing):
        raise InputError(
            f"validation: {share} leaves no cell of class '{missing[0]}' to train on; lower it, or "
            "add cells of other sources"
        )
    return held_out


def train(
    parameters: Parameters, images: np.ndarray, targets: np.ndarray, held_out: np.ndarray
) -> tuple[keras.Model, dict[str, list[float]]]:
    """Build a network and fit it.

    Parameters
    ----------
    parameters : Parameters
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
    targets : numpy.ndarray of int64, shape (n,)
        Position of each image's class.
    held_out : numpy.ndarray of bool, shape (n,)
        Images that only choose the epoch.

    Returns
    -------
    network : keras.Model
    history : dict of str to list of float

    Raises
    ------
    InputError
        If the network is unknown, or the images are too small for it.
    """
    refuse_after_fork()
    # TensorFlow takes seconds to load.
    from hybrid_wbc.cnn.fitting import fit_network

    dropout, patience = parameters["dropout"], parameters["patience"]
    console = Console(stderr=True, quiet=not parameters["verbose"])
    with Reporter(console).job("training") as advance:
        return fit_network(
            Network(
                name=str(parameters["network"]),
                embedding_units=int(parameters["embedding_units"]),
                dropout=None if dropout is None else float(dropout),
                weights=str(parameters["weights"]),
            ),
            Training(
                epochs=int(parameters["epochs"]),
                batch_size=int(parameters["batch_size"]),
                learning_rate=float(parameters["learning_rate"]),
                schedule=parameters["schedule"],
                best_weights=patience is not None,
                patience=None if patience is None else int(patience),
            ),
            Augmentation(enabled=bool(parameters["augment"])),
            Rows.of(images, ~held_out),
            targets[~held_out],
            classes=int(targets.max()) + 1,
            seed=parameters["random_state"],
            validation=((Rows.of(images, held_out), targets[held_out]) if held_out.any() else None),
            advance=advance,
        )
