"""Images too many to hold are worked on piece by piece, and lie in a file that goes with them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.data import pieces
from hybrid_wbc.errors import InputError


def test_pieces_too_large_to_hold_lie_in_a_file_that_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, cache_folder: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    held = pieces.in_pieces(images.shape, pieces.pieces_of(images))
    monkeypatch.setattr(pieces, "_HELD", 0)
    monkeypatch.setattr(pieces, "PIECE", 2 * 8 * 8 * 3)
    assert [len(piece) for piece in pieces.pieces_of(images)] == [2, 2, 1]
    filed = pieces.in_pieces(images.shape, pieces.pieces_of(images))
    assert held.flags.writeable and not filed.flags.writeable
    assert np.array_equal(held, images) and np.array_equal(filed, images)
    assert not list(cache_folder.iterdir())


def test_no_room_for_pieces_is_a_line_that_names_the_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full() -> Iterator[np.ndarray]:
        yield np.zeros((1, 8, 8, 3), np.uint8)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pieces, "_HELD", 0)
    with pytest.raises(InputError, match=r"GB of images cannot be written.*HYBRID_WBC_CACHE"):
        pieces.in_pieces((2, 8, 8, 3), full())
