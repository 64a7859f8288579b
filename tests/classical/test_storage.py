"""Kept classifiers: equal bytes for equal classifiers; changed and foreign files are refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.base import ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from hybrid_wbc.classical.classifiers import build, soft_vote
from hybrid_wbc.classical.extra import EXTRA
from hybrid_wbc.classical.storage import load, save
from hybrid_wbc.errors import InputError

NAMES = ["knn", "svm", "forest", "vote", *EXTRA]


def fitted(name: str, seed: int = 0) -> ClassifierMixin:
    rng = np.random.default_rng(7)
    X, y = rng.standard_normal((40, 5)).astype(np.float32), np.arange(40) % 3
    built = build(seed=seed, extra=[name] if name in EXTRA else [])
    if name == "vote":
        return soft_vote(built, y, np.arange(40).astype(str), seed=seed).fit(X, y)
    return built[name].fit(X, y)


def custom(X: np.ndarray) -> np.ndarray:
    return X


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_classifier_answers_as_the_one_saved(tmp_path: Path, name: str) -> None:
    path, classifier = tmp_path / "seed-0" / f"{name}.skops", fitted(name)
    loaded = load(path, save(classifier, path))
    others = np.random.default_rng(8).standard_normal((30, 5)).astype(np.float32)
    ask = "predict_proba" if hasattr(classifier, "predict_proba") else "decision_function"
    assert np.array_equal(loaded.predict(others), classifier.predict(others))
    assert np.array_equal(getattr(loaded, ask)(others), getattr(classifier, ask)(others))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", NAMES)
def test_an_equal_classifier_gives_equal_bytes(tmp_path: Path, name: str) -> None:
    first, second = fitted(name), fitted(name)  # both alive: no object shares its address
    checksums = [save(first, tmp_path / "first"), save(second, tmp_path / "second")]
    content = (tmp_path / "first").read_bytes()
    assert content == (tmp_path / "second").read_bytes()
    assert checksums == [hashlib.sha256(content).hexdigest()] * 2


@pytest.mark.parametrize("name", ["knn", "svm"])
def test_a_loaded_classifier_is_saved_as_the_same_bytes(tmp_path: Path, name: str) -> None:
    checksum = save(fitted(name), tmp_path / "first")
    assert save(load(tmp_path / "first", checksum), tmp_path / "second") == checksum


def test_another_classifier_gives_other_bytes(tmp_path: Path) -> None:
    first = save(fitted("forest"), tmp_path / "forest.skops")
    assert save(fitted("forest", seed=1), tmp_path / "forest.skops") != first


def test_a_missing_file_names_the_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"knn\.skops: missing; run the classify stage first"):
        load(tmp_path / "knn.skops", "0" * 64)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "knn.skops"
    checksum = save(fitted("knn"), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"knn\.skops: changed since it was written"):
        load(path, checksum)


def test_another_classifiers_file_is_refused(tmp_path: Path) -> None:
    checksum = save(fitted("knn"), tmp_path / "knn.skops")
    save(fitted("svm"), tmp_path / "knn.skops")
    with pytest.raises(InputError, match="changed since it was written"):
        load(tmp_path / "knn.skops", checksum)


def test_a_file_that_holds_a_function_of_ones_own_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "knn.skops"
    classifier = make_pipeline(FunctionTransformer(custom), fitted("knn"))
    checksum = save(classifier, path)
    with pytest.raises(InputError, match=r"knn\.skops: not loaded: .*custom") as caught:
        load(path, checksum)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_archive_is_refused_even_with_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "knn.skops"
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="not loaded: File is not a zip file"):
        load(path, hashlib.sha256(b"no archive").hexdigest())


def test_a_plain_skops_file_is_loaded_as_well(tmp_path: Path) -> None:
    path = tmp_path / "knn.skops"
    content = skops.io.dumps(fitted("knn"))
    path.write_bytes(content)
    others = np.zeros((1, 5), dtype=np.float32)
    loaded = load(path, hashlib.sha256(content).hexdigest())
    assert loaded.predict(others) == fitted("knn").predict(others)
