"""What copies are worth to one nearest neighbour, on drawn features."""

from __future__ import annotations

import json

import numpy as np

from hybrid_wbc.evaluation.leakage import worth_of_copies


def drawn(
    copies: int, *, sharp: float = 0.0, sources: int = 40, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give features, labels and sources: near copies of each source, its class shown by `sharp`."""
    generator = np.random.default_rng(seed)
    number = np.repeat(np.arange(sources), copies)
    X = np.repeat(generator.standard_normal((sources, 8)), copies, axis=0)
    X += 0.01 * generator.standard_normal(X.shape)
    X[:, 0] += sharp * (number % 2)
    labels = np.where(number % 2, "monocyte", "neutrophil")
    return X.astype(np.float32), labels, number.astype(str)


def test_copies_alone_are_worth_the_difference():
    X, labels, sources = drawn(6)
    found = worth_of_copies(X, labels, sources, np.full(240, ""), seeds=(0, 1))
    assert found["random"]["mean"] > 0.95
    assert found["by_source"]["mean"] < 0.75
    assert found["difference"]["low"] > 0.1
    difference = found["random"]["mean"] - found["by_source"]["mean"]
    assert np.isclose(found["difference"]["mean"], difference)
    assert len(found["random"]["raw"]) == 2
    assert found["published"] is None
    assert (found["n_files"], found["n_sources"], found["largest_class"]) == (240, 40, 0.5)


def test_without_copies_the_difference_is_about_nothing():
    X, labels, sources = drawn(1, sources=200)
    found = worth_of_copies(X, labels, sources, np.full(200, ""), seeds=(0, 1))
    assert abs(found["difference"]["mean"]) < 0.1
    assert found["difference"]["low"] < 0.01


def test_what_colours_do_tell_is_not_taken_for_copies():
    X, labels, sources = drawn(4, sharp=20.0)
    found = worth_of_copies(X, labels, sources, np.full(160, ""), seeds=(0,))
    assert found["by_source"]["mean"] == found["random"]["mean"] == 1.0


def test_intervals_count_sources_not_files():
    few = drawn(2, sharp=2.0)
    many = tuple(np.repeat(part, 10, axis=0) for part in few)
    widths = []
    for X, labels, sources in (few, many):
        score = worth_of_copies(X, labels, sources, np.full(len(X), ""), seeds=(0,))["by_source"]
        widths.append(score["high"] - score["low"])
    assert widths[1] > 0.8 * widths[0]


def test_the_sets_own_split_is_scored_as_it_is():
    X, labels, sources = drawn(2, sharp=20.0)
    published = np.where(sources.astype(int) < 20, "train", "test")
    labels[np.flatnonzero(published == "test")[0]] = "monocyte"
    found = worth_of_copies(X, labels, sources, published, seeds=(0,))
    assert found["published"]["raw"] == [39 / 40]


def test_classes_of_few_sources_are_left_out_and_named():
    X, labels, sources = drawn(2)
    labels[sources == "0"] = "basophil"
    found = worth_of_copies(X, labels, sources, np.full(80, ""), seeds=(0,))
    assert found["left_out"] == {"basophil": 1}
    assert found["n_files"] == 78


def test_one_class_alone_has_nothing_to_measure():
    X, labels, sources = drawn(2)
    found = worth_of_copies(X, np.full(80, "basophil"), sources, np.full(80, ""), seeds=(0,))
    assert found["random"] is found["by_source"] is found["difference"] is None
    none = worth_of_copies(X[:4], labels[:4], sources[:4], np.full(4, ""), seeds=(0,))
    assert none["n_files"] == 0 and none["largest_class"] is None


def test_the_answer_is_plain_data_the_same_each_time_and_reports_each_fold():
    X, labels, sources = drawn(2)
    before = X.copy()
    steps: list[tuple[int, int]] = []
    first, again = (
        worth_of_copies(
            X, labels, sources, np.full(80, ""), seeds=(0,),
            progress=lambda done, total: steps.append((done, total)),
        )
        for _ in range(2)
    )  # fmt: skip
    assert json.loads(json.dumps(first)) == again
    assert steps[:10] == [(done, 10) for done in range(1, 11)]
    assert np.array_equal(X, before)
