import urllib.error
import zipfile

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state
from keras.src.utils import file_utils

from hybrid_wbc.cnn import networks, storage, weights
from hybrid_wbc.cnn.applications import APPLICATIONS
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import seal, write_archive


def build(name="table60", seed=0, classes=3, size=32, **settings):
    return networks.build(name, input_size=(size, size), classes=classes, seed=seed, **settings)


def same(first, second):
    return all(
        np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
    )


@pytest.fixture
def no_connection(monkeypatch, tmp_path):
    def refuse(url, *_):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(file_utils, "urlretrieve", refuse)
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path / "keras"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_a_file_of_the_same_network_gives_all_its_weights(suffix, tmp_path):
    trained = build(seed=5)
    path = tmp_path / f"trained{suffix}"
    trained.save(path) if suffix == ".keras" else trained.save_weights(path)
    assert same(build(seed=0, weights=str(path)), trained)


def test_a_run_folders_network_can_be_started_from(tmp_path):
    trained = build("wbc23", seed=5)
    storage.save(trained, tmp_path / "cnn.keras")
    assert same(build("wbc23", weights=str(tmp_path / "cnn.keras")), trained)


def test_a_hybrid_file_gives_the_weights_of_its_network_unless_a_byte_was_changed(tmp_path):
    trained = build("wbc23", seed=5)
    storage.save(trained, tmp_path / "cnn.keras")
    members = {"settings.json": b"{}", "cnn.keras": (tmp_path / "cnn.keras").read_bytes()}
    path = tmp_path / "mine.hybrid"
    path.write_bytes(seal(write_archive(members)))
    assert same(build("wbc23", weights=str(path)), trained)
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 40).astype(int).tolist():
        changed = bytes([content[place] ^ 1])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        with pytest.raises(InputError, match=r"mine\.hybrid: damaged"):
            build("wbc23", weights=str(path))
    path.write_bytes(write_archive(members))
    with pytest.raises(InputError, match="no file that `save` wrote; save it again"):
        build("wbc23", weights=str(path))


def test_a_file_for_other_classes_gives_all_but_the_embedding_and_class_layer(tmp_path):
    path = tmp_path / "trained.keras"
    trained = build(seed=5, classes=8)
    trained.save(path)
    drawn, started = build(seed=1), build(seed=1, weights=str(path))
    for layer in started.layers:
        origin = drawn if layer.name in {"embedding", "class_layer"} else trained
        assert same(layer, origin.get_layer(layer.name))


def test_a_file_of_the_backbone_alone_gives_the_backbone(tmp_path):
    path = tmp_path / "mobilenet.weights.h5"
    alone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
    alone.save_weights(path)
    started = build("mobilenetv2", weights=str(path))
    assert same(started.get_layer("backbone"), alone)


def test_weights_from_a_file_are_frozen_where_the_paper_freezes_them(tmp_path):
    path = str(tmp_path / "trained.weights.h5")
    build("vgg16").save_weights(path)
    assert not build("vgg16", weights=path).get_layer("backbone").trainable
    assert build("vgg16", weights=path, backbone="trained").get_layer("backbone").trainable
    assert not networks.NETWORKS["vgg19at50"].freezes_backbone


@pytest.mark.parametrize("other", ["cnn50", "wbc23"])
@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_a_file_of_another_network_is_refused(other, suffix, tmp_path):
    path = tmp_path / f"other{suffix}"
    model = build(other)
    model.save(path) if suffix == ".keras" else model.save_weights(path)
    with pytest.raises(InputError, match=r"another network than 'table60' at 32×32 pixels; set"):
        build(weights=str(path))


def test_a_file_of_the_network_at_another_size_is_refused_where_a_dense_layer_differs(tmp_path):
    path = tmp_path / "larger.weights.h5"
    build(size=48).save_weights(path)
    with pytest.raises(
        InputError, match=r"network\.name, network\.width and data\.size as they were"
    ):
        build(weights=str(path))


def test_a_deeper_backbones_weights_do_not_pass_for_a_shallower_ones(tmp_path):
    path = tmp_path / "deeper.weights.h5"
    build("vgg19").save_weights(path)
    with pytest.raises(InputError, match="another network than 'vgg16'"):
        build("vgg16", weights=str(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.h5", None, "received .*, give none, imagenet or a file that ends in .keras, "),
        ("broken.hybrid", b"no archive", "broken.hybrid: damaged, or no file that `save` wrote"),
        ("gone.keras", None, "gone.keras: missing; give a file, imagenet or none"),
        ("broken.keras", b"not a network", "broken.keras: cannot be read as weights"),
        ("broken.weights.h5", b"not weights", "broken.weights.h5: cannot be read as weights"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(name, content, message, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as refusal:
        build(weights=str(tmp_path / name))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["broken.keras", "broken.weights.h5"])
def test_half_a_file_of_weights_is_refused(name, tmp_path):
    whole = build()
    whole.save(tmp_path / name) if name.endswith(".keras") else whole.save_weights(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cannot be read as weights"):
        build(weights=str(tmp_path / name))


def test_an_archive_without_weights_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("notes.txt", "no weights here")
    with pytest.raises(InputError, match="cannot be read as weights"):
        build(weights=str(tmp_path / "other.keras"))


def test_there_are_no_imagenet_weights_for_a_papers_own_network():
    with pytest.raises(InputError, match="none of ImageNet for 'wbc23'; set none, a file, or netw"):
        build("wbc23", weights="imagenet")


def test_without_a_connection_the_error_says_which_file_belongs_where(no_connection, tmp_path):
    with pytest.raises(InputError) as refusal:
        build("vgg16", weights="imagenet")
    message = str(refusal.value)
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in message
    assert f"put it into {tmp_path / 'keras' / 'models'}, from https://storage." in message
    assert "MD5 6d6bbae143d832006294945121d1f1fc" in message
    assert "weights: none" in message and "\n" not in message


def test_a_file_without_a_checksum_is_said_to_have_none(no_connection):
    with pytest.raises(InputError, match="Keras knows no checksum of it"):
        weights.load_imagenet("mobilenetv2", build())


def test_dense_layers_of_imagenet_fit_one_size_only(no_connection):
    with pytest.raises(InputError, match=r"received 32, .* with ImageNet weights takes 224"):
        weights.load_imagenet("vgg19 with dense layers", build())


@pytest.fixture
def without_memory():
    """Build networks whose weights are never drawn: one would take half a gigabyte."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    global_state.set_global_attribute("uninitialized_variables", [])


@pytest.mark.parametrize("application", APPLICATIONS)
def test_the_files_are_those_that_keras_asks_for(application, monkeypatch, without_memory):
    asked = []

    def record(file, url, cache_subdir, file_hash=None):
        asked.append((file, url, cache_subdir, file_hash))
        raise RuntimeError("enough")

    monkeypatch.setattr(file_utils, "get_file", record)
    chosen = APPLICATIONS[application]
    with pytest.raises(RuntimeError, match="enough"):
        chosen.build((224, 224), "imagenet")
    assert asked == [(chosen.url.rsplit("/", 1)[1], chosen.url, "models", chosen.md5)]


def test_nothing_is_asked_of_the_network_unless_imagenet_is(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("a file was asked for")

    monkeypatch.setattr(file_utils, "get_file", fail)
    build("vgg16")


def test_imagenet_weights_are_those_that_keras_loads(monkeypatch, tmp_path):
    application, path = APPLICATIONS["mobilenetv2"], tmp_path / "from-keras.weights.h5"
    original = application.build((48, 48), None)
    original.save_weights(path)
    monkeypatch.setattr(file_utils, "get_file", lambda *_, **__: path)
    model = build("mobilenetv2", size=48, weights="imagenet")
    backbone = model.get_layer("backbone")
    assert not backbone.trainable
    images = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3)).astype(np.float32)
    ours = np.asarray(backbone(model.get_layer("scaling")(images)))
    expected = np.asarray(original(application.preprocess(images.copy())))
    assert ours == pytest.approx(expected, abs=1e-5)
