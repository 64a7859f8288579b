"""Intervals: worked examples, ends of the range, and what seeds add to sources."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from hybrid_wbc.evaluation.intervals import of_difference, of_share, variance_of_mean

shares = st.floats(0, 1)
variances = st.floats(0, 0.25)
numbers = st.floats(1, 5000)


@pytest.mark.parametrize(
    ("right", "files", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_independent_files_give_wilsons_interval_as_in_newcombes_table(right, files, low, high):
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
    share = right / files
    ends = of_share(share, share * (1 - share) / files, np.inf, files)
    assert ends == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("sources", "high"), [(20, 0.1684), (1000, 3.69 / 1000)])
def test_all_wrong_or_all_right_gives_the_exact_interval_of_clopper_and_pearson(sources, high):
    # Newcombe 1998, table I, method 5, has 0 of 20; 3.69 / n is what 0 of n comes to.
    assert of_share(0.0, 0.0, sources - 1, sources) == (0.0, pytest.approx(high, rel=3e-3))
    exact = stats.binomtest(sources, sources).proportion_ci(0.95, method="exact")
    assert of_share(1.0, 0.0, sources - 1, sources) == pytest.approx((exact.low, exact.high))


def test_a_single_wrong_file_is_not_taken_for_proof_that_files_are_independent():
    # One of 300 files of 30 sources: taken at its word, the variance is that of 300 free files.
    share = 299 / 300
    low, _ = of_share(share, share * (1 - share) / 300, 29, 30)
    assert of_share(share, share * (1 - share) / 300, 29, 300)[0] > 0.97
    assert low < 0.93


def test_agreeing_sources_that_are_neither_all_right_nor_all_wrong_are_still_few():
    low, high = of_share(0.5, 0.0, 2, 3)
    assert low < 0.1
    assert high > 0.9


@settings(max_examples=200)
@given(shares, variances, numbers, numbers)
def test_interval_of_a_share_holds_it_and_stays_within_its_range(share, variance, freedom, sources):
    low, high = of_share(share, variance, freedom, sources)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


@settings(max_examples=200)
@given(st.floats(-1, 1), variances, numbers, numbers)
def test_interval_of_a_difference_holds_it_and_stays_within_its_range(
    d, variance, freedom, sources
):
    low, high = of_difference(d, variance, freedom, sources)
    assert -1 <= low <= d <= high <= 1


@given(shares.filter(lambda share: 0.01 < share < 0.99), st.floats(1e-4, 0.02))
def test_interval_turns_over_with_the_share(share, variance):
    low, high = of_share(share, variance, 40, 41)
    assert of_share(1 - share, variance, 40, 41) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize("sources", [0, 1, 1.9])
def test_fewer_than_two_sources_say_nothing(sources):
    variance, freedom = variance_of_mean(np.array([0.5]), np.full((1, 9), 0.5), sources)
    assert of_share(0.5, variance, freedom, sources) == (0.0, 1.0)
    assert of_difference(0.1, variance, freedom, sources) == (-1.0, 1.0)


def test_difference_of_none_among_many_sources_is_not_surely_none():
    low, high = of_difference(0.0, 0.0, 99, 100)
    assert low == -high
    assert 0.01 < high < 0.02


def test_variance_of_one_seed_is_that_of_the_resamplings_made_unbiased():
    spread = np.random.default_rng(0).normal(0.8, 0.1, (1, 4000))
    variance, freedom = variance_of_mean(np.array([0.8]), spread, 5)
    assert variance == pytest.approx(np.var(spread) * 5 / 4)
    assert freedom == 4


def test_seeds_that_differ_no_more_than_their_sources_add_no_variance():
    generator = np.random.default_rng(0)
    # The seeds test other sources: their scores scatter as their resamplings do.
    values = generator.normal(0.8, 0.05, 200)
    spread = values[:, None] + generator.normal(0, 0.05, (200, 500))
    variance, _ = variance_of_mean(values, spread, 400)
    assert variance == pytest.approx(0.05**2 / 200, rel=0.2)


def test_seeds_that_differ_beyond_their_sources_add_what_is_left():
    generator = np.random.default_rng(0)
    values = np.array([0.6, 0.8, 0.7, 0.9, 0.5])
    # All test the same sources, which therefore shift them together and tell no two apart.
    spread = values[:, None] + generator.normal(0, 0.03, (1, 4000))
    variance, freedom = variance_of_mean(values, spread, 1000)
    assert variance == pytest.approx(0.03**2 + np.var(values, ddof=1) / 5, rel=0.05)
    assert 4 < freedom < 8


def test_seed_without_the_score_is_left_out():
    generator = np.random.default_rng(0)
    values, spread = np.array([0.6, 0.8, 0.7]), generator.normal(0.7, 0.03, (3, 500))
    lacking = np.append(values, np.nan), np.vstack([spread, np.full(500, np.nan)])
    assert variance_of_mean(*lacking, 50) == variance_of_mean(values, spread, 50)


@settings(max_examples=50)
@given(
    hnp.arrays(float, (4, 30), elements=st.floats(0, 1) | st.just(np.nan)),
    st.floats(2, 50),
)
def test_gaps_in_the_resamplings_give_a_finite_variance_and_no_warning(spread, sources):
    spread[:, 0] = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        variance, freedom = variance_of_mean(np.array([0.1, 0.5, 0.2, 0.9]), spread, sources)
    assert 0 <= variance < np.inf
    assert freedom >= min(3, sources - 1) - 1e-9
