"""What is never decoded: files that are no files, files too large, and the error that says so."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hybrid_wbc.errors import InputError

MAX_PIXELS = "HYBRID_WBC_MAX_PIXELS"
# A picture of this many pixels takes at most 2 GB to decode, whatever its kind.
_DEFAULT_MAX_PIXELS = 100_000_000
# A file holds at most 16 bits of three channels for each pixel, and so much besides.
_BYTES_PER_PIXEL, _BYTES_BESIDE = 6, 2**26
# Pictures are decoded by all cores at once; from so many bytes or pixels on, one at a time.
_LARGE = 2**24
_ALONE = threading.RLock()


class DecodingError(InputError):
    """Says why a file gives no pixels: a short reason, and after a colon its particulars."""


def max_pixels() -> int:
    """Give the most pixels that a picture may have: HYBRID_WBC_MAX_PIXELS, or 100 million.

    Raises
    ------
    InputError
        If the variable is not a whole number from 1.
    """
    named = os.environ.get(MAX_PIXELS)
    if not named:
        return _DEFAULT_MAX_PIXELS
    if not (named.isascii() and named.isdigit()) or len(named) > 15 or int(named) < 1:
        raise InputError(f"{MAX_PIXELS}: received '{named[:40]}'; give a whole number from 1")
    return int(named)


def check_frame(
    width: int, height: int, *, of_any_size: bool = False, bytes_per_pixel: int = 0
) -> None:
    """Refuse a picture by its width and height, before anything of it is decoded.

    One that has more bytes a pixel than 16-bit colour may have fewer pixels.

    Raises
    ------
    DecodingError
    """
    if width < 1 or height < 1:
        raise DecodingError("zero-size")
    share = max(1.0, bytes_per_pixel / _BYTES_PER_PIXEL)
    if not of_any_size and width * height * share > max_pixels():
        raise DecodingError(
            f"too large: {width}x{height} pixels, at most {int(max_pixels() / share):,} are read "
            f"(set {MAX_PIXELS})"
        )


@contextmanager
def alone_if_large(size: int | Path) -> Iterator[None]:
    """Wait until no other large picture is read or decoded: together they would fill the memory.

    Parameters
    ----------
    size : int or Path
        Bytes or pixels, or the file whose bytes count.
    """
    if isinstance(size, Path):
        path, size = size, 0
        # What cannot be asked for its size is refused where it is read.
        with suppress(OSError, ValueError):
            size = path.stat().st_size
    if size < _LARGE:
        yield
        return
    with _ALONE:
        yield


def read_file(path: Path) -> bytes:
    """Read a file whole, if it is a regular file of a size that a picture can have.

    Raises
    ------
    DecodingError
        With the reason alone; the path is the caller's to name.
    """
    try:
        status = path.stat()
        _refuse_by(status)
        return path.read_bytes()
    except InputError:
        raise
    except FileNotFoundError:
        raise DecodingError("file not found") from None
    # A ValueError is a name that no file can have.
    except (OSError, ValueError):
        raise DecodingError("unreadable") from None


def _refuse_by(status: os.stat_result) -> None:
    # Opening a pipe waits for a writer, and reading a device may never end.
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise DecodingError("not a regular file")
    if status.st_size > max_pixels() * _BYTES_PER_PIXEL + _BYTES_BESIDE:
        raise DecodingError(
            f"too large: {status.st_size:,} bytes for at most {max_pixels():,} pixels "
            f"(set {MAX_PIXELS})"
        )
