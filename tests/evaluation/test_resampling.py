"""How many sources count, and what the bootstrap over them gives for a column of figures."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.evaluation.resampling import Resampling, effective_sources


def test_column_without_a_number_has_no_score():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (score,) = Resampling([np.array(["a", "b"])], seed=0, resamples=9).column_scores(
            [np.full((2, 1), np.nan)]
        )
    assert score == {"mean": None, "low": None, "high": None, "raw": [None]}


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60))
def test_effective_sources_are_at_most_the_sources(sources):
    number = effective_sources(sources)
    assert 1 <= number <= len(set(sources)) + 1e-9


@given(st.integers(1, 40), st.integers(1, 12))
def test_effective_sources_are_all_where_each_gives_equally_many(sources, copies):
    names = np.repeat([f"smear {i}" for i in range(sources)], copies)
    assert effective_sources(names) == pytest.approx(sources)


def test_effective_sources_are_few_where_one_gives_most():
    # (10 + 1 + 1)^2 / (10^2 + 1 + 1)
    assert effective_sources(["a"] * 10 + ["b", "c"]) == pytest.approx(144 / 102)
    assert effective_sources([]) == 0
