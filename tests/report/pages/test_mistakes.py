"""Owns the tests of mistakes: which cells are shown, and that their neighbours are KNN's own."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hybrid_wbc.classical.classifiers import build
from hybrid_wbc.report.pages.mistakes import nearest

CLASSES = np.array(["basophil", "eosinophil", "monocyte"])


def drawn(count: int = 60, seed: int = 0) -> dict[str, Any]:
    """Draw cells whose third feature is far wider than the others, a third of them tested."""
    generator = np.random.default_rng(seed)
    y = np.arange(count) % 3
    X = generator.normal(y[:, None], 1, size=(count, 5)) * [1, 1, 1000, 1, 1]
    split = np.where(np.arange(count) % 3 == generator.integers(3, size=count), "test", "train")
    split[:3] = "train"
    return {
        "X": X,
        "y": y,
        "split": split,
        "ids": np.array([f"cell-{number}" for number in range(count)]),
        "classes": CLASSES,
    }


def answers(y: npt.NDArray[np.int64], wrong: dict[str, list[int]]) -> dict[str, list[str]]:
    """Let each classifier answer right but for the given cells."""
    return {
        key: [str(CLASSES[(y[i] + (i in places)) % 3]) for i in range(len(y))]
        for key, places in wrong.items()
    }


def on_test_side(cells: dict[str, Any], label: int | None = None) -> list[int]:
    chosen = cells["split"] == "test"
    return np.flatnonzero(chosen if label is None else chosen & (cells["y"] == label)).tolist()


def test_neighbours_are_the_training_cells_that_knn_finds() -> None:
    cells = drawn()
    place = on_test_side(cells)[0]
    shown, _ = nearest(
        **cells, predictions=answers(cells["y"], {"knn": [place]}), images=None, neighbours=4
    )
    trained = np.flatnonzero(cells["split"] == "train")
    scaler, knn = build(seed=0)["knn"].fit(cells["X"][trained], cells["y"][trained])
    distances, positions = knn.kneighbors(scaler.transform(cells["X"][[place]]), n_neighbors=4)
    found = shown[0]["neighbours"]
    assert [one["id"] for one in found] == cells["ids"][trained[positions[0]]].tolist()
    assert [one["distance"] for one in found] == pytest.approx(distances[0].tolist())
    assert [one["label"] for one in found] == CLASSES[cells["y"][trained[positions[0]]]].tolist()


def test_only_test_cells_that_somebody_mistook_count_and_most_mistaken_come_first() -> None:
    cells = drawn()
    first, *_, third = on_test_side(cells)
    trained = int(np.flatnonzero(cells["split"] == "train")[0])
    wrong = {"knn": [third, trained], "svm": [third, first], "forest": [third]}
    shown, count = nearest(**cells, predictions=answers(cells["y"], wrong), images=None)
    assert count == 2
    assert [one["id"] for one in shown] == [f"cell-{third}", f"cell-{first}"]
    assert shown[1]["true"] == CLASSES[cells["y"][first]]
    assert shown[1]["answers"] == {
        "knn": CLASSES[cells["y"][first]],
        "svm": CLASSES[(cells["y"][first] + 1) % 3],
        "forest": CLASSES[cells["y"][first]],
    }


def test_a_class_with_many_mistakes_does_not_push_out_the_others() -> None:
    cells = drawn(count=300)
    many, few = on_test_side(cells, 0), on_test_side(cells, 2)[:1]
    assert len(many) > 12
    wrong = {"knn": many + few, "svm": many}
    shown, count = nearest(**cells, predictions=answers(cells["y"], wrong), images=None, most=5)
    assert count == len(many) + 1
    assert [one["true"] for one in shown] == ["basophil"] * 4 + ["monocyte"]


def test_pictures_are_small_webp_of_the_cell_itself() -> None:
    cells = drawn()
    place = on_test_side(cells)[0]
    images = np.zeros((60, 96, 96, 3), np.uint8)
    images[place, :, :, 0] = 200
    shown, _ = nearest(**cells, predictions=answers(cells["y"], {"knn": [place]}), images=images)
    cell, neighbour = (
        Image.open(io.BytesIO(content))
        for content in (shown[0]["image"], shown[0]["neighbours"][0]["image"])
    )
    assert cell.format == "WEBP" and cell.size == (64, 64)
    assert np.asarray(cell.convert("RGB"))[32, 32] == pytest.approx([200, 0, 0], abs=6)
    assert np.asarray(neighbour.convert("RGB")).max() < 8


def test_without_images_there_are_no_pictures_and_without_mistakes_nothing() -> None:
    cells = drawn()
    place = on_test_side(cells)[0]
    shown, _ = nearest(**cells, predictions=answers(cells["y"], {"knn": [place]}), images=None)
    assert shown[0]["image"] is None
    assert all(one["image"] is None for one in shown[0]["neighbours"])
    assert nearest(**cells, predictions=answers(cells["y"], {"knn": []}), images=None) == ([], 0)


def test_fewer_training_cells_than_neighbours_are_all_given() -> None:
    cells = drawn(count=6)
    cells["split"] = np.array(["train", "train", "test", "test", "test", "validation"])
    shown, _ = nearest(**cells, predictions=answers(cells["y"], {"knn": [2]}), images=None)
    assert sorted(one["id"] for one in shown[0]["neighbours"]) == ["cell-0", "cell-1"]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_as_many_mistakes_as_asked_for_in_a_stable_order(seed: int, most: int) -> None:
    cells = drawn(seed=seed % 1000)
    generator = np.random.default_rng(seed)
    predictions = {key: CLASSES[generator.integers(3, size=60)] for key in ("knn", "svm")}
    before = cells["X"].copy()
    shown, count = nearest(**cells, predictions=predictions, images=None, most=most)
    assert (shown, count) == nearest(**cells, predictions=predictions, images=None, most=most)
    assert len(shown) == min(most, count)
    errors = [sum(said != one["true"] for said in one["answers"].values()) for one in shown]
    assert errors == sorted(errors, reverse=True) and min(errors) > 0
    assert np.array_equal(cells["X"], before)
