import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import extraction, networks, storage
from hybrid_wbc.errors import InputError


@pytest.fixture(scope="module")
def model():
    return networks.build("wbc23", input_size=(32, 32), classes=4, seed=1)


def test_truncated_network_gives_five_numbers_by_the_layers_name(model, discs):
    cut = extraction.truncate(model)
    assert cut.output_shape == (None, 5)
    assert cut.layers[-1].name == "embedding"


def test_a_network_without_an_embedding_cannot_be_truncated():
    plain = networks.build("table60", input_size=(60, 60), classes=4, embedding="none")
    with pytest.raises(InputError, match="no layer named 'embedding'"):
        extraction.truncate(plain)


def test_batches_do_not_change_what_is_extracted(model, discs):
    images, _ = discs
    seen = []
    small = extraction.extract(model, images, batch_size=7, progress=lambda *at: seen.append(at))
    whole = extraction.extract(model, images)
    assert small[0].shape == (36, 5) and small[1].shape == (36, 4)
    assert small[0].dtype == np.float32
    for a, b in zip(small, whole, strict=True):
        assert np.allclose(a, b, atol=1e-5)
    assert seen[-1] == (36, 36)


def test_what_the_embedding_is_made_of_is_measured_as_the_mean_of_the_views(model, discs):
    images = discs[0][:5]
    extractor = extraction.Extractor(model)
    kernel, bias = model.get_layer("embedding").get_weights()
    features = extractor.features(images)
    assert np.allclose(features @ kernel + bias, extraction.extract(model, images)[0], atol=1e-4)
    seen = []

    def first(features):
        seen.append(features.shape)
        return features[:, 0]

    said = extractor(images, views=8, batch_size=3, outside=first)
    turned = [np.rot90(images, turns, axes=(1, 2)) for turns in range(4)]
    views = [*turned, *(view[:, :, ::-1] for view in turned)]
    expected = np.mean([extractor.features(view)[:, 0] for view in views], axis=0)
    assert said.outside == pytest.approx(expected, abs=1e-4)
    assert seen == [(3, features.shape[1]), (2, features.shape[1])]
    assert extractor(images).outside is None


def test_a_network_without_an_embedding_measures_nothing_before_it(discs):
    plain = networks.build("table60", input_size=(32, 32), classes=4, embedding="none")
    extractor = extraction.Extractor(plain)
    assert not extractor.has_features
    assert extractor(discs[0][:2]).outside is None


def test_probabilities_follow_from_the_embedding(model, discs):
    images, _ = discs
    embeddings, probabilities = extraction.extract(model, images)
    kernel, bias = model.get_layer("class_layer").get_weights()
    logits = embeddings @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.allclose(probabilities, expected, atol=1e-5)


def test_eight_views_do_not_depend_on_how_a_cell_lies(model, discs):
    images, _ = discs
    upright, _ = extraction.extract(model, images, views=8)
    turned, _ = extraction.extract(model, np.rot90(images, axes=(1, 2)), views=8)
    mirrored, _ = extraction.extract(model, images[:, ::-1], views=8)
    assert np.allclose(upright, turned, atol=1e-4)
    assert np.allclose(upright, mirrored, atol=1e-4)
    assert not np.allclose(upright, extraction.extract(model, images)[0], atol=1e-4)


def test_eight_views_are_the_mean_of_eight_pictures_however_many_are_asked_at_once(model, discs):
    images = discs[0][:5]
    turned = [np.rot90(images, turns, axes=(1, 2)) for turns in range(4)]
    views = [*turned, *(view[:, :, ::-1] for view in turned)]
    # Keras' own answers, of one view at a time.
    singly = keras.Model(model.input, [model.get_layer("embedding").output, model.output])
    each = [singly.predict_on_batch(np.ascontiguousarray(view)) for view in views]
    for batch_size in (1, 3, 12, 256):
        for layer, said in enumerate(
            extraction.extract(model, images, views=8, batch_size=batch_size)
        ):
            expected = np.mean([answer[layer] for answer in each], axis=0)
            assert np.allclose(said, expected, atol=1e-5)


def test_a_kept_network_gives_the_same_embeddings_and_the_same_bytes(model, discs, tmp_path):
    images, _ = discs
    storage.save(model, tmp_path / "a.keras")
    again = storage.load(tmp_path / "a.keras")
    assert np.array_equal(model.predict(images, verbose=0), again.predict(images, verbose=0))
    twin = networks.build("wbc23", input_size=(32, 32), classes=4, seed=1)
    storage.save(twin, tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    keras.saving.load_model(tmp_path / "a.keras")  # and Keras alone can read it


def test_a_missing_or_broken_network_is_a_users_error(tmp_path):
    with pytest.raises(InputError, match="run the train stage first"):
        storage.load(tmp_path / "cnn.keras")
    (tmp_path / "cnn.keras").write_bytes(b"not a network")
    with pytest.raises(InputError, match="cannot be read as a network"):
        storage.load(tmp_path / "cnn.keras")


def test_a_network_that_diverged_is_named_with_what_to_do(discs):
    images, _ = discs
    broken = networks.build("wbc23", input_size=(32, 32), classes=4, seed=1)
    layer = broken.get_layer("embedding")
    layer.set_weights([np.full_like(weight, np.nan) for weight in layer.get_weights()])
    with pytest.raises(InputError, match="no finite numbers for 36 of 36 images: the training"):
        extraction.extract(broken, images)


def test_a_network_without_an_embedding_gives_its_softmax_alone(discs):
    images, _ = discs
    plain = networks.build("table60", input_size=(32, 32), classes=4, embedding="none")
    embeddings, probabilities = extraction.extract(plain, images, views=8)
    assert embeddings.shape == (len(images), 0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_diverged_network_without_an_embedding_is_refused(discs):
    images, _ = discs
    plain = networks.build("table60", input_size=(32, 32), classes=4, embedding="none")
    plain.set_weights([np.full_like(weights, np.nan) for weights in plain.get_weights()])
    with pytest.raises(InputError, match="the training diverged"):
        extraction.extract(plain, images)
