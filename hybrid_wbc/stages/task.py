"""The training and extraction of one repeat away from its run: what a worker of a cluster does."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from rich.console import Console

from hybrid_wbc.config.settings import Config
from hybrid_wbc.data.loading import Cells
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Advance, Reporter
from hybrid_wbc.runs import moving
from hybrid_wbc.runs.moving import Files
from hybrid_wbc.runs.provenance import versions
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.extract import extract_repeat
from hybrid_wbc.stages.prepare import prepare
from hybrid_wbc.stages.repeats import Repeat
from hybrid_wbc.stages.train import train_repeat

_SECONDS_BETWEEN_NEWS = 1.0
BEGUN = ""


@dataclass(frozen=True)
class Task:
    """What a worker needs to train one repeat; the data it reads itself, by their place.

    Parameters
    ----------
    repeat : Repeat
    facts : mapping of str to bytes
        Settings, manifest and provenance of the run; every path in the settings is absolute.
    begun : mapping of str to bytes
        What there is of the repeat already.
    folder : Path
        The run's own, which the worker may see or not.
    threads : int
        That TensorFlow uses: the weights rest on the number.
    versions : mapping of str to str
        Of the libraries, where the run is: the results rest on them too.
    """

    repeat: Repeat
    facts: Files
    begun: Files
    folder: Path
    threads: int
    versions: Mapping[str, str]


class News(NamedTuple):
    """What a worker says of a task: nothing is done of it yet where the job is `BEGUN`."""

    repeat: str
    job: str
    done: int
    total: int
    worker: str


Tell = Callable[[str, int, int], None]
"""Takes a job's title, how much of it is done, and of how much."""


def do(task: Task, topic: str) -> Files:
    """Do a task in this worker process, and tell those who listen to the topic how far it is."""
    from distributed import get_worker  # of the extra `[dask]`

    worker = get_worker()

    def tell(job: str, done: int, total: int) -> None:
        worker.log_event(topic, list(News(task.repeat.name, job, done, total, worker.address)))

    tell(BEGUN, 0, 0)
    return train(task, Path(worker.local_directory), tell)


def train(task: Task, workplace: Path, tell: Tell) -> Files:
    """Train and extract a repeat in a folder of its own, which is then removed.

    Parameters
    ----------
    task : Task
    workplace : Path
        Folder that it is made in.
    tell : callable
        Hears of each job.

    Returns
    -------
    dict of str to bytes
        The files of the repeat, by their place in the run.

    Raises
    ------
    InputError
        If this machine does not see the data, sees others, or has other versions of the libraries;
        if this process has used another number of threads already.
    """
    from hybrid_wbc.cnn import threads  # TensorFlow takes seconds to load

    check_versions(task.versions)
    try:
        threads.hold(task.threads)
    except InputError as error:
        raise InputError(
            f"the worker on {socket.gethostname()} has trained with {threads.in_use()} threads "
            f"before, and this run was begun with {task.threads}: restart the workers"
        ) from error
    reporter = _Distant(tell)
    cells = _cells(tuple(task.facts.items()), workplace)
    with TemporaryDirectory(dir=workplace, prefix=f"{task.repeat.name}-") as place:
        folder = moving.copy_at(Path(place), task.facts | task.begun, task.folder)
        config = Run(folder).config()
        train_repeat(config, folder, cells, task.repeat, reporter)
        extract_repeat(config, folder, cells, task.repeat, reporter)
        return moving.repeat_of(folder, task.repeat.name)


class _Distant(Reporter):
    """Tells another machine how far each job is; what is said once, the run has said itself."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(Console(file=io.StringIO()))
        self._tell = tell

    @contextmanager
    def job(self, title: str) -> Iterator[Advance]:
        told = 0.0

        def advance(done: int, total: int, detail: str = "") -> None:  # noqa: ARG001
            nonlocal told
            now = time.monotonic()
            if now - told >= _SECONDS_BETWEEN_NEWS:
                told = now
                self._tell(title, done, total)

        yield advance


@lru_cache(maxsize=1)  # a worker trains many repeats of one run
def _cells(facts: tuple[tuple[str, bytes], ...], workplace: Path) -> Cells:
    """Read the cells of a run by the place of its data."""
    with TemporaryDirectory(dir=workplace, prefix="data-") as place:
        folder = moving.copy_at(Path(place), dict(facts), Path(place))
        config = Run(folder).config()
        host = socket.gethostname()
        for path in paths_of(config):
            if not path.exists():
                raise InputError(
                    f"{path}: not seen by the worker on {host}; a cluster's workers read the data "
                    "by their path: put them where all workers see them under the same one"
                )
        try:
            return prepare(config, folder, Reporter(Console(file=io.StringIO())))
        except InputError as error:
            shown = str(error).removeprefix(f"{folder.path}: ")
            raise InputError(f"the worker on {host} cannot use the data: {shown}") from error


def paths_of(config: Config) -> list[Path]:
    """Give every file and folder that a run reads."""
    data = config.data
    named = [data.path, *data.more_paths, data.test_path, data.labels]
    weights = Path(config.network.weights)
    return [Path(path) for path in named if path is not None] + [weights] * weights.is_absolute()


def check_versions(wanted: Mapping[str, str]) -> None:
    """Refuse a machine whose libraries would give other results.

    Parameters
    ----------
    wanted : mapping of str to str
        As `provenance.versions` gives them where the run is.

    Raises
    ------
    InputError
    """
    here = versions()
    for package, version in wanted.items():
        if here.get(package) != version:
            raise InputError(
                f"{package}: {here.get(package, 'not installed')} on the worker on "
                f"{socket.gethostname()}, {version} here; install the same version on all machines"
            )
