"""Owns the tests of the display of an embedding, as scikit-learn's displays are used."""

from __future__ import annotations

import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from hybrid_wbc import EmbeddingDisplay
from hybrid_wbc.errors import InputError
from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT

X = np.random.default_rng(0).standard_normal((20, 6))
LABELS = ["monocyte", "basophil"] * 10


def test_an_estimators_embedding_is_drawn_in_space_or_in_given_axes() -> None:
    estimator = PCA(5).fit(X)
    display = EmbeddingDisplay.from_estimator(estimator, X, LABELS)
    assert display.ax_.name == "3d" and display.figure_.axes == [display.ax_]
    axis = Figure().subplots()
    given = EmbeddingDisplay.from_estimator(estimator, X, LABELS, features=(2, 5), ax=axis)
    assert given.ax_ is axis and given.figure_ is axis.figure
    assert axis.get_ylabel() == "feature 5"
    basophils = estimator.transform(X)[1::2][:, [1, 4]]
    assert np.allclose(axis.collections[0].get_offsets(), basophils)
    assert repr(given) == "<EmbeddingDisplay: 20 cells, 5 features, 2 classes>"
    assert matplotlib.pyplot.get_fignums() == []


def test_given_flat_axes_take_the_first_two_features_and_say_synthetic() -> None:
    axis = Figure().subplots()
    display = EmbeddingDisplay.from_embedding(X, LABELS, ax=axis, synthetic=True)
    assert axis.get_xlabel() == "feature 1" and axis.get_title().startswith(SYNTHETIC_TEXT)
    again = display.plot(features=(1, 2, 3))
    assert again is display and display.ax_.name == "3d"
    assert SYNTHETIC_TEXT in display.figure_.get_suptitle()


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ((1, 7), "features: received 7; there are 6, choose from 1,2,3,4,5,6"),
        ((0, 1), "features: received 0"),
        ((2, 2), "features: received 2,2; name each feature once"),
        ((3,), "a scatter takes two or three"),
    ],
)
def test_features_that_cannot_be_drawn_are_refused(features, message) -> None:
    with pytest.raises(InputError, match=message):
        EmbeddingDisplay.from_embedding(X, LABELS, features=features)


def test_axes_that_do_not_fit_and_labels_too_few_are_refused() -> None:
    with pytest.raises(InputError, match="received 2-D axes for 3 features"):
        EmbeddingDisplay.from_embedding(X, LABELS, features=(1, 2, 3), ax=Figure().subplots())
    with pytest.raises(InputError, match="for 3 labels"):
        EmbeddingDisplay.from_embedding(X, LABELS[:3])
