from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from hybrid_wbc.data.decoding import stored
from hybrid_wbc.data.decoding.limits import DecodingError

ROWS = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)


def member(header: bytes, data: bytes = b"") -> bytes:
    """Make an .npy file by its header's words."""
    text = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def test_rows_become_rgb_copies(tmp_path):
    np.savez(tmp_path / "a.npz", colour=ROWS, grey=ROWS[..., 0])
    colour, grey = (stored.read_array(tmp_path / "a.npz", n) for n in ("colour", "grey"))
    assert np.array_equal(stored.decode_row(colour[1]), ROWS[1])
    assert np.array_equal(stored.decode_row(grey[1]), np.repeat(ROWS[1][..., :1], 3, axis=2))
    stored.decode_row(colour[1])[:] = 0
    assert np.array_equal(stored.read_array(tmp_path / "a.npz", "colour"), ROWS)


def test_a_row_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setenv("HYBRID_WBC_MAX_PIXELS", "19")
    with pytest.raises(DecodingError, match="too large: 5x4 pixels, at most 19"):
        stored.decode_row(ROWS[0])


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        member(b"{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9999, 9999, 9999), }"),
        member(b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4, 5), }", b"short"),
        member(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", bytes(8)),
        member(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 4), }", bytes(4)),
        member(b"{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", bytes(1)),
        member(b"this is no header"),
    ],
)
def test_an_array_that_is_not_what_it_claims_is_unreadable(tmp_path, content):
    if content[:1] == b"\x93":
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("images.npy", content)
    else:
        (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DecodingError, match=r"^unreadable"):
        stored.read_array(tmp_path / "a.npz", "images")


def test_an_array_that_is_not_there_is_unreadable(tmp_path):
    np.savez(tmp_path / "a.npz", images=ROWS)
    for path, name in (("a.npz", "others"), ("b.npz", "images")):
        with pytest.raises(DecodingError, match=r"^unreadable$"):
            stored.read_array(tmp_path / path, name)


def test_what_would_fill_the_memory_from_little_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "_MOST_BYTES", 1000)
    np.savez_compressed(tmp_path / "bomb.npz", images=np.zeros((10, 100, 100), np.uint8))
    with pytest.raises(DecodingError, match=r"too large: [0-9,]+ bytes would fill 100,128"):
        stored.read_array(tmp_path / "bomb.npz", "images")
    file = io.BytesIO()
    np.savez_compressed(file, images=np.random.default_rng(0).integers(0, 256, (9, 50, 50), "u1"))
    (tmp_path / "good.npz").write_bytes(file.getvalue())
    assert stored.read_array(tmp_path / "good.npz", "images").shape == (9, 50, 50)
