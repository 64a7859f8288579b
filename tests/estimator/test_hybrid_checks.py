"""scikit-learn's own checks of `HybridClassifier`: as it is, and with its rows drawn as images.

scikit-learn skips every check of an estimator that takes no 2-D arrays. Here it is told otherwise:
once to run what needs no data, or should end in an error; and once with the rows of numbers that
the checks feed drawn as images, so that all the rest is run as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_array

from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.estimator import inputs
from hybrid_wbc.estimator.hybrid import HybridClassifier

NUMBERS = "it feeds rows of numbers, and the estimator takes only uint8 images or paths"
MESSAGE = "it expects an error about rows of numbers; here the error is that they are no images"
AS_IT_IS = {
    name: reason
    for reason, names in {
        NUMBERS: """fit_score_takes_y estimators_overwrite_params dont_overwrite_parameters
            estimators_fit_returns_self readonly_memmap_input n_features_in_after_fitting
            positive_only_tag_during_fit estimators_dtypes dtype_object pipeline_consistency
            estimator_sparse_tag estimators_pickle f_contiguous_array_estimator
            classifier_data_not_an_array classifiers_one_label classifiers_classes
            classifiers_train supervised_y_2d decision_proba_consistency
            transformer_data_not_an_array transformer_general methods_sample_order_invariance
            methods_subset_invariance dict_unchanged fit_idempotent fit_check_is_fitted
            n_features_in fit2d_predict1d""",
        MESSAGE: """complex_data estimators_empty_data_messages estimators_nan_inf
            estimator_sparse_array estimator_sparse_matrix classifiers_regression_target
            fit2d_1sample fit2d_1feature requires_y_none""",
    }.items()
    for name in (f"check_{short}" for short in names.split())
}
WIDTH = "images are resized, so there is no number of features to remember or compare"
DRAWN = {
    "check_n_features_in": WIDTH,
    "check_n_features_in_after_fitting": WIDTH,
    "check_transformer_general": WIDTH,
    "check_classifiers_train": "an answer is the SVM's own, which need not be the likeliest class",
    "check_methods_subset_invariance": "float32 sums depend on the batch in their last digits",
}


class Checked(HybridClassifier):
    """Told to scikit-learn to be one that takes 2-D arrays, or none of its checks would run."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


def draw(X: Any, pixels: Pixels) -> np.ndarray:
    """Draw each row of numbers as an image with a grey stripe for each of them."""
    rows = check_array(X, dtype=np.float64)
    grey = np.rint(127.5 + 127.5 * np.tanh(rows / 4)).astype(np.uint8)
    size = pixels.size
    stripes = grey[:, np.arange(size) % rows.shape[1]]
    return np.broadcast_to(stripes[:, None, :, None], (len(rows), size, size, 3))


@pytest.fixture
def rows_drawn_as_images(monkeypatch):
    """Draw what is fed, for a network that is a single layer and so trained in a blink."""
    import tensorflow as tf
    from keras import layers

    from hybrid_wbc.cnn import networks

    flat = networks.Network(lambda x, *_: layers.Flatten()(x), False, 0.0)
    monkeypatch.setitem(networks.NETWORKS, "flat", flat)
    monkeypatch.setattr(inputs, "read_images", draw)
    tf.config.run_functions_eagerly(True)  # compiling would take longer than running
    yield
    tf.config.run_functions_eagerly(False)


@parametrize_with_checks([Checked()], expected_failed_checks=lambda _: AS_IT_IS, xfail_strict=True)
def test_scikit_learns_checks_as_it_is(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [Checked(network="flat", size=16, epochs=3, learning_rate=0.01, augment=False)],
    expected_failed_checks=lambda _: DRAWN,
    xfail_strict=True,
)
def test_scikit_learns_checks_with_rows_drawn_as_images(estimator, check, rows_drawn_as_images):
    check(estimator)
