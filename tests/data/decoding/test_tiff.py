from __future__ import annotations

import runpy
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.decoding import tiff

files = runpy.run_path(str(Path(__file__).parents[1] / "picture_files.py"))


def directory(entries: list[tuple[int, int]], following: int) -> bytes:
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)


@given(
    st.sampled_from([np.uint8, np.uint16, np.float32]),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 8),
    st.integers(2, 4),
    st.sampled_from("<>"),
    st.booleans(),
)
def test_a_page_says_what_it_is_made_of(number, shape, orientation, count, order, big):
    values = np.zeros((count, *shape, 3), number)
    (first, *others) = tiff.read_pages(
        files["tiff"](values, orientation, byteorder=order, bigtiff=big, photometric="rgb")
    )
    height, width = shape
    form = tiff.FLOAT if number == np.float32 else tiff.UNSIGNED
    assert len(others) == count - 1
    assert tiff.frame(first) == (width, height)
    assert tiff.kind(first) == (np.dtype(number).itemsize * 8, form, 3, tiff.RGB)
    assert tiff.first(first, tiff.ORIENTATION, 1) == orientation
    assert tiff.count_pictures([first, *others]) == count


def test_smaller_versions_of_the_first_page_are_no_pictures_of_their_own():
    pages = tiff.read_pages(files["pyramid"](np.zeros((8, 8, 3), np.uint8)))
    assert (len(pages), tiff.count_pictures(pages)) == (2, 1)
    assert tiff.count_pictures(pages[::-1]) == 2


def test_pages_in_a_circle_come_to_an_end():
    content = b"II*\0" + struct.pack("<I", 8) + directory([(256, 3)], 8)
    assert len(tiff.read_pages(content)) == 1


def test_no_more_than_a_thousand_pages_are_looked_at():
    one = len(directory([(256, 3)], 0))
    chain = b"".join(directory([(256, 3)], 8 + one * (n + 1)) for n in range(1500))
    content = b"II*\0" + struct.pack("<I", 8) + chain + directory([(256, 3)], 0)
    assert len(tiff.read_pages(content)) == tiff.MOST_PAGES


@pytest.mark.parametrize(
    "content",
    [
        b"II*\0",
        b"II*\0" + struct.pack("<I", 2**32 - 1),
        b"II*\0" + struct.pack("<I", 8) + directory([(256, 3)], 4000),
        b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 258, 3, 3, 2**31),
        b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**64 - 1),
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**64 - 1),
    ],
)
def test_a_page_beyond_the_end_is_an_error(content):
    with pytest.raises(struct.error):
        tiff.read_pages(content)


def test_other_files_are_no_tiff():
    assert tiff.is_tiff(b"MM\0*\0\0\0\x08")
    assert not tiff.is_tiff(b"\x89PNG") and not tiff.is_tiff(b"")
