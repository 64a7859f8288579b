"""Hands tasks to the workers of a Dask cluster, and gives what each has made when it is done.

Not by joblib's Dask backend, which gives nothing before all is done.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from threadpoolctl import threadpool_limits

from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.refitting import Spread
from hybrid_wbc.runs.provenance import versions
from hybrid_wbc.stages.task import check_versions
from hybrid_wbc.stages.workers import watched

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")

_NOTHING_LEFT = "give the command again, on a cluster or without one"
# Bytes.
_WORTH_SHARING = 10_000


def handed_out(
    client: Client,
    function: Callable[..., T],
    arguments: Mapping[str, Sequence[Any]],
    *,
    did: str,
    left: str,
    say: Callable[[str], None],
) -> Iterator[tuple[str, T]]:
    """Have a function called by the workers, once for each task.

    Parameters
    ----------
    client : distributed.Client
    function : callable
    arguments : mapping of str to sequence
        What it takes, by the name of the task.
    did : str
        What a worker does with a task, as in "trained it".
    left : str
        What is there after a failure, and how to go on: it ends the line that is then said.
    say : callable
        Takes a line while no worker is there, and another when one is; in another thread.

    Yields
    ------
    name : str
    made : object

    Raises
    ------
    InputError
        If the scheduler has gone, or a task has taken several workers with it.
    """
    from distributed import as_completed
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    gone = f"the cluster's scheduler has gone; {left}"
    if client.status != "running":
        raise InputError(gone)
    call = uuid.uuid4().hex
    names: dict[Future, str] = {
        client.submit(function, *given, key=f"{name}-{call}", pure=False): name
        for name, given in arguments.items()
    }
    unfinished = dict.fromkeys(arguments)
    try:
        with watched(client, unfinished, say, left=left):
            for future in as_completed(list(names)):
                name = names[future]
                try:
                    made = future.result()
                except KilledWorker as error:
                    raise InputError(
                        f"{name}: {error.allowed_failures + 1} workers died while they {did}, "
                        f"perhaps for want of memory: start fewer on a machine; {left}"
                    ) from error
                except FutureCancelledError as error:
                    raise InputError(gone) from error
                future.release()
                del unfinished[name]
                yield name, made
    finally:
        if client.status == "running":
            client.cancel(list(names))


def fits_on(client: Client, say: Callable[[str], None]) -> Spread:
    """Give what has the ablation's fits done by the workers of a cluster.

    Parameters
    ----------
    client : distributed.Client
    say : callable
        As for `handed_out`.

    Returns
    -------
    callable
        As `evaluation.refitting.refit` takes it. What it gives is what processes of this machine
        would give; what many fits have in common is sent to a worker once.
    """
    from dask.sizeof import sizeof

    def spread(function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]) -> Iterator[T]:
        wanted = versions()
        common: dict[int, Future] = {}

        def sent(value: object) -> object:
            if sizeof(value) < _WORTH_SHARING:
                return value
            # What Dask scatters would be lost with the workers that hold it.
            if id(value) not in common:
                common[id(value)] = client.submit(_given, value, pure=False)
            return common[id(value)]

        given = {
            f"fit {number}": (wanted, function, *map(sent, each))
            for number, each in enumerate(arguments, start=1)
        }
        for _, made in handed_out(
            client, _as_here, given, did="fitted it", left=_NOTHING_LEFT, say=say
        ):
            yield made

    return spread


def _given(value: T) -> T:
    return value


def _as_here(wanted: Mapping[str, str], function: Callable[..., T], *given: Any) -> T:
    """Call a function in a worker as a process of joblib's would on the run's own machine."""
    check_versions(wanted)
    # As those processes have: BLAS with more threads may round otherwise.
    with threadpool_limits(1):
        return function(*given)
