"""Owns the tests of PCA and LDA as further axes: fitted on training cells, applied to all."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid_wbc.report.pages.projections import projections


def three_classes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes that differ along the fifth feature, whose spread is the smallest of all."""
    rng = np.random.default_rng(0)
    y = np.arange(150) % 3
    X = rng.normal(size=(150, 5)) * [50, 20, 10, 5, 0.01]
    X[:, 4] += y * 0.1
    return X, y, np.arange(150) < 100


def test_nothing_of_a_test_cell_moves_an_axis() -> None:
    X, y, trained = three_classes()
    changed, others = X.copy(), y.copy()
    changed[~trained] *= 100
    others[~trained] = 0
    before, after = projections(X, y, trained), projections(changed, others, trained)
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one.values[trained], other.values[trained])
        assert one.shares == other.shares
        assert not np.allclose(one.values[~trained], other.values[~trained])


def test_lda_finds_the_direction_that_parts_the_classes_and_pca_need_not() -> None:
    X, y, trained = three_classes()
    pca, lda = projections(X, y, trained)
    assert (pca.method, lda.method) == ("PCA", "LDA")
    assert lda.values.shape == (150, 2) and lda.shares[0] > 0.95
    along = lda.values[~trained, 0]
    centres = np.array([along[y[~trained] == label].mean() for label in range(3)])
    nearest = np.abs(along[:, None] - centres).argmin(axis=1)
    assert (nearest == y[~trained]).mean() > 0.95
    assert max(pca.shares) < 0.4


def test_features_are_standardised_so_that_none_rules_by_its_unit() -> None:
    X, y, trained = three_classes()
    for one, other in zip(
        projections(X, y, trained), projections(X * [1, 1e3, 1, 1, 1e-3], y, trained), strict=True
    ):
        assert np.abs(one.values) == pytest.approx(np.abs(other.values))


def test_five_components_are_enough_for_many_features() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(200, 64)), np.arange(200) % 9
    assert [p.values.shape for p in projections(X, y, np.ones(200, bool))] == [(200, 5)] * 2


@pytest.mark.parametrize("constant", [0, 3.7, 1e6])
def test_a_constant_feature_has_no_part_in_any_component(constant: float) -> None:
    X, y, trained = three_classes()
    X[:, 1] = constant
    X[140, 1] = constant + 1
    assert [p.values.shape for p in projections(X, y, trained)] == [(150, 4), (150, 2)]


def test_what_the_training_side_cannot_carry_is_left_out() -> None:
    X, y, trained = three_classes()
    assert projections(X, y, np.zeros(150, bool)) == []
    assert projections(np.ones_like(X), y, trained) == []
    assert [p.method for p in projections(X, np.zeros(150, int), trained)] == ["PCA"]
    # Three cells of three classes say nothing of the spread within a class.
    assert [p.method for p in projections(X, y, np.arange(150) < 3)] == ["PCA"]
    equal_within = np.repeat(np.eye(3), 50, axis=0)
    assert [
        p.method for p in projections(equal_within, np.repeat([0, 1, 2], 50), trained | True)
    ] == ["PCA"]
