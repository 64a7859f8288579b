"""The weights rest on the number of threads, which is known, written down and held."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import tensorflow as tf

from hybrid_wbc.cnn import threads
from hybrid_wbc.errors import InputError

TRAINING = """
import hashlib, os, sys
if len(sys.argv) > 1:
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
from hybrid_wbc.cnn import threads
from hybrid_wbc.cnn.fitting import fit_network
from hybrid_wbc.config.network import Augmentation, Network, Training
import numpy as np

assert threads.in_use() == (1 if len(sys.argv) > 1 else len(os.sched_getaffinity(0)))
if len(sys.argv) > 1:
    threads.hold(int(sys.argv[1]))
images = np.random.default_rng(0).integers(0, 255, (32, 32, 32, 3)).astype(np.uint8)
model, _ = fit_network(
    Network(), Training(epochs=2, batch_size=16), Augmentation(), images, np.arange(32) % 4,
    classes=4, seed=0, advance=lambda *_: None,
)
print(hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
"""  # fmt: skip


def weights(*arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "TF_NUM_INTRAOP_THREADS"}
    return subprocess.run(
        [sys.executable, "-c", TRAINING, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system gives no cores away")
def test_one_core_trains_the_same_weights_where_the_number_of_threads_is_held():
    assert weights(str(len(os.sched_getaffinity(0)))) == weights()


def test_the_threads_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert threads.usable() == 3
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "6")
    assert threads.usable() == 6
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "many")
    monkeypatch.delattr(os, "sched_getaffinity")
    assert threads.usable() == os.cpu_count()


def test_another_number_is_refused_once_tensorflow_works():
    tf.constant(1) + 1
    threads.hold(threads.in_use())
    with pytest.raises(InputError, match="go on with it in a process of its own"):
        threads.hold(threads.in_use() + 1)
