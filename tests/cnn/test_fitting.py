"""A network by its settings: what a run and the estimator build and fit alike."""

import gc
import weakref

import numpy as np
import pytest

from hybrid_wbc.cnn import training
from hybrid_wbc.cnn.fitting import _pixel_statistics, fit_network
from hybrid_wbc.config.network import Augmentation, Network, Training
from hybrid_wbc.data import pieces
from hybrid_wbc.data.rows import Rows

LABELS = np.arange(12) % 3


@pytest.fixture
def cells() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3)).astype(np.uint8)


def fit(cells, network=None, *, enabled=False, seed=1, **others):
    heard = []
    model, history = fit_network(
        network or Network(), Training(epochs=2, batch_size=4), Augmentation(enabled=enabled),
        cells, LABELS, classes=3, seed=seed, advance=lambda *told: heard.append(told), **others,
    )  # fmt: skip
    return model, history, heard


def test_equal_settings_and_seeds_give_equal_weights(cells):
    first, again, other = (fit(cells, seed=seed)[0].get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_fitting_frees_the_networks_that_nobody_uses_any_more(cells):
    first = weakref.ref(fit(cells)[0])
    gc.disable()
    fit(cells)
    gc.enable()
    assert first() is None


def test_each_epoch_is_told_with_its_figures(cells):
    _, history, heard = fit(cells, validation=(cells[:3], LABELS[:3]))
    assert [told[:2] for told in heard] == [(1, 2), (2, 2)]
    for epoch, (_, _, detail) in enumerate(heard):
        assert detail == (
            f"loss {history['loss'][epoch]:.3f}, accuracy {history['accuracy'][epoch]:.3f}, "
            f"validation accuracy {history['validation_accuracy'][epoch]:.3f}"
        )


def test_pixels_are_standardised_by_the_images_trained_on_where_asked_for(cells):
    layer = fit(cells, Network(standardise=True))[0].get_layer("scaling")
    scaled = np.asarray(layer(cells.astype(np.float32)))
    assert np.allclose(scaled.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    assert np.allclose(scaled.std(axis=(0, 1, 2)), 1, atol=1e-4)


@pytest.mark.parametrize("enabled", [True, False])
def test_images_are_warped_only_where_augmentation_is_enabled(cells, monkeypatch, enabled):
    given = []
    monkeypatch.setattr(training, "fit", lambda *_, augmentation, **__: given.append(augmentation))
    fit(cells, enabled=enabled)
    assert (given[0] is not None) == enabled


def test_pixels_of_a_set_that_is_read_in_pieces_have_numpys_own_mean_and_deviation(
    cells, monkeypatch
):
    whole = [take(cells, axis=(0, 1, 2), dtype=np.float64) for take in (np.mean, np.std)]
    for bytes_held in (1, 5 * 32 * 32 * 3, 2**23):
        monkeypatch.setattr(pieces, "PIECE", bytes_held)
        for found, expected in zip(_pixel_statistics(cells), whole, strict=True):
            assert np.array_equal(found, expected)


def test_rows_of_an_array_are_fitted_like_a_copy_of_them(cells):
    both = np.concatenate([cells, cells[::-1]])
    rows = np.arange(12)
    first, history, _ = fit(cells, validation=(cells[:5], LABELS[:5]))
    again, same, _ = fit(Rows.of(both, rows), validation=(Rows.of(both, rows[:5]), LABELS[:5]))
    pairs = zip(first.get_weights(), again.get_weights(), strict=True)
    assert all(np.array_equal(one, two) for one, two in pairs)
    assert history == same
