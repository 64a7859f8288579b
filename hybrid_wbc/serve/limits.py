"""How much one request may ask for, how much memory all of them share, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is taken of one request, and of all at a time.

    Parameters
    ----------
    file_bytes, request_bytes : int
        Of one picture's file, and of all that one request brings.
    pixels, request_pixels : int
        Of one picture, and of all of one request.
    files : int
    upload_seconds, idle_seconds : float
        For a request to arrive whole, and the longest pause on the way.
    answer_seconds : float
        For its answer.
    waiting : int
        Requests that are worked at or wait.
    held_bytes : int
        Uploads and decoded pictures of all requests together.
    json_bytes : int
        Of a request that brings no pictures.
    """

    file_bytes: int = 50_000_000
    request_bytes: int = 100_000_000
    pixels: int = 40_000_000
    request_pixels: int = 100_000_000
    files: int = 50
    upload_seconds: float = 60.0
    idle_seconds: float = 10.0
    answer_seconds: float = 120.0
    waiting: int = 32
    held_bytes: int = 2**30
    json_bytes: int = 2_000_000


class RefusedError(Exception):
    """Why a request gets no answer, in words for whoever sent it.

    Parameters
    ----------
    status : int
        Of HTTP, 400 to 503.
    words : str
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Room:
    """The memory that all requests share, in bytes; asked on one thread.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = 0

    def take(self, count: int) -> None:
        """Take some of it.

        Raises
        ------
        RefusedError
            If too little is left.
        """
        if self.taken + count > self.size:
            raise RefusedError(503, "too much is being worked at: try again in some seconds")
        self.taken += count

    def give_back(self, count: int) -> None:
        """Give back what was taken."""
        self.taken -= count


class Taken:
    """What one request has taken of the room.

    Parameters
    ----------
    room : Room
    """

    def __init__(self, room: Room) -> None:
        self._room, self._count = room, 0

    def take(self, count: int) -> None:
        """Take some more of it."""
        self._room.take(count)
        self._count += count

    def give_back(self) -> None:
        """Give all of it back."""
        self._room.give_back(self._count)


def megabytes(count: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> megabytes(50_000_000)
    '50 MB'
    """
    return f"{count / 10**6:,.0f} MB" if count >= 10**6 else f"{count:,} bytes"
