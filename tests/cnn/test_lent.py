"""A network trained elsewhere gives its features, and takes new layers, without a training."""

import json

import keras
import numpy as np
import pytest

from hybrid_wbc.cnn import lent, networks, storage
from hybrid_wbc.cnn.extraction import Extractor, extract
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import seal, write_archive


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("given") / "cnn.keras"
    storage.save(networks.build("table60", input_size=(32, 32), classes=5, seed=0), path)
    return path


@pytest.fixture(scope="module")
def described(path, discs):
    return lent.describe(lent.load(path), discs[0], views=8)


def test_an_embedding_with_a_unit_a_class_stays_as_it_is(path, discs, described):
    images, labels = discs
    five = np.arange(len(labels)) % 5
    layer = lent.fit_linear(described.embedding, five, classes=5, on_embedding=True)
    model = lent.with_given_embedding(lent.load(path), layer)
    X, probabilities = extract(model, images, views=8)
    np.testing.assert_array_equal(X, described.embedding)
    assert probabilities.shape == (len(images), 5)


def test_an_embedding_of_another_number_of_units_gets_one_a_class(path, discs, described):
    images, labels = discs
    layer = lent.fit_linear(described.embedding, labels, classes=3, on_embedding=True)
    X, _ = extract(lent.with_given_embedding(lent.load(path), layer), images, views=8)
    np.testing.assert_allclose(X, layer(described.embedding), atol=1e-4)
    assert X.shape[1] == 3


def test_what_a_lent_embedding_is_made_of_stays_the_wide_features(path, discs, described):
    images, labels = discs
    layer = lent.fit_linear(described.embedding, labels, classes=3, on_embedding=True)
    model = lent.with_given_embedding(lent.load(path), layer)
    features = Extractor(model).features(images, views=8)
    np.testing.assert_allclose(features, described.features, atol=1e-4)


def test_a_new_embedding_is_the_linear_layer_on_what_stands_before_the_given_one(
    path, discs, described
):
    images, labels = discs
    layer = lent.fit_linear(described.features, labels, classes=3, on_embedding=False)
    model = lent.with_new_embedding(lent.load(path), layer)
    X, probabilities = extract(model, images, views=8)
    np.testing.assert_allclose(X, layer(described.features), atol=1e-4)
    assert np.mean(probabilities.argmax(axis=1) == labels) > 0.9
    given = lent.load(path)
    kept = [layer.name for layer in model.layers if layer.weights and layer.name != "embedding"]
    assert kept
    for name in kept:
        mine, theirs = (network.get_layer(name).get_weights() for network in (model, given))
        assert all(np.array_equal(*pair) for pair in zip(mine, theirs, strict=True))


def test_a_network_with_new_layers_is_kept_and_read_again(path, discs, described, tmp_path):
    images, labels = discs
    layer = lent.fit_linear(described.embedding, labels, classes=3, on_embedding=True)
    model = lent.with_given_embedding(lent.load(path), layer)
    storage.save(model, tmp_path / "cnn.keras")
    X, _ = extract(storage.load(tmp_path / "cnn.keras"), images)
    np.testing.assert_array_equal(X, extract(model, images)[0])


def test_two_classes_have_a_score_each():
    X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    layer = lent.fit_linear(X, y, classes=2, on_embedding=True)
    assert layer(X).shape == (40, 2)
    assert np.mean(layer(X).argmax(axis=1) == y) > 0.9


def test_a_network_without_an_embedding_gives_its_features_alone(tmp_path, discs):
    model = networks.build("table60", input_size=(32, 32), classes=3, embedding="none")
    storage.save(model, tmp_path / "cnn.keras")
    described = lent.describe(lent.load(tmp_path / "cnn.keras"), discs[0][:4], views=1)
    assert described.embedding.shape == (4, 0)
    assert described.features.shape[1] == model.get_layer("class_layer").input.shape[1]


def test_the_network_within_a_hybrid_file_is_read(path, tmp_path):
    members = {"settings.json": json.dumps({}).encode(), "cnn.keras": path.read_bytes()}
    (tmp_path / "mine.hybrid").write_bytes(seal(write_archive(members)))
    given, read = lent.load(path), lent.load(tmp_path / "mine.hybrid")
    for mine, theirs in zip(given.get_weights(), read.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_hybrid_file_without_a_network_is_refused(tmp_path):
    (tmp_path / "mine.hybrid").write_bytes(seal(write_archive({"settings.json": b"{}"})))
    with pytest.raises(InputError, match=r"mine\.hybrid: damaged, or no file that `save` wrote"):
        lent.load(tmp_path / "mine.hybrid")


def test_weights_without_their_network_are_refused(tmp_path):
    (tmp_path / "body.weights.h5").write_bytes(b"")
    with pytest.raises(InputError, match="holds weights without their network"):
        lent.load(tmp_path / "body.weights.h5")


def test_a_network_that_this_program_did_not_make_is_refused(tmp_path):
    taken = keras.Input((8, 8, 3))
    foreign = keras.Model(taken, keras.layers.Flatten(name="flat")(taken))
    foreign.save(tmp_path / "foreign.keras")
    with pytest.raises(InputError, match="neither a layer 'embedding' nor 'class_layer'"):
        lent.load(tmp_path / "foreign.keras")
