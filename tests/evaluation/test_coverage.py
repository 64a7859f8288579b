"""How often 95 % intervals hold the truth where copies repeat; the whole grid is a benchmark."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hybrid_wbc.evaluation.resampling import Resampling

SETS, RESAMPLES = 1000, 400


def share_that_holds(sources, columns, truth, *, groups=None, lowest=0.0) -> float:
    """Give the share of simulated sets, the columns, whose interval holds the truth."""
    resampling = Resampling(sources, seed=0, groups=groups, resamples=RESAMPLES)
    scores = resampling.column_scores(columns, lowest=lowest)
    return float(np.mean([score["low"] <= truth <= score["high"] for score in scores]))


def files_of_sources(copies, accuracy, correlation, generator) -> np.ndarray:
    """Draw right and wrong files; those of one source agree with the correlation."""
    strength = (1 - correlation) / correlation
    chance = generator.beta(
        accuracy * strength, (1 - accuracy) * strength, (len(copies), SETS)
    ).repeat(copies, axis=0)
    return (generator.random(chance.shape) < chance).astype(float)


@pytest.mark.parametrize(
    ("copies", "accuracy", "correlation"),
    [
        (np.full(30, 10), 0.87, 0.75),
        (np.full(71, 10), 0.87, 0.5),
        (np.full(150, 10), 0.95, 0.9),
        (np.tile([1, 2, 4, 8, 40], 20), 0.87, 0.75),
        (np.tile([1, 2, 4, 8, 40], 50), 0.75, 0.5),
    ],
)
def test_clustered_interval_holds_where_copies_repeat_and_one_over_files_does_not(
    copies, accuracy, correlation
):
    columns = [files_of_sources(copies, accuracy, correlation, np.random.default_rng(0))]
    sources = np.repeat(np.arange(len(copies)), copies)
    assert 0.93 <= share_that_holds([sources], columns, accuracy) <= 0.97
    assert share_that_holds([np.arange(len(sources))], columns, accuracy) < 0.7


@pytest.mark.parametrize("training", [0.0, 0.02])
def test_interval_over_ten_seeds_holds_the_accuracy_of_any_cell_and_any_training(training):
    generator = np.random.default_rng(0)
    accuracy = 0.87
    # Each cell keeps most of its difficulty from seed to seed; each training shifts all of them.
    difficulty = generator.normal(0, 0.8**0.5, (242, SETS))
    sources = [generator.choice(242, 73, replace=False) for _ in range(10)]
    columns = []
    for tested in sources:
        shift = generator.normal(0, training**0.5, (1, SETS))
        noise = generator.normal(0, (0.2 - training) ** 0.5, (73, SETS))
        columns.append((difficulty[tested] + shift + noise < stats.norm.ppf(accuracy)) * 1.0)
    assert 0.93 <= share_that_holds(sources, columns, accuracy) <= 0.97
    files = np.split(np.arange(730), 10)
    assert share_that_holds(files, columns, accuracy) < 0.9


def test_interval_of_the_difference_of_two_classifiers_holds_where_copies_repeat():
    generator = np.random.default_rng(0)
    shared = generator.normal(0, 0.5**0.5, (71, SETS))
    columns = []
    for accuracy in (0.92, 0.87):
        own = shared + generator.normal(0, 0.4**0.5, (71, SETS))
        noise = generator.normal(0, 0.1**0.5, (710, SETS))
        columns.append((own.repeat(10, axis=0) + noise < stats.norm.ppf(accuracy)) * 1.0)
    sources = np.repeat(np.arange(71), 10)
    difference = [columns[0] - columns[1]]
    assert 0.93 <= share_that_holds([sources], difference, 0.05, lowest=None) <= 0.97
    assert share_that_holds([np.arange(710)], difference, 0.05, lowest=None) < 0.7
