"""A fitted classifier as a graph of ONNX, from the embedding to a class and its probabilities."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING

from sklearn.base import ClassifierMixin
from sklearn.ensemble import VotingClassifier

from hybrid_wbc.config.names import OPERATORS

if TYPE_CHECKING:
    import onnx

FEATURES = "features"


def to_onnx(
    classifier: ClassifierMixin, *, features: int, label: str, probabilities: str
) -> onnx.ModelProto:
    """Convert a classifier.

    Parameters
    ----------
    classifier : scikit-learn classifier
        Fitted on positions of classes.
    features : int
        How many it takes.
    label, probabilities : str
        Names of the two outputs.

    Returns
    -------
    onnx.ModelProto
        Takes `features`, float64 of shape (n, features), and gives the class's position, int64 of
        shape (n,), and probabilities or scores, of shape (n, classes).

    Raises
    ------
    NotImplementedError, RuntimeError
        If skl2onnx cannot convert it.
    """
    import skl2onnx  # of the extra `[onnx]`
    from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType

    if isinstance(classifier, VotingClassifier):
        # Which says how `transform` stacks its members' answers; the converter refuses its default.
        classifier = copy.copy(classifier)
        classifier.flatten_transform = False
    with warnings.catch_warnings():
        # The converter looks at what scikit-learn 1.9 deprecates, and has no use of it here.
        warnings.simplefilter("ignore", FutureWarning)
        return skl2onnx.convert_sklearn(
            classifier,
            initial_types=[(FEATURES, DoubleTensorType([None, features]))],
            final_types=[
                (label, Int64TensorType([None])),
                (probabilities, DoubleTensorType([None, len(classifier.classes_)])),
            ],
            options={id(classifier): {"zipmap": False}},
            target_opset=dict(OPERATORS),
        )
