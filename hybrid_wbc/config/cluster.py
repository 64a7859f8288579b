"""Where a cluster is, as `--cluster` names it, and how many deaths it bears."""

from __future__ import annotations

import re

from hybrid_wbc.errors import InputError

# So many workers may die during one training before it counts as what kills them.
ALLOWED_FAILURES = 10


def check_place(place: str) -> int | None:
    """Read where a cluster is, as --cluster takes it.

    Parameters
    ----------
    place : str
        `local`, `local:WORKERS`, `tcp://HOST:PORT` or `tls://HOST:PORT`.

    Returns
    -------
    int or None
        How many workers are to be started here, 0 where that is not said; None for a scheduler.

    Raises
    ------
    InputError
        If it is none of these.
    """
    local = re.fullmatch(r"local(?::([1-9]\d*))?", place)
    if not local and not re.fullmatch(r"(tcp|tls)://.+:\d+", place):
        raise InputError(
            f"--cluster: received '{place}'; give local, local:WORKERS or tcp://HOST:PORT, that of "
            "a scheduler; `hybrid-wbc cluster` tells how to start one"
        )
    return int(local[1] or 0) if local else None
