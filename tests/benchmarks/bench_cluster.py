"""What dies on a cluster changes no byte: workers killed, the scheduler killed, a machine cut off.

Scheduler and workers are processes of their own, as `hybrid-wbc cluster` has them started. The
machines are network namespaces with addresses of their own; the user may need to be root for them.
SYNTHETIC cells. The moments of the kills are drawn from a seed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from measured import ROOT

from hybrid_wbc.data.drawn.synthetic import write_smears

SEED, KILLS = 0, 10
PORT = 8797
SECONDS = 900
RUN = (
    "run", "quickstart-drawn", "--seeds=2", "--set=data.size=32", "--set=training.epochs=8",
    "--set=training.batch_size=8",
)  # fmt: skip
# They name the hour, the command or the machine.
LOOSE = {"log.txt", "provenance.json", "report.html", "checksums.json"}
MAIN = (
    "from hybrid_wbc.stages import plot; plot._DOTS_PER_INCH = 40\n"
    "from hybrid_wbc.cli.main import main; main()"
)


def environment(home: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "HYBRID_WBC_CACHE": str(home / "cache"),
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10",
        # A machine that is cut off says nothing more; five minutes are waited for it by default.
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "20s",
    }


@contextmanager
def running(home: Path, *command: str, within: str | None = None):
    """Start a program, in a network namespace where one is named; kill all of it in the end."""
    inside = ["ip", "netns", "exec", within] if within else []
    with (home / f"{command[1]}-{time.monotonic_ns()}.log").open("w") as log:
        process = subprocess.Popen(
            [*inside, sys.executable, "-m", *command],
            env=environment(home), cwd=home, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def scheduler(home: Path, address: str):
    return running(
        home, "dask", "scheduler", "--port", str(PORT), "--host", address, "--no-dashboard"
    )


def worker(home: Path, address: str, *options: str, within: str | None = None):
    return running(
        home, "dask", "worker", f"tcp://{address}:{PORT}", "--nworkers", "1", "--nthreads", "1",
        "--memory-limit", "0", "--no-dashboard", *options, within=within,
    )  # fmt: skip


def start(home: Path, out: str, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *RUN, "--data", str(home / "smears"),
         "--out", str(home / out), *options],
        env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen) -> str:
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said[-2000:]
    return said


def digests(home: Path, out: str) -> dict[str, str]:
    (folder,) = (each for each in (home / out).iterdir() if each.name.startswith("0"))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in LOOSE
    }


def trained_for(home: Path, out: str, seconds: float) -> None:
    """Wait until a training has begun, and so many seconds more."""
    until = time.monotonic() + SECONDS
    while not list((home / out).glob("0*/seed-*/training-state.npz")):
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(seconds)


def pids(address: str) -> dict[str, int]:
    """Give the process of each worker by its address."""
    from distributed import Client

    with Client(f"tcp://{address}:{PORT}", timeout=30) as client:
        client.wait_for_workers(1, timeout=60)
        # Not `os.getpid` itself: of what is written in C, Dask has the signature parsed, and two
        # threads that parse disturb each other in Python before 3.11.8 (python/cpython#113035).
        return client.run(lambda: os.getpid())


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("cluster")
    write_smears(home / "smears", per_class=6)
    finish(start(home, "alone"))
    return home


@pytest.fixture(scope="module")
def alone(home):
    return digests(home, "alone")


@pytest.mark.parametrize("number", range(KILLS))
def test_a_worker_killed_at_a_random_moment_costs_its_training_and_no_byte(number, home, alone):
    address = "127.0.0.1"
    generator = np.random.default_rng([SEED, number])
    with scheduler(home, address), worker(home, address), worker(home, address):
        process = start(home, f"killed-{number}", "--cluster", f"tcp://{address}:{PORT}")
        trained_for(home, f"killed-{number}", generator.uniform(0, 4))
        found = sorted(pids(address).items())
        os.kill(found[generator.integers(len(found))][1], signal.SIGKILL)
        said = finish(process)
    assert digests(home, f"killed-{number}") == alone
    print(f"\nkill {number}: {'begun again' if 'begun again' in said else 'between two trainings'}")


def test_a_run_whose_scheduler_was_killed_is_finished_by_resume(home, alone):
    address = "127.0.0.1"
    with scheduler(home, address) as first, worker(home, address), worker(home, address):
        process = start(home, "left", "--cluster", f"tcp://{address}:{PORT}")
        trained_for(home, "left", 0.5)
        os.killpg(first.pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2 and "the cluster's scheduler has gone" in said
    with scheduler(home, address), worker(home, address):
        finish(start(home, "left", "--cluster", f"tcp://{address}:{PORT}", "--resume"))
    assert digests(home, "left") == alone


def test_a_machine_that_is_cut_off_leaves_its_trainings_to_the_other(home, alone):
    done = subprocess.run(
        ["unshare", "-rnm", sys.executable, __file__, str(home)],
        env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unshare failed" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip(f"no network namespaces here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout)
    assert "begun again" in json.loads(done.stdout.splitlines()[-1])
    assert digests(home, "cut") == alone


def cut_off(home: Path) -> str:
    """Train on two machines, cut one off in the middle, and give what the run said."""

    def do(*command: str) -> None:
        subprocess.run(command, check=True)

    do("mount", "-t", "tmpfs", "tmpfs", "/run")
    do("ip", "link", "set", "lo", "up")
    do("ip", "link", "add", "switch", "type", "bridge")
    do("ip", "addr", "add", "10.77.0.1/24", "dev", "switch")
    do("ip", "link", "set", "switch", "up")
    for number, name in enumerate(("one", "other"), start=2):
        do("ip", "netns", "add", name)
        do("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "wire", "netns", name)
        do("ip", "link", "set", f"to-{name}", "master", "switch", "up")
        for command in (
            ("addr", "add", f"10.77.0.{number}/24", "dev", "wire"),
            ("link", "set", "wire", "up"),
            ("link", "set", "lo", "up"),
        ):
            do("ip", "-n", name, *command)
    address = "10.77.0.1"
    with ExitStack() as stack:
        stack.enter_context(scheduler(home, address))
        for name in ("one", "other"):
            stack.enter_context(worker(home, address, within=name))
        process = start(home, "cut", "--cluster", f"tcp://{address}:{PORT}")
        trained_for(home, "cut", 0.5)
        do("ip", "link", "set", "to-one", "down")
        return finish(process)


if __name__ == "__main__":
    print(json.dumps(cut_off(Path(sys.argv[1]))))
