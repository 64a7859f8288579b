"""The folder of the cache: where it is, how much it may hold, and how an entry is found and kept.

An entry that cannot be read or kept is said on the log.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, TypeVar

import cv2
import numpy as np
import PIL
import platformdirs
import scipy

from hybrid_wbc.data import entries
from hybrid_wbc.errors import InputError

PLACE_VARIABLE = "HYBRID_WBC_CACHE"
LIMIT_VARIABLE = "HYBRID_WBC_CACHE_GB"

T = TypeVar("T")

_DEFAULT_GB = 20
# Pixels, and what is found in them, may differ under another version of these.
_LIBRARIES = [
    np.__version__,
    scipy.__version__,
    PIL.__version__,
    cv2.__version__,
    metadata.version("scikit-image"),
]
_log = logging.getLogger(__name__)
# Never removed to make room: this process works with them.
_used_here: set[Path] = set()


def folder() -> Path:
    """Where entries are kept: HYBRID_WBC_CACHE, or the folder that the system has for caches."""
    named = os.environ.get(PLACE_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("hybrid-wbc", appauthor=False)


def limit() -> int:
    """Give the bytes that entries may take together: HYBRID_WBC_CACHE_GB, or 20 GB.

    Raises
    ------
    InputError
        If the variable is no number of gigabytes.
    """
    named = os.environ.get(LIMIT_VARIABLE) or str(_DEFAULT_GB)
    try:
        gigabytes = float(named)
    except ValueError:
        gigabytes = math.nan
    if not 0 <= gigabytes < math.inf:
        raise InputError(
            f"{LIMIT_VARIABLE}: received '{named}'; give a number of gigabytes, such as "
            f"{_DEFAULT_GB}"
        )
    return int(gigabytes * 10**9)


def path_of(kind: str, facts: object) -> Path:
    """Give the place of the entry whose value follows from these facts and the libraries."""
    key = hashlib.sha256(json.dumps([_LIBRARIES, facts]).encode()).hexdigest()
    return folder() / entries.name_of(kind, key)


def found(path: Path, load: Callable[[BinaryIO], T]) -> T | None:
    """Read an entry; None where there is none that can be used."""
    try:
        value = entries.read(path, load)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, EOFError) as error:
        _log.warning("cache: %s was damaged and is made again (%s)", path.name, _why(error))
        return None
    _used_here.add(path)
    return value


def keep(path: Path, room: int, value: T, save: Callable[[BinaryIO, T], object]) -> bool:
    """Write an entry and make room for it; say whether it could be kept."""
    try:
        entries.sweep(path.parent)
        entries.write(path, value, save)
        _used_here.add(path)
        _make_room(path.parent, room)
    except OSError as error:
        _log.warning(
            "cache: %s cannot be kept in %s (%s); the work goes on without it",
            path.name,
            path.parent,
            _why(error),
        )
        return False
    return True


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _make_room(place: Path, room: int) -> None:
    """Remove outdated entries first and then those used longest ago, until the limit is kept."""
    files = [own for own in entries.find(place) if own.kind != entries.UNFINISHED]
    excess = sum(own.size for own in files) - room
    for own in sorted(files, key=lambda own: (own.kind != entries.OUTDATED, own.last_used)):
        if excess > 0 and own.path not in _used_here:
            own.path.unlink(missing_ok=True)
            excess -= own.size
