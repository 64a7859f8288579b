"""Owns the tests of how a page holds long columns of numbers."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from hybrid_wbc.report.pages.packing import pack, unpack


@pytest.mark.parametrize(
    ("largest", "kind", "width"),
    [(255, "Uint8Array", 1), (256, "Uint16Array", 2), (65_536, "Uint32Array", 4)],
)
def test_whole_numbers_take_no_more_bytes_than_the_largest_needs(
    largest: int, kind: str, width: int
) -> None:
    packed = pack(np.array([0, largest, 3]))
    assert packed["type"] == kind
    assert len(base64.b64decode(packed["data"])) == 3 * width
    assert unpack(packed).tolist() == [0, largest, 3]


def test_rows_follow_one_another_however_they_lie_in_memory() -> None:
    values = np.arange(6.0).reshape(3, 2).T
    assert unpack(pack(values)).tolist() == [0, 2, 4, 1, 3, 5]
    assert pack(values)["type"] == "Float32Array"


def test_nothing_is_packed_as_nothing() -> None:
    assert unpack(pack(np.array([], dtype=int))).tolist() == []
