"""Watches whether a cluster has a worker, and says what can be done while it has none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client

_BETWEEN_LOOKS = 1.0  # seconds
# A worker that has died is started again by its nanny, which takes about as long.
_SECONDS_WITHOUT = 5.0
# Names of tasks in a line.
_NAMED = 4


@contextmanager
def watched(
    client: Client, unfinished: Collection[str], say: Callable[[str], None], *, left: str
) -> Iterator[None]:
    """Say once for each time in which a cluster has no worker that it has none, and when it has.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    unfinished : collection of str
        Names of the tasks that are waited for; whoever finishes one takes it out.
    say : callable
        Takes a line, in another thread.
    left : str
        What is there when the command is stopped, and how to go on.
    """
    over = threading.Event()

    def watch() -> None:
        seen, said = time.monotonic(), False
        while not over.wait(_BETWEEN_LOOKS):
            if client.status != "running":  # whoever waits for the tasks says that it is gone
                continue
            if client.scheduler_info(n_workers=0)["n_workers"]:
                seen = time.monotonic()
                if said:
                    say("the cluster has a worker; going on")
                    said = False
            elif not said and time.monotonic() - seen >= _SECONDS_WITHOUT:
                say(_without(client.scheduler_info(n_workers=0)["address"], unfinished, left))
                said = True

    watching = threading.Thread(target=watch, name="watching the workers", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        # Not for ever: a scheduler that is cut off does not answer.
        watching.join(timeout=_SECONDS_WITHOUT)


def _without(address: str, unfinished: Collection[str], left: str) -> str:
    names = list(unfinished)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"the cluster has no worker; waiting for one to do {', '.join(names[:_NAMED])}{more}. "
        f"Start one: dask worker {address} --nthreads 1 --memory-limit 0. "
        f"Or stop this command: {left}"
    )
