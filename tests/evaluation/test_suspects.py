"""Suspected labels: planted mistakes are found first, and doubt alone is none."""

from __future__ import annotations

import numpy as np

from hybrid_wbc.evaluation.suspects import Opinions, find, nearest_labels

KEYS = ("knn", "svm", "cnn")


def opinions(
    labels: list[str],
    said: list[list[str]],
    near: list[list[str]],
    probability: list[float] | None = None,
) -> Opinions:
    """Give what three classifiers and the neighbours say of each cell."""
    return Opinions(
        ids=np.array([f"cell {number}" for number in range(len(labels))]),
        labels=np.array(labels),
        said={key: np.array([of_cell[i] for of_cell in said]) for i, key in enumerate(KEYS)},
        near=np.array(near),
        probability=None if probability is None else np.array(probability),
    )


def test_a_cell_is_suspected_where_predictions_and_neighbours_name_one_other_class():
    a, b, c = "basophil", "monocyte", "neutrophil"
    found = find(
        [
            opinions(
                [a, a, a, a, a],
                [[b, b, b], [b, b, b], [b, b, a], [b, c, b], [b, c, a]],
                [[b, b, b], [a, a, b], [b, b, c], [b, b, a], [b, b, b]],
            )
        ]
    )
    # The second has its neighbours with it, the last is called three different things.
    assert [suspect["id"] for suspect in found] == ["cell 0", "cell 2", "cell 3"]
    assert found[0] == {
        "id": "cell 0",
        "label": a,
        "suggested": b,
        "agreement": 1.0,
        "neighbours": 1.0,
        "probability": None,
        "repeats": 1,
        "reason": "labelled basophil; 3 of 3 predictions and 3 of 3 nearest training cells say "
        "monocyte",
    }


def test_all_repeats_that_tested_a_cell_speak_and_the_least_probable_label_comes_first():
    one = opinions(["a", "a"], [["b"] * 3] * 2, [["b"] * 2] * 2, [0.3, 0.1])
    other = opinions(["a", "a"], [["b"] * 3, ["a"] * 3], [["b"] * 2, ["a"] * 2], [0.2, 0.9])
    found = find([one, one, other])
    assert [suspect["id"] for suspect in found] == ["cell 0", "cell 1"]
    assert found[0]["repeats"] == 3 and found[1]["agreement"] == 6 / 9
    assert found[0]["probability"] == np.mean([0.3, 0.3, 0.2])
    assert "9 of 9 predictions in 3 repeats" in found[0]["reason"]
    assert [suspect["id"] for suspect in find([one])] == ["cell 1", "cell 0"]


def test_the_neighbours_are_those_of_standardised_features():
    X = np.array([[0.0, 0], [0, 1000], [1, 0], [1, 1000]])
    labels = np.array(["low", "high", "low", "high"])
    near = nearest_labels(X, labels, np.array([[0.4, 100.0]]), neighbours=2)
    assert near.tolist() == [["low", "low"]]
    assert nearest_labels(X, labels, X, neighbours=9).shape == (4, 4)


def test_planted_mistakes_are_found_before_cells_that_are_only_hard():
    generator = np.random.default_rng(0)
    y = np.arange(600) % 3
    X = generator.standard_normal((600, 5))
    X[:, :3] += 3 * np.eye(3)[y]
    planted = generator.choice(300, 15, replace=False)
    names = np.array(["a", "b", "c"])
    labels = names[y]
    labels[planted] = names[(y[planted] + 1) % 3]
    own = names[np.argmax(X[:300, :3], axis=1)]
    found = find(
        [
            Opinions(
                ids=np.arange(300).astype(str),
                labels=labels[:300],
                said=dict.fromkeys(KEYS, own),
                near=nearest_labels(X[300:], labels[300:], X[:300]),
            )
        ]
    )
    listed = [int(suspect["id"]) for suspect in found]
    assert len(set(planted) & set(listed)) >= 13
    assert len(set(planted) & set(listed[:15])) >= 12
