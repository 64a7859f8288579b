"""The landmarks of many pictures in a file of their own: together they would fill the memory."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import overload

import numpy as np

from hybrid_wbc.data import cache
from hybrid_wbc.data.photographs.landmarks import Landmarks

_WIDTH = 128
# So that the points of each picture lie where numbers of four bytes may.
_ROUND = 4


class Seen(Sequence[Landmarks]):
    """Landmarks, one picture's after another's, read from the file where they are looked at.

    What is taken out cannot be written to, and is the same as what was added.
    """

    def __init__(self) -> None:
        self._file = cache.unnamed_file()
        self._places: list[tuple[int, int, int, int]] = []
        self._written = 0
        self._mapped: mmap.mmap | None = None

    def add(self, found: Landmarks) -> None:
        """Put a picture's landmarks behind all others.

        Parameters
        ----------
        found : Landmarks
        """
        height, width = found.shown.shape
        self._places.append((self._written, len(found.points), height, width))
        content = b"".join(
            np.ascontiguousarray(part).tobytes()
            for part in (found.points, found.descriptors, found.picture, found.shown)
        )
        content += bytes(-len(content) % _ROUND)
        self._file.write(content)
        self._written += len(content)

    def finish(self) -> None:
        """Let what was added be read; nothing more can be added."""
        self._file.flush()
        if self._written:  # nothing cannot be mapped
            self._mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file.close()

    def counts(self) -> np.ndarray:
        """Give how many landmarks each picture has.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
        """
        return np.array([count for _, count, _, _ in self._places], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, position: int) -> Landmarks: ...
    @overload
    def __getitem__(self, position: slice) -> list[Landmarks]: ...
    def __getitem__(self, position: int | slice) -> Landmarks | list[Landmarks]:
        """Give a picture's landmarks, or those of several."""
        if isinstance(position, slice):
            return [self[number] for number in range(*position.indices(len(self)))]
        at, count, height, width = self._places[position]
        assert self._mapped is not None, "finish comes before reading"
        points = np.frombuffer(self._mapped, np.float32, count * 2, at)
        at += points.nbytes
        parts = []
        for shape in ((count, _WIDTH), (height, width, 3), (height, width)):
            size = int(np.prod(shape))
            parts.append(np.frombuffer(self._mapped, np.uint8, size, at).reshape(shape))
            at += size
        return Landmarks(points.reshape(count, 2), *parts)
