"""Has the repeats of a run trained side by side by the workers of a Dask cluster."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_wbc.config.cluster import ALLOWED_FAILURES, check_place
from hybrid_wbc.config.settings import Config
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Advance, Reporter
from hybrid_wbc.runs import moving
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import PROGRAM, cores, versions
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import task
from hybrid_wbc.stages.handing import handed_out
from hybrid_wbc.stages.repeats import Repeat
from hybrid_wbc.stages.sets import data_path

if TYPE_CHECKING:
    from distributed import Client

_LEFT = (
    "what is trained is kept, and the same command, `run` with --resume, goes on, on a cluster or "
    "without one"
)
_SECONDS_TO_CONNECT = 5
# Of those that are worked on; the bar is one line.
_SHOWN = 4


@contextmanager
def opened(place: str | None) -> Iterator[Client | None]:
    """Start a cluster on this machine, closed in the end, or connect to one.

    Parameters
    ----------
    place : str, optional
        `local`, `local:WORKERS` or `tcp://HOST:PORT`; None is no cluster.

    Yields
    ------
    distributed.Client or None

    Raises
    ------
    InputError
        If it is none of these, Dask is not installed, or no scheduler answers.
    """
    if place is None:
        yield None
        return
    workers = check_place(place)
    try:
        import dask
        from distributed import Client, LocalCluster
        from distributed.utils import silence_logging_cmgr
    except ImportError as error:
        raise InputError(
            '--cluster needs Dask, which is not installed: pip install "hybrid-wbc[dask]"'
        ) from error
    # What goes wrong is said here, in a line.
    with silence_logging_cmgr(logging.CRITICAL):
        if workers is None:
            try:
                client = Client(place, timeout=_SECONDS_TO_CONNECT)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"--cluster: no scheduler answers at {place}; `hybrid-wbc cluster` tells how "
                    "to start one"
                ) from error
            with client:
                _check_program(client)
                yield client
            return
        changed = {
            "distributed.scheduler.allowed-failures": ALLOWED_FAILURES,
            # As the run itself would: BLAS with other threads may round otherwise.
            "distributed.nanny.pre-spawn-environ": {},
        }
        with (
            dask.config.set(changed),
            LocalCluster(
                n_workers=workers or cores() or 1,
                threads_per_worker=1,
                processes=True,
                memory_limit=None,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


def _check_program(client: Client) -> None:
    """Refuse a cluster on which another version of this program is installed, or none.

    Raises
    ------
    InputError
    """
    # A function of the standard library, since what is not there cannot be asked.
    asked = (metadata.version, PROGRAM)
    try:
        found = {"scheduler": client.run_on_scheduler(*asked)}
    except metadata.PackageNotFoundError:
        found = {"scheduler": ""}
    found |= client.run(*asked, on_error="return")
    wanted = versions()[PROGRAM]
    for place, version in found.items():
        if version != wanted:
            here = version if isinstance(version, str) and version else "not installed"
            raise InputError(
                f"--cluster: {PROGRAM}: {here} on {place}, {wanted} here; install the same version "
                "on all machines of the cluster"
            )


def trained(
    config: Config,
    folder: RunFolder,
    repeats: Sequence[Repeat],
    reporter: Reporter,
    client: Client | None,
) -> Iterator[Repeat]:
    """Give the repeats of a run, each when a cluster has trained and extracted it.

    Without a cluster they are given as they are, to be trained by whoever asked.

    Parameters
    ----------
    config : Config
    folder : RunFolder
        Prepared.
    repeats : sequence of Repeat
    reporter : Reporter
        Hears which are trained, which are trained again since a worker has died, and when no worker
        is there.
    client : distributed.Client, optional

    Yields
    ------
    Repeat

    Raises
    ------
    InputError
        If a worker does not see the data or has other versions; if the scheduler has gone, or a
        task has taken several workers with it.
    """
    if client is None:
        yield from repeats
        return
    missing = []
    for repeat in repeats:
        if Run(folder).repeat(repeat.name).is_extracted:
            yield repeat
        else:
            missing.append(repeat)
    if not missing:
        return
    from hybrid_wbc.cnn import threads  # TensorFlow takes seconds to load

    config = _with_whole_paths(config, folder, reporter)
    facts = moving.facts_of(folder, config)
    tasks = [
        task.Task(
            repeat=repeat,
            facts=facts,
            begun=moving.repeat_of(folder, repeat.name),
            folder=folder.path.absolute(),
            threads=threads.in_use(),
            versions=versions(),
        )
        for repeat in missing
    ]
    with reporter.job("training on the cluster") as advance:
        followed = _Followed(len(missing), advance, reporter)
        call = uuid.uuid4().hex
        if client.status == "running":
            client.subscribe_topic(call, lambda event: followed.hear(task.News(*event[1])))
        waiting = {each.repeat.name: each.repeat for each in tasks}
        given = {each.repeat.name: (each, call) for each in tasks}
        try:
            for name, files in handed_out(
                client, task.do, given, did="trained it", left=_LEFT, say=reporter.say
            ):
                moving.receive(folder, files)
                followed.finish(name)
                yield waiting[name]
        finally:
            if client.status == "running":
                client.unsubscribe_topic(call)
    # What a worker was writing beside a file's place when it died.
    folder.sweep()


class _Followed:
    """Shows how far the tasks of a run are, by what the workers say of them."""

    def __init__(self, total: int, advance: Advance, reporter: Reporter) -> None:
        self._total, self._advance, self._reporter = total, advance, reporter
        self._begun: set[str] = set()
        self._worked_on: dict[str, str] = {}
        self._finished: set[str] = set()

    def say(self, line: str) -> None:
        """Say one finished thing."""
        self._reporter.say(line)

    def hear(self, news: task.News) -> None:
        """Take what a worker says of a task."""
        if news.job == task.BEGUN:
            again = news.repeat in self._begun
            self._begun.add(news.repeat)
            self.say(
                f"{news.repeat}: its worker has gone; begun again on {news.worker}"
                if again
                else f"{news.repeat}: begun on {news.worker}"
            )
        elif news.repeat not in self._finished:
            self._worked_on[news.repeat] = f"{news.job} {news.done}/{news.total}"
        self._show()

    def finish(self, repeat: str) -> None:
        """Count a task as done."""
        self._finished.add(repeat)
        self._worked_on.pop(repeat, None)
        self._show()

    def _show(self) -> None:
        working = list(self._worked_on.values())
        more = [f"{len(working) - _SHOWN} more"] if len(working) > _SHOWN else []
        self._advance(len(self._finished), self._total, "; ".join(working[:_SHOWN] + more))


def _with_whole_paths(config: Config, folder: RunFolder, reporter: Reporter) -> Config:
    """Give settings that find the same data and weights from wherever they are read."""
    data, network = config.data, config.network
    found = {
        "more_paths": [_whole(path) for path in data.more_paths],
        "test_path": data.test_path and _whole(data.test_path),
        "labels": data.labels and _whole(data.labels),
    }
    if data.path is not None or data.bundled is None:
        found["path"] = _whole(data_path(config, folder, reporter))
    if Path(network.weights).is_file():
        network = network.model_copy(update={"weights": _whole(network.weights)})
    return config.model_copy(update={"data": data.model_copy(update=found), "network": network})


def _whole(path: Path | str) -> str:
    return str(Path(path).absolute())
