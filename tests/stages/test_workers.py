"""A cluster without a worker says so once, and what waits goes on when one comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from distributed import Client, LocalCluster

from hybrid_wbc.stages import workers
from hybrid_wbc.stages.handing import fits_on, handed_out

NONE, AGAIN = "the cluster has no worker; waiting for one to do ", "the cluster has a worker"
WITHOUT = 0.4  # seconds


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LocalCluster, Client]]:
    monkeypatch.setattr(workers, "_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(workers, "_SECONDS_WITHOUT", WITHOUT)
    with (
        LocalCluster(n_workers=0, threads_per_worker=1, processes=False, dashboard_address=None)
        as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield cluster, client


def wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def handed(client: Client, said: list[str], count: int, made: list[int]) -> threading.Thread:
    given = {f"seed-{number}": (number,) for number in range(count)}

    def work() -> None:
        done = handed_out(client, abs, given, did="did it", left="go on", say=said.append)
        made.extend(value for _, value in done)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_cluster_without_a_worker_says_so_once_and_goes_on_when_one_comes(
    empty: tuple[LocalCluster, Client],
) -> None:
    cluster, client = empty
    said: list[str] = []
    made: list[int] = []
    working = handed(client, said, 6, made)
    wait_for(lambda: bool(said))
    time.sleep(3 * WITHOUT)
    assert said == [
        f"{NONE}seed-0, seed-1, seed-2, seed-3 and 2 more. Start one: dask worker "
        f"{cluster.scheduler_address} --nthreads 1 --memory-limit 0. Or stop this command: "
        "go on"
    ]
    assert not made
    cluster.scale(1)
    working.join(60)
    assert sorted(made) == [0, 1, 2, 3, 4, 5]
    assert [line for line in said if line.startswith(NONE)] == said[:1]


def test_each_time_without_a_worker_is_said_with_what_is_left(
    empty: tuple[LocalCluster, Client],
) -> None:
    cluster, client = empty
    said: list[str] = []
    unfinished = dict.fromkeys(("seed-0", "seed-1"))
    with workers.watched(client, unfinished, said.append, left="stop"):
        wait_for(lambda: len(said) == 1)
        cluster.scale(1)
        wait_for(lambda: len(said) == 2)
        del unfinished["seed-0"]
        cluster.scale(0)
        wait_for(lambda: len(said) == 3)
        cluster.scale(1)
        wait_for(lambda: len(said) == 4)
    assert said[0].startswith(f"{NONE}seed-0, seed-1. ")
    assert said[2].startswith(f"{NONE}seed-1. ")
    assert said[1] == said[3] == f"{AGAIN}; going on"


def test_a_worker_that_is_there_in_time_is_not_spoken_of(
    empty: tuple[LocalCluster, Client],
) -> None:
    cluster, client = empty
    cluster.scale(1)
    client.wait_for_workers(1)
    said: list[str] = []
    made: list[int] = []
    handed(client, said, 3, made).join(60)
    assert len(made) == 3 and not said


def test_the_fits_of_an_ablation_say_it_too(empty: tuple[LocalCluster, Client]) -> None:
    cluster, client = empty
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        cluster.scale(1)

    assert sorted(fits_on(client, say)(abs, [(-1,), (2,)])) == [1, 2]
    assert said[0].startswith(f"{NONE}fit 1, fit 2. ")
    assert "give the command again, on a cluster or without one" in said[0]
