"""Pictures that an .npz file stores many of in one array, a picture a row."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from hybrid_wbc.data.decoding.limits import DecodingError, check_frame

# Pictures are packed to a half or a tenth; what fills so much memory from so little is no picture.
_MOST_TIMES, _MOST_BYTES = 100, 2**28


def read_array(path: Path, name: str) -> np.ndarray:
    """Read one array of an .npz, once for as long as the file does not change.

    Parameters
    ----------
    path : Path
    name : str

    Returns
    -------
    numpy.ndarray of uint8, shape (n, height, width) or (n, height, width, 3)
        Shared between callers: not to be changed.

    Raises
    ------
    DecodingError
        With the reason alone; the path is the caller's to name.
    """
    try:
        status = path.stat()
        # An exchange of two files changes the first of these, a write the second; neither can be
        # set.
        state = (status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size)
        return _read(path, name, state)
    except DecodingError:
        raise
    # A broken archive raises what zipfile, zlib and NumPy's reader of headers do.
    except Exception as error:
        raise DecodingError("unreadable") from error


def decode_row(row: np.ndarray) -> np.ndarray:
    """Give a row of a stored array as RGB.

    Parameters
    ----------
    row : numpy.ndarray of uint8, shape (height, width) or (height, width, 3)

    Returns
    -------
    numpy.ndarray of uint8, shape (height, width, 3)
        A copy.

    Raises
    ------
    DecodingError
    """
    check_frame(row.shape[1], row.shape[0])
    return np.repeat(row[:, :, None], 3, axis=2) if row.ndim == 2 else row.copy()


@lru_cache(maxsize=4)
def _read(path: Path, name: str, _state: tuple[int, ...]) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        packed, unpacked = member.compress_size, member.file_size
    if unpacked > max(_MOST_BYTES, _MOST_TIMES * packed):
        raise DecodingError(f"too large: {packed:,} bytes would fill {unpacked:,}")
    with np.load(path, allow_pickle=False) as stored:
        array = stored[name]
    if array.dtype != np.uint8 or array.shape[3:] not in ((), (3,)) or array.ndim not in (3, 4):
        raise DecodingError(f"unreadable: {array.dtype} of shape {array.shape}")
    return array
