"""Landmarks in a file are those that were found, whatever a picture has of them."""

import numpy as np
import pytest

from hybrid_wbc.data.photographs.landmarks import compare, landmarks
from hybrid_wbc.data.photographs.seen import Seen


@pytest.fixture(scope="module")
def found():
    generator = np.random.default_rng(0)
    rough = generator.integers(0, 256, (12, 16, 3)).astype(np.uint8)
    pictures = [
        np.kron(rough, np.ones((9, 9, 1), np.uint8)),
        np.zeros((7, 5, 3), np.uint8),  # nothing to see
        generator.integers(0, 256, (61, 67, 3)).astype(np.uint8),
    ]
    return [landmarks(picture) for picture in pictures]


def test_what_is_read_is_what_was_added(found, cache_folder):
    seen = Seen()
    for each in found:
        seen.add(each)
    seen.finish()
    assert len(seen) == 3 and not list(cache_folder.iterdir())
    assert seen.counts().tolist() == [len(each.points) for each in found]
    assert len(found[1].points) == 0 and len(found[0].points) > 20
    for read, each in zip(seen, found, strict=True):
        for part, expected in zip(read, each, strict=True):
            assert part.dtype == expected.dtype and np.array_equal(part, expected)
    assert [len(each.points) for each in seen[1:]] == [len(each.points) for each in found[1:]]
    assert compare(seen[0], seen[0]) == compare(found[0], found[0]) == 2


def test_no_pictures_are_no_landmarks():
    seen = Seen()
    seen.finish()
    assert len(seen) == 0 and list(seen) == []
