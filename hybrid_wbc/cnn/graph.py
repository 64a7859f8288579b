"""A trained network as a graph of ONNX, from prepared pixels to the embedding and the softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from hybrid_wbc.cnn.extraction import answering, has_embedding
from hybrid_wbc.config.names import OPERATORS

if TYPE_CHECKING:
    import onnx

PIXELS, EMBEDDING, PROBABILITIES = "pixels", "embedding", "probabilities_cnn"
# For the classifiers: in float32 some trees of a forest would take another way.
EMBEDDING_DOUBLE = "embedding_double"


def to_onnx(model: keras.Model, *, views: int = 1) -> onnx.ModelProto:
    """Convert a network.

    Parameters
    ----------
    model : keras.Model
        Of any network of `hybrid_wbc.cnn.networks`.
    views : int
        1, or 8 for the mean over the quarter-turns and mirror images of each picture, as
        `hybrid_wbc.cnn.extraction.extract` takes them.

    Returns
    -------
    onnx.ModelProto
        Takes `pixels`, uint8 of shape (n, height, width, 3), and gives `probabilities_cnn`, float32
        of shape (n, classes), and, where the network has an embedding layer, `embedding`, float32
        of shape (n, d), and the same in float64 as `embedding_double`.
    """
    import tf2onnx  # of the extra `[onnx]`

    both = answering(model)
    pixels = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8, name=PIXELS)

    def turned(images: tf.Tensor) -> Sequence[tf.Tensor]:
        if views == 1:
            return [images]
        turns = [images]
        for _ in range(3):
            # A quarter-turn is a transposition and a reflection.
            turns.append(tf.reverse(tf.transpose(turns[-1], (0, 2, 1, 3)), axis=[1]))
        return [*turns, *(tf.reverse(each, axis=[2]) for each in turns)]

    @tf.function(input_signature=[pixels], autograph=False)
    def answer(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = [both(view, training=False) for view in turned(tf.cast(pixels, tf.float32))]
        mean = {name: sum(each[name] for each in answers) / len(answers) for name in answers[0]}
        given = {PROBABILITIES: mean["probabilities"]}
        if has_embedding(model):
            given[EMBEDDING] = mean["embedding"]
            given[EMBEDDING_DOUBLE] = tf.cast(mean["embedding"], tf.float64)
        return given

    graph, _ = tf2onnx.convert.from_function(answer, input_signature=[pixels], opset=OPERATORS[""])
    return graph
