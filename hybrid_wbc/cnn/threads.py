"""Owns how many threads TensorFlow's operations use: how sums are parted decides their last bits.

With another number the weights differ after a few steps; with the same number they are the same,
whatever cores the threads run on.
"""

from __future__ import annotations

import os

import tensorflow as tf

from hybrid_wbc.errors import InputError

_SETTING = "TF_NUM_INTRAOP_THREADS"


def usable() -> int:
    """Give the number of threads that TensorFlow would use by itself in this process.

    Returns
    -------
    int
        As `TF_NUM_INTRAOP_THREADS` says, else the cores that the process may run on.
    """
    said = os.environ.get(_SETTING, "")
    if said.isdecimal() and int(said):
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_use() -> int:
    """Give the number that holds in this process: what `hold` was given, else what is usable."""
    return tf.config.threading.get_intra_op_parallelism_threads() or usable()


def hold(number: int) -> None:
    """Make TensorFlow use so many threads in this process.

    Parameters
    ----------
    number : int

    Raises
    ------
    InputError
        If it has begun to work with another number, which cannot be changed then.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(number)
    except RuntimeError as error:
        used = in_use()
        if used != number:
            raise InputError(
                f"this run was begun with {number} threads, and TensorFlow already works with "
                f"{used} in this process: go on with it in a process of its own, or start a new run"
            ) from error
