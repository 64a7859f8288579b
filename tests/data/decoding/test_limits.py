from __future__ import annotations

import threading

import pytest

from hybrid_wbc.data.decoding.limits import (
    DecodingError,
    alone_if_large,
    check_frame,
    max_pixels,
    read_file,
)
from hybrid_wbc.errors import InputError


def test_the_limit_is_a_hundred_million_pixels_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("HYBRID_WBC_MAX_PIXELS", raising=False)
    assert max_pixels() == 100_000_000
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "250000000")
    assert max_pixels() == 250_000_000
    check_frame(20_000, 10_000)


@pytest.mark.parametrize("value", ["0", "-5", "many", "1e8", "9" * 5000, "٣"])
def test_a_limit_that_is_no_whole_number_is_refused_as_such(monkeypatch, value):
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", value)
    with pytest.raises(
        InputError, match=r"HYBRID_WBC_MAX_PIXELS: received '.{1,40}'; give a whole"
    ):
        max_pixels()


def test_the_limit_itself_is_read_and_one_more_is_not(monkeypatch):
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "100")
    check_frame(10, 10)
    with pytest.raises(DecodingError, match="too large: 101x1 pixels, at most 100 are read"):
        check_frame(101, 1)
    check_frame(101, 1, of_any_size=True)


def test_wider_pixels_are_fewer(monkeypatch):
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "100")
    check_frame(10, 10, bytes_per_pixel=6)
    with pytest.raises(DecodingError, match="10x10 pixels, at most 75 are read"):
        check_frame(10, 10, bytes_per_pixel=8)


def test_large_pictures_wait_for_each_other_and_small_ones_for_none(tmp_path):
    (tmp_path / "small.png").write_bytes(b"small")
    large, other = threading.Event(), threading.Event()

    def second():
        with alone_if_large(tmp_path / "small.png"), alone_if_large(tmp_path / "gone.png"):
            other.set()
        with alone_if_large(10**8):
            large.set()

    with alone_if_large(10**8), alone_if_large(10**8):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert other.wait(10) and not large.wait(0.05)
    assert large.wait(10)
    waiting.join()


@pytest.mark.parametrize("frame", [(0, 5), (5, 0)])
def test_nothing_has_no_pixels(frame):
    with pytest.raises(DecodingError, match="zero-size"):
        check_frame(*frame)


def test_a_file_is_read_whole_or_the_reason_given(tmp_path):
    (tmp_path / "a").write_bytes(b"bytes")
    assert read_file(tmp_path / "a") == b"bytes"
    for name, reason in {"gone": "file not found", "": "unreadable", "a/b": "unreadable",
                         "\0": "unreadable", "x" * 400: "unreadable"}.items():  # fmt: skip
        with pytest.raises(DecodingError, match=f"^{reason}$"):
            read_file(tmp_path / name)


def test_a_file_that_claims_terabytes_is_not_read(tmp_path):
    with (tmp_path / "sparse.png").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DecodingError, match="too large: 1,099,511,627,776 bytes for at most 100,0"):
        read_file(tmp_path / "sparse.png")
