"""Repeats trained by the workers of a cluster: the same bytes, whatever dies on the way."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError
from io import StringIO

import cloudpickle
import numpy as np
import pytest
from rich.console import Console

from hybrid_wbc.config import load
from hybrid_wbc.config.cluster import ALLOWED_FAILURES
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation import refitting
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import cluster, run, task
from hybrid_wbc.stages.ablate import ablate
from hybrid_wbc.stages.repeats import Repeat

# They are drawn of the same files with a cluster as without.
pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = (
    "data.size=32", "training.epochs=3", "training.batch_size=8", "split.test=0.34",
    "evaluation.seeds=2",
)  # fmt: skip
# They name the hour, the command or the machine.
DIFFERING = {"log.txt", "provenance.json", "report.html"}


def begin(parent, smears):
    settings = load.load("quickstart-drawn", [f"data.path={json.dumps(str(smears))}", *SMALL])
    return settings, RunFolder.create(parent, settings.name, settings.to_yaml())


def finish(settings, folder, client=None):
    said = StringIO()
    run.run(settings, folder, Reporter(Console(file=said, width=300), folder.log), client)
    return said.getvalue()


def digests(folder):
    """Give the hash of every file, and what the list says of each that is a result."""
    found = {
        path.relative_to(folder.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.name not in DIFFERING
        else ""
        for path in sorted(folder.path.rglob("*"))
        if path.is_file()
    }
    listed = json.loads((folder.path / "checksums.json").read_text())
    return found | {"checksums.json": {k: v for k, v in listed.items() if k not in DIFFERING}}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, smears):
    settings, folder = begin(tmp_path_factory.mktemp("alone"), smears)
    finish(settings, folder)
    return digests(folder)


@pytest.fixture
def trained_only(alone, monkeypatch):
    """Leave out what follows from the repeats; give what is kept of them."""
    monkeypatch.setattr(run, "_finish", lambda *_: None)
    return of_repeats(alone)


def of_repeats(digests):
    return {name: digest for name, digest in digests.items() if name.startswith("seed-")}


@pytest.fixture(scope="module")
def client():
    with cluster.opened("local:2") as client:
        yield client


def kill_workers(client):
    # Not `os.getpid` itself: of what is written in C, Dask has the signature parsed, and two
    # threads that parse disturb each other in Python before 3.11.8 (python/cpython#113035).
    for process in client.run(lambda: os.getpid()).values():
        os.kill(process, signal.SIGKILL)


def during_a_training(folder, do):
    """Do something once, when the first epoch of any training has been kept."""

    def wait():
        until = time.monotonic() + 120
        while not list(folder.path.glob("seed-*/training-state.npz")):
            if time.monotonic() > until:
                return
            time.sleep(0.01)
        do()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_cluster_gives_the_same_bytes_as_one_repeat_after_another(
    alone, client, smears, tmp_path
):
    settings, folder = begin(tmp_path, smears)
    said = finish(settings, folder, client)
    assert "seed-0: begun on tcp://" in said and "seed-1: begun on tcp://" in said
    assert "again" not in said
    assert digests(folder) == alone


def test_workers_killed_in_the_middle_of_a_training_change_no_byte(
    trained_only, client, smears, tmp_path
):
    settings, folder = begin(tmp_path, smears)

    killing = during_a_training(folder, lambda: kill_workers(client))
    said = finish(settings, folder, client)
    killing.join()
    assert ": its worker has gone; begun again on tcp://" in said
    assert of_repeats(digests(folder)) == trained_only


@pytest.fixture
def another_scheduler(tmp_path):
    """Start a scheduler and a worker as processes; give the first, and its address."""
    told = tmp_path / "scheduler.json"
    with ExitStack() as stack:

        def started(command, *options):
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", command, *options, "--no-dashboard"],
                cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = started("scheduler", "--host", "127.0.0.1", "--port", "0",
                            "--scheduler-file", str(told))  # fmt: skip
        address, until = None, time.monotonic() + 60
        while address is None and time.monotonic() < until:
            time.sleep(0.05)
            with suppress(FileNotFoundError, json.JSONDecodeError):  # it is not whole at once
                address = json.loads(told.read_text())["address"]
        started("worker", address, "--no-nanny", "--nthreads", "1", "--memory-limit", "0")
        yield scheduler, address


def test_a_run_whose_scheduler_is_killed_is_one_line_and_goes_on_without_it(
    trained_only, another_scheduler, smears, tmp_path
):
    settings, folder = begin(tmp_path, smears)
    scheduler, address = another_scheduler
    with cluster.opened(address) as client:
        killing = during_a_training(folder, scheduler.kill)
        with pytest.raises(InputError, match=r"the cluster's scheduler has gone.*--resume"):
            finish(settings, folder, client)
        killing.join()
    finish(settings, folder)
    assert of_repeats(digests(folder)) == trained_only


def die(*_):
    os._exit(1)


@pytest.fixture
def unforgiving(client):
    """Let a task fail with the first worker that dies under it, in a function of this module."""

    def allow(failures):
        client.run_on_scheduler(
            lambda n, dask_scheduler: setattr(dask_scheduler, "allowed_failures", n), failures
        )

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    allow(0)
    yield client
    allow(ALLOWED_FAILURES)
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_a_training_that_takes_its_workers_with_it_is_given_up_in_a_line(
    unforgiving, smears, tmp_path, monkeypatch
):
    monkeypatch.setattr(task, "do", die)
    settings, folder = begin(tmp_path, smears)
    with pytest.raises(
        InputError, match=r"^seed-\d: 1 workers died while they trained it.*--resume"
    ):
        finish(settings, folder, unforgiving)


class Killing(Reporter):
    """Kills every worker once, when some of a job is done."""

    def __init__(self, client):
        super().__init__(Console(file=StringIO()))
        self.client, self.killed = client, False

    @contextmanager
    def job(self, title):
        def advance(done, total, detail=""):
            if 3 <= done < total and not self.killed:
                self.killed = True
                kill_workers(self.client)

        yield advance


def test_an_ablation_on_a_cluster_gives_the_same_bytes_whoever_dies(client, make_run, tmp_path):
    folder = make_run(tmp_path / "run", seeds=(0, 1), copies=12)
    settings = Run(folder).config()

    def ablated(reporter, **others):
        for path in (folder.path / "ablation.json", folder.path / "ablation.csv"):
            path.unlink(missing_ok=True)
        ablate(settings, folder, reporter, **others)
        return (folder.path / "ablation.json").read_bytes(), (
            folder.path / "ablation.csv"
        ).read_bytes()

    killing = Killing(client)
    alone = ablated(Reporter(Console(file=StringIO())))
    assert ablated(killing, client=client) == alone
    assert killing.killed


def test_an_ablation_that_takes_its_workers_with_it_is_given_up_in_a_line(
    unforgiving, make_run, tmp_path, monkeypatch
):
    monkeypatch.setattr(refitting, "_refit", die)
    folder = make_run(tmp_path / "run")
    with pytest.raises(
        InputError, match=r"^fit \d+: 1 workers died while they fitted it.*give the command again"
    ):
        ablate(Run(folder).config(), folder, Reporter(Console(file=StringIO())), client=unforgiving)


@pytest.mark.parametrize(
    ("of_scheduler", "of_worker", "said"),
    [
        (PackageNotFoundError(), "0", "not installed on scheduler"),
        ("0", PackageNotFoundError(), "not installed on tcp://one"),
        ("0", "9", "9 on tcp://one"),
    ],
)
def test_machines_with_another_version_of_this_program_are_refused(
    of_scheduler, of_worker, said, monkeypatch
):
    class Client:
        def run_on_scheduler(self, *_):
            if isinstance(of_scheduler, Exception):
                raise of_scheduler
            return of_scheduler

        def run(self, *_, on_error):
            assert on_error == "return"
            return {"tcp://one": of_worker}

    monkeypatch.setattr(cluster, "versions", lambda: {"hybrid-wbc": "0"})
    with pytest.raises(InputError, match=f"hybrid-wbc: {said}, 0 here; install the same version"):
        cluster._check_program(Client())


def test_a_repeat_that_was_extracted_is_not_handed_out_again(client, smears, tmp_path):
    settings, folder = begin(tmp_path, smears)
    place = folder.repeat("seed-0")
    (folder.path / "checksums.json").write_text('{"seed-0/embeddings.npz": ""}')
    (place / "embeddings.npz").write_bytes(b"")
    repeat = Repeat("seed-0", 0, np.arange(1), np.array(["train"]))
    reporter = Reporter(Console(file=StringIO()))
    assert list(cluster.trained(settings, folder, [repeat], reporter, client)) == [repeat]


def test_a_scheduler_that_does_not_answer_is_one_line_within_seconds():
    started = time.monotonic()
    with (
        pytest.raises(InputError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1;") as no,
        cluster.opened("tcp://127.0.0.1:1"),
    ):
        pass
    assert time.monotonic() - started < 30 and "\n" not in str(no.value)


@pytest.mark.parametrize("place", ["", "loco", "local:0", "local:x", "tcp://host", "8786"])
def test_a_place_that_is_no_cluster_is_refused_with_the_choices(place):
    with (
        pytest.raises(InputError, match=f"received '{place}'; give local, local:WORKERS or tcp"),
        cluster.opened(place),
    ):
        pass


def test_without_the_extra_a_cluster_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match=r'not installed: pip install "hybrid-wbc\[dask\]"'),
        cluster.opened("local"),
    ):
        pass
