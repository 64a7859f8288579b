"""The seam between network and classifiers: what is written is read, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.classical.embeddings import Embeddings, complete
from hybrid_wbc.errors import InputError


@pytest.fixture
def embeddings() -> Embeddings:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 6)
    return Embeddings(
        X=rng.standard_normal((6, 5)).astype(np.float32),
        y=np.array([0, 1, 2, 0, 1, 2]),
        ids=np.array([f"neutrófilo/{number}.png" for number in range(6)]),
        sources=np.array(["smear 1", "smear 2"] * 3),
        split=np.array(["train", "train", "validation", "test", "test", "test"]),
        classes=np.array(["basophil", "lymphocyte", "neutrophil"]),
        probabilities=probabilities.astype(np.float32),
    )


def test_what_is_saved_is_loaded_with_its_types(embeddings: Embeddings, tmp_path: Path) -> None:
    path = tmp_path / "seed-0" / "embeddings.npz"
    embeddings.save(path)
    loaded = Embeddings.load(path)
    for field in fields(Embeddings):
        saved, read = getattr(embeddings, field.name), getattr(loaded, field.name)
        assert read.dtype == saved.dtype
        assert np.array_equal(read, saved)
    assert list(path.parent.iterdir()) == [path]


def test_a_subspace_is_kept_and_its_arrays_must_belong_together(
    embeddings: Embeddings, tmp_path: Path
) -> None:
    path = tmp_path / "embeddings.npz"
    assert embeddings.subspace is None
    whole = {
        "outside": np.linspace(0, 1, 6, dtype=np.float32),
        "centre": np.zeros(8, np.float32),
        "axes": np.eye(3, 8, dtype=np.float16),
    }
    replace(embeddings, **whole).save(path)
    subspace = Embeddings.load(path).subspace
    assert subspace is not None and subspace.axes.shape == (3, 8)
    for name, wrong in [
        ("outside", whole["outside"][:0]),
        ("outside", whole["outside"][:5]),
        ("centre", whole["centre"][:7]),
        ("axes", whole["axes"][:0]),
        ("axes", whole["axes"][0]),
    ]:
        replace(embeddings, **{**whole, name: wrong}).save(path)
        with pytest.raises(InputError, match="its arrays differ in length"):
            Embeddings.load(path)


def test_equal_embeddings_are_equal_bytes(embeddings: Embeddings, tmp_path: Path) -> None:
    first, again = tmp_path / "first.npz", tmp_path / "again.npz"
    embeddings.save(first)
    replace(embeddings, X=embeddings.X.copy()).save(again)
    assert first.read_bytes() == again.read_bytes()


def test_a_side_is_its_rows_alone(embeddings: Embeddings) -> None:
    X, y = embeddings.side("train")
    assert np.array_equal(X, embeddings.X[:2])
    assert y.tolist() == [0, 1]
    assert embeddings.side("validation")[1].tolist() == [2]


@pytest.mark.parametrize(
    ("second", "at_chance"),
    [([0.9, 0.1, 0.0], True), ([0.1, 0.9, 0.0], False), ([np.nan] * 3, True)],
)
def test_a_network_that_names_one_class_for_all_it_was_trained_on_is_at_chance(
    embeddings: Embeddings, second: list[float], at_chance: bool
) -> None:
    probabilities = embeddings.probabilities.copy()
    probabilities[:2] = [0.9, 0.1, 0.0], second
    assert replace(embeddings, probabilities=probabilities).is_at_chance == at_chance


def test_a_side_without_cells_is_empty(embeddings: Embeddings) -> None:
    whole = replace(embeddings, split=np.array(["train"] * 6))
    X, y = whole.side("test")
    assert (X.shape, y.shape) == ((0, 5), (0,))


def test_a_missing_file_names_the_stage_to_run(tmp_path: Path) -> None:
    path = tmp_path / "embeddings.npz"
    with pytest.raises(InputError, match=r"embeddings\.npz: missing; run the extract stage first"):
        Embeddings.load(path)


def write_text(path: Path) -> None:
    path.write_text("these are no embeddings")


def write_other_arrays(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, images=np.zeros(3))


def write_pickled_objects(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **{field.name: np.array([{}, None]) for field in fields(Embeddings)})


@pytest.mark.parametrize("write", [write_text, write_other_arrays, write_pickled_objects])
def test_a_file_of_something_else_is_refused(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "embeddings.npz"
    write(path)
    with pytest.raises(InputError, match=r"embeddings\.npz: not a file of embeddings"):
        Embeddings.load(path)


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((6, 5)))


@pytest.mark.parametrize("write", [write_nothing, write_one_array])
def test_an_empty_file_or_a_bare_array_is_refused(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "embeddings.npz"
    write(path)
    with pytest.raises(InputError, match=r"embeddings\.npz: not a file of embeddings"):
        Embeddings.load(path)


def test_a_file_that_breaks_off_is_refused(embeddings: Embeddings, tmp_path: Path) -> None:
    path = tmp_path / "embeddings.npz"
    embeddings.save(path)
    whole = path.read_bytes()
    for kept in (10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(InputError, match="not a file of embeddings"):
            Embeddings.load(path)


@pytest.mark.parametrize("column", ["X", "y", "ids", "sources", "split", "probabilities"])
def test_arrays_of_differing_lengths_are_refused(
    embeddings: Embeddings, tmp_path: Path, column: str
) -> None:
    path = tmp_path / "embeddings.npz"
    replace(embeddings, **{column: getattr(embeddings, column)[:-1]}).save(path)
    with pytest.raises(InputError, match=r"embeddings\.npz: its arrays differ in length"):
        Embeddings.load(path)


def with_hand_made(embeddings: Embeddings) -> Embeddings:
    missing = np.zeros((6, 2), dtype=bool)
    missing[5, 1] = True
    names = np.array(["cell area", "nucleus area"])
    return replace(embeddings, hand_made=names, missing=missing)


def test_hand_made_features_have_names_and_know_what_is_missing(
    embeddings: Embeddings, tmp_path: Path
) -> None:
    path = tmp_path / "embeddings.npz"
    with_hand_made(embeddings).save(path)
    loaded = Embeddings.load(path)
    assert loaded.learned == 3
    assert loaded.names == ["feature 1", "feature 2", "feature 3", "cell area", "nucleus area"]
    assert np.isnan(loaded.measured).sum() == 1
    assert np.isnan(loaded.measured[5, 1])
    assert embeddings.names == [f"feature {number}" for number in range(1, 6)]
    assert embeddings.measured.shape == (6, 0)


def test_a_file_of_a_version_without_hand_made_features_is_read(
    embeddings: Embeddings, tmp_path: Path
) -> None:
    path = tmp_path / "embeddings.npz"
    kept = {field.name: getattr(embeddings, field.name) for field in fields(Embeddings)}
    del kept["hand_made"], kept["missing"]
    np.savez(path, **kept)
    assert Embeddings.load(path).learned == 5


def test_names_without_their_marks_of_what_is_missing_are_refused(
    embeddings: Embeddings, tmp_path: Path
) -> None:
    path = tmp_path / "embeddings.npz"
    replace(embeddings, hand_made=np.array(["cell area"])).save(path)
    with pytest.raises(InputError, match="differ in length"):
        Embeddings.load(path)


def test_without_a_network_nothing_is_at_chance(embeddings: Embeddings) -> None:
    alone = replace(embeddings, probabilities=np.empty((6, 0), np.float32))
    assert not alone.has_softmax
    assert not alone.is_at_chance


def test_medians_of_the_known_stand_in_and_what_nobody_knows_is_refused() -> None:
    known = np.array([[1.0, 5.0], [3.0, np.nan], [8.0, 7.0]])
    asked = np.array([[np.nan, 2.0], [4.0, np.nan]])
    assert complete(asked, known, ["a", "b"]).tolist() == [[3.0, 2.0], [4.0, 6.0]]
    assert np.isnan(asked).sum() == 2
    with pytest.raises(InputError, match="features: b could be measured in none of the 2"):
        complete(asked, np.array([[1, np.nan], [2, np.nan]]), ["a", "b"])
