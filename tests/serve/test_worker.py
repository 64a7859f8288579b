"""One thread for all: jobs take turns, a failing one harms no other, and a full row says so."""

import threading
from concurrent.futures import CancelledError

import pytest

from hybrid_wbc.serve.limits import RefusedError
from hybrid_wbc.serve.worker import Worker


@pytest.fixture
def worker():
    worker = Worker(4)
    yield worker
    worker.stop()
    assert not worker.is_alive


def test_a_long_job_lets_a_short_one_pass(worker):
    begun, order = threading.Event(), []

    def long():
        begun.wait(5)
        for step in range(5):
            order.append(f"long {step}")
            yield
        return "long"

    def short():
        order.append("short")
        yield
        return "short"

    first, second = worker.submit(long()), worker.submit(short())
    begun.set()
    assert (first.result(5), second.result(5)) == ("long", "short")
    assert order.index("short") == 1


def test_a_job_that_fails_tells_its_own_and_the_thread_goes_on(worker):
    def failing():
        yield
        raise ZeroDivisionError

    def well():
        yield
        return 7

    broken, sound = worker.submit(failing()), worker.submit(well())
    with pytest.raises(ZeroDivisionError):
        broken.result(5)
    assert sound.result(5) == 7 and worker.is_alive


def test_a_job_that_nobody_waits_for_is_dropped_before_its_next_step(worker):
    closed, going = threading.Event(), threading.Event()

    def endless():
        try:
            while True:
                going.set()
                yield
        finally:
            closed.set()

    future = worker.submit(endless())
    assert going.wait(5)
    future.cancel()
    assert closed.wait(5)


def test_a_full_row_refuses_the_next_in_words(worker):
    gate = threading.Event()

    def waiting():
        gate.wait(5)
        yield

    futures = [worker.submit(waiting()) for _ in range(4)]
    with pytest.raises(RefusedError, match="4 requests are waiting already"):
        worker.submit(waiting())
    assert worker.count == 4
    gate.set()
    for future in futures:
        future.result(5)


def test_stopping_drops_what_waits():
    worker, gate = Worker(4), threading.Event()

    def waiting():
        gate.wait(5)
        yield

    first, second = worker.submit(waiting()), worker.submit(waiting())
    threading.Timer(0.1, gate.set).start()
    worker.stop()
    with pytest.raises(CancelledError):
        second.result(1)
    assert not worker.is_alive and (first.cancelled() or first.done())
