from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.decoding import depth
from hybrid_wbc.data.decoding.limits import DecodingError


@given(st.sampled_from([8, 10, 12, 14, 16, 31, 32]), st.integers(0, 255))
def test_a_level_of_8_bits_survives_every_depth(bits, level):
    top = 2**bits - 1
    values = np.array([[round(level / 255 * top)]], np.int64)
    assert depth.to_bytes(values, top) == level


@pytest.mark.parametrize("number", [np.int8, np.int16, np.uint16, np.int32, np.uint32])
def test_the_ends_of_a_type_are_black_and_white(number):
    assert depth.to_bytes(np.array([[0, np.iinfo(number).max]], number)).tolist() == [[0, 255]]


def test_bytes_are_left_as_they_are():
    values = np.full((2, 3), 7, np.uint8)
    assert depth.to_bytes(values) is values


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.array([[0, 4095]], np.uint16),
         "depth unclear: no 16-bit value above 4095; scale the values to 0..65535, or save 8 bits"),
        (np.array([[-1, 30_000]], np.int16), "negative values: from -1 to 30000; save it without"),
        (np.array([[0, 255.0]]), "float values beyond 0..1: from 0 to 255; scale them to 0..1"),
        (np.array([[-0.5, 0.5]]), "float values beyond 0..1: from -0.5 to 0.5"),
        (np.array([[np.nan, 0.5]]), "values that are no numbers: save it as 8 or 16 bits"),
        (np.array([[np.inf, 0.5]]), "values that are no numbers"),
    ],
)  # fmt: skip
def test_what_says_no_depth_is_refused(values, reason):
    with pytest.raises(DecodingError) as caught:
        depth.to_bytes(values)
    assert str(caught.value).startswith(reason)


def test_a_depth_that_the_file_names_is_believed_until_a_value_is_beyond_it():
    assert depth.to_bytes(np.array([[0, 3]], np.uint16), 4095).tolist() == [[0, 0]]
    with pytest.raises(DecodingError, match="depth wrong: a value is 4096, the file says at most"):
        depth.to_bytes(np.array([[0, 4096]], np.uint16), 4095)


def test_pictures_of_many_strips_are_scaled_throughout(monkeypatch):
    monkeypatch.setattr(depth, "_STRIP", 8)
    values = np.random.default_rng(0).integers(0, 2**16, (13, 5, 3), np.uint16)
    values[0, 0] = 65535
    assert np.array_equal(depth.to_bytes(values), np.floor(values / 257 + 0.5))


def test_levels_of_a_mask_are_nothing_only_where_the_mask_is():
    values = np.array([[0, 1, 200, 256, 70_000, -3]])
    assert depth.levels(values).tolist() == [[0, 1, 200, 255, 255, 0]]
    assert depth.levels(np.array([[0, 0.01, 1, np.nan]])).tolist() == [[0, 1, 1, 0]]
    inverted = np.array([[65535, 65534, 0]], np.uint16)
    assert depth.levels(inverted, inverted=True).tolist() == [[0, 1, 255]]
