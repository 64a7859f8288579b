"""Each classifier that can be named is scikit-learn's of that name, seeded, and has a true grid."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import is_classifier

from hybrid_wbc.classical.classifiers import build
from hybrid_wbc.classical.extra import EXTRA


@pytest.fixture(scope="module")
def cells() -> tuple[np.ndarray, np.ndarray]:
    """Draw three classes that lie apart in two of five features."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.standard_normal((60, 5))
    X[:, :3] += 4 * np.eye(3)[y]
    return X, y


@pytest.mark.parametrize("name", EXTRA)
def test_each_tells_classes_apart_and_repeats_with_its_seed(cells, name):
    X, y = cells
    first, again = (build(seed=3, extra=[name])[name].fit(X, y) for _ in range(2))
    assert is_classifier(first)
    assert np.mean(first.predict(X) == y) > 0.75
    assert np.array_equal(first.predict(X), again.predict(X))


@pytest.mark.parametrize("name", EXTRA)
def test_each_takes_every_value_of_its_grid(name):
    for setting, values in EXTRA[name].grid.items():
        for value in values:
            chosen = {name: {setting: value}}
            made = build(seed=0, extra=[name], chosen=chosen)[name][-1]
            assert made.get_params()[setting] == value
            made._validate_params()


def test_the_seed_reaches_those_that_draw():
    drawing = {"decision-tree", "extra-trees", "ada-boost", "gradient-boosting", "mlp"}
    seeds = {name: EXTRA[name].factory(7).get_params().get("random_state") for name in EXTRA}
    assert {name for name, seed in seeds.items() if seed == 7} == drawing
