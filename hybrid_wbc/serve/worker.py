"""One thread for all that the model does: requests take turns, step by step."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from hybrid_wbc.serve.limits import RefusedError

T = TypeVar("T")
Steps = Generator[object, None, T]
"""A piece of work that gives up the thread now and then, and returns its result."""


@dataclass(frozen=True)
class _Job:
    steps: Steps[Any]
    future: Future[Any]


class Worker:
    """A thread that does the steps of all jobs in turns.

    A job with many pictures so does one of them, and then the others' turns come. A job whose
    future is cancelled is dropped before its next step.

    Parameters
    ----------
    most : int
        Jobs that it has at one time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: deque[_Job] = deque()
        self._busy = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    @property
    def count(self) -> int:
        """How many jobs it has."""
        with self._changed:
            return len(self._jobs) + self._busy

    def submit(self, steps: Steps[T]) -> Future[T]:
        """Put a job at the end of the row.

        Parameters
        ----------
        steps : generator
            Its return value is the future's result.

        Returns
        -------
        Future

        Raises
        ------
        RefusedError
            If the row is full.
        """
        future: Future[T] = Future()
        with self._changed:
            if len(self._jobs) + self._busy >= self._most:
                raise RefusedError(
                    503, f"{self._most} requests are waiting already: try again in some seconds"
                )
            self._jobs.append(_Job(steps, future))
            self._changed.notify()
        return future

    def stop(self) -> None:
        """Drop all jobs and end the thread, after the step that it is at."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = 0
                self._changed.wait_for(lambda: self._jobs or self._stopped)
                if self._stopped:
                    for job in self._jobs:
                        job.future.cancel()
                    return
                job = self._jobs.popleft()
                self._busy = 1
            if self._step(job):
                with self._changed:
                    self._jobs.append(job)
            del job  # and the pictures that it holds, while nothing else is to be done

    @staticmethod
    def _step(job: _Job) -> bool:
        """Do one step; say whether more are to come."""
        if job.future.cancelled():
            job.steps.close()
            return False
        # Whoever waited may have gone meanwhile: then nobody takes the result.
        with suppress(InvalidStateError):
            try:
                next(job.steps)
            except StopIteration as done:
                job.future.set_result(done.value)
            # Whatever goes wrong belongs to this job, and the thread goes on.
            except Exception as error:
                job.future.set_exception(error)
            else:
                return True
        return False
