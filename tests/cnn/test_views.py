import keras
import numpy as np

from hybrid_wbc.cnn import views


def test_the_views_of_a_few_pictures_are_asked_about_together():
    asked = []

    def answer(pictures):
        asked.append(len(pictures))
        return {"sums": pictures.sum(axis=(1, 2)).astype(np.float32)}

    images = np.arange(5 * 2 * 2 * 3, dtype=np.uint8).reshape(5, 2, 2, 3)
    said = views.averaged(answer, images, views=8, batch_size=16)
    assert asked == [15, 15, 10]
    assert np.array_equal(said["sums"], images.sum(axis=(1, 2)))


def test_a_network_is_compiled_once_for_any_number_of_pictures(discs):
    images, _ = discs
    calls = []

    class Counted(keras.layers.Layer):
        def call(self, given):
            calls.append(given.shape)
            return given / 2

    inputs = keras.Input((32, 32, 3))
    made = keras.Model(inputs, {"halved": Counted()(inputs)})
    calls.clear()
    answer = views.compiled(made)
    for count in (1, 2, 7):
        assert np.allclose(answer(images[:count])["halved"], images[:count] / 2)
    assert calls == [(None, 32, 32, 3)]
