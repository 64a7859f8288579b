"""A network that was trained on other cells, made ready for these: its features, and new layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hybrid_wbc.cnn import extraction, storage
from hybrid_wbc.cnn.networks import EMBEDDING, GIVEN_EMBEDDING
from hybrid_wbc.cnn.views import averaged, compiled
from hybrid_wbc.cnn.weights import keras_file
from hybrid_wbc.errors import InputError

_FEATURES, _CLASS_LAYER = "features", "class_layer"
# scikit-learn's C: the features before the embedding are a thousand and more for some dozens of
# cells, an embedding has few. (On LISC-sized draws of PBC, C from 0.0001 to 0.01 on the features
# changed the mean accuracies of KNN, SVM and forest by less than 0.007.)
_STRENGTH_ON_FEATURES, _STRENGTH_ON_EMBEDDING = 0.01, 1.0


@dataclass(frozen=True)
class Linear:
    """A linear layer: what is multiplied with the kernel, to which the bias is added.

    Parameters
    ----------
    kernel : numpy.ndarray of float32, shape (d, k)
    bias : numpy.ndarray of float32, shape (k,)
    """

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Give one score a class, float32, shape (n, k)."""
        return X @ self.kernel + self.bias


@dataclass(frozen=True)
class Described:
    """What a lent network says of n cells.

    Parameters
    ----------
    features : numpy.ndarray of float32, shape (n, d)
        What stands before its embedding, or before its class layer where it has no embedding.
    embedding : numpy.ndarray of float32, shape (n, u)
        With u = 0 where it has none.
    """

    features: np.ndarray
    embedding: np.ndarray


def load(path: Path) -> keras.Model:
    """Read a network that this program trained, from its own file or out of a `.hybrid`.

    Raises
    ------
    InputError
        If the file holds no whole network of this program: weights alone do not say what they are.
    """
    if path.name.endswith(".weights.h5"):
        raise InputError(
            f"network.weights: {path}: holds weights without their network; give a run, its "
            "cnn.keras or a .hybrid"
        )
    with keras_file(path) as file:
        model = storage.load(file)
    names = {layer.name for layer in model.layers}
    if not names & {EMBEDDING, _CLASS_LAYER}:
        raise InputError(
            f"network.weights: {path}: has neither a layer '{EMBEDDING}' nor '{_CLASS_LAYER}'; "
            "give a network that this program trained"
        )
    return model


def describe(
    model: keras.Model,
    images: np.ndarray,
    *,
    views: int,
    progress: Callable[[int, int], None] | None = None,
) -> Described:
    """Run a lent network over images up to what its last layers take.

    Parameters
    ----------
    model : keras.Model
        As `load` gives it.
    images : numpy.ndarray of uint8, shape (n, height, width, 3)
    views, progress
        As for `extraction.extract`.

    Returns
    -------
    Described
    """
    asked = {_FEATURES: _features_of(model)}
    if extraction.has_embedding(model):
        asked[EMBEDDING] = model.get_layer(EMBEDDING).output
    answer = compiled(keras.Model(model.input, asked))
    said = averaged(answer, images, views=views, progress=progress)
    nothing = np.empty((len(images), 0), np.float32)
    return Described(said[_FEATURES], said.get(EMBEDDING, nothing))


def fit_linear(X: np.ndarray, labels: np.ndarray, *, classes: int, on_embedding: bool) -> Linear:
    """Fit a linear layer to frozen numbers: multinomial logistic regression, standardised.

    Parameters
    ----------
    X : numpy.ndarray of float32, shape (n, d)
        Of the training side.
    labels : numpy.ndarray of int, shape (n,)
        With a cell of every class.
    classes : int
    on_embedding : bool
        Whether X is an embedding, which needs less shrinkage than the features before it.

    Returns
    -------
    Linear
        One score for each class.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [0.0, 2.0], [1.0, 1.0], [1.0, 2.0]], np.float32)
    >>> layer = fit_linear(X, np.array([0, 0, 1, 1]), classes=2, on_embedding=True)
    >>> layer(X).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """
    strength = _STRENGTH_ON_EMBEDDING if on_embedding else _STRENGTH_ON_FEATURES
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
    fitted.fit(X.astype(np.float64), labels)
    scaler, logistic = fitted
    weights, bias = logistic.coef_.T, logistic.intercept_
    if classes == 2:  # scikit-learn keeps the score of the second class alone
        weights, bias = weights * [[-0.5, 0.5]], bias * [-0.5, 0.5]
    kernel = weights / scaler.scale_[:, None]
    return Linear(kernel.astype(np.float32), (bias - scaler.mean_ @ kernel).astype(np.float32))


def with_given_embedding(model: keras.Model, layer: Linear) -> keras.Model:
    """Keep a network up to its embedding, and let a linear layer name these classes.

    Parameters
    ----------
    model : keras.Model
        Has an embedding.
    layer : Linear
        Fitted on the embedding, of u units.

    Returns
    -------
    keras.Model
        Shares the weights. With as many classes as units the embedding stays as it is; else the
        linear layer, of one unit a class, is the new embedding, so that the number of features
        does not depend on the network that is lent.
    """
    given = model.get_layer(EMBEDDING)
    if layer.kernel.shape[0] == layer.kernel.shape[1]:
        return _ended(model, _dense(layer, _CLASS_LAYER)(given.output))
    kept = _dense(Linear(*given.get_weights()), GIVEN_EMBEDDING)(_features_of(model))
    return _ended(model, _dense(layer, EMBEDDING)(kept))


def with_new_embedding(model: keras.Model, layer: Linear) -> keras.Model:
    """Keep a network up to what stands before its embedding, and put a linear layer there.

    Parameters
    ----------
    model : keras.Model
    layer : Linear
        Fitted on those features. Its scores are the embedding, and the class scores as well.

    Returns
    -------
    keras.Model
        Shares the weights.
    """
    return _ended(model, _dense(layer, EMBEDDING)(_features_of(model)))


def _features_of(model: keras.Model) -> keras.KerasTensor:
    last = EMBEDDING if extraction.has_embedding(model) else _CLASS_LAYER
    return model.get_layer(last).input


def _dense(layer: Linear, name: str) -> layers.Dense:
    made = layers.Dense(layer.kernel.shape[1], name=name, dtype="float32")
    made.build((None, layer.kernel.shape[0]))
    made.set_weights([layer.kernel, layer.bias])
    return made


def _ended(model: keras.Model, scores: keras.KerasTensor) -> keras.Model:
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(scores)
    return keras.Model(model.input, probabilities, name=model.name)
