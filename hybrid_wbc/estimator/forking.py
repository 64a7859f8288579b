"""Owns the word that is said in a forked process in which TensorFlow would hang.

A fork copies TensorFlow's memory without its threads, and whatever gives them work waits for ever.
joblib's backend "multiprocessing" forks; "loky", which is its default, and "threading" do not.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any, cast

from hybrid_wbc.errors import InputError

_PICKLED = "_pickled_network"
_forked_in: list[int] = []


def refuse_after_fork() -> None:
    """Refuse to go on where TensorFlow would wait for threads that this process has not.

    Raises
    ------
    InputError
        If this process was forked after TensorFlow had begun to work.
    """
    if os.getpid() in _forked_in:
        raise InputError(
            "HybridClassifier: this process was forked from one in which TensorFlow has worked, "
            "and would wait for ever; use joblib's backend 'loky' or 'threading', or start "
            "processes by 'spawn'"
        )


def _remember_fork() -> None:
    """Note a fork from a process in which TensorFlow has worked; called in the new process.

    TensorFlow's own functions would start or wait for what they are asked about, so that its
    context is only looked at.
    """
    eager = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(eager, "_context", None)
    if _forked_in or getattr(context, "_initialized", False):
        _forked_in.append(os.getpid())


class UnpickledWhenAsked:
    """Leaves the network of a pickled estimator in its bytes until somebody asks for it.

    What joblib sends to a forked process it sends pickled, fitted estimators too, and TensorFlow
    would hang while the network is unpickled, before any method could say a word.
    """

    def __getstate__(self) -> dict[str, Any]:
        state = dict(cast(dict[str, Any], super().__getstate__()))
        if "network_" in state:
            state[_PICKLED] = pickle.dumps(state.pop("network_"))
        return state

    def __getattr__(self, name: str) -> Any:
        if name != "network_" or _PICKLED not in vars(self):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        refuse_after_fork()
        self.network_ = pickle.loads(vars(self)[_PICKLED])
        del vars(self)[_PICKLED]
        return self.network_


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_remember_fork)
