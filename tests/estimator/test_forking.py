"""A process that TensorFlow would hang in says so; one that it works in is left alone."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import forking

CODE = """
import sys
import joblib, numpy as np
from sklearn.model_selection import cross_validate
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.hybrid import HybridClassifier

images = np.random.default_rng(0).integers(0, 255, (12, 16, 16, 3)).astype(np.uint8)
labels = np.array(["a", "b"] * 6)
images[::2] //= 4
cells = HybridClassifier(epochs=1, size=16, batch_size=4, head="knn", calibration=None)
if sys.argv[1] == "used":
    cells.fit(images, labels)
elif sys.argv[1] == "imported":
    import hybrid_wbc.cnn
with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
    try:
        found = cross_validate(cells, images, labels, cv=2, error_score="raise")
        print("scored", len(found["test_score"]))
    except InputError as error:
        print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("used", "forked from one in which TensorFlow has worked"),
        ("imported", "scored 2"),
        ("cold", "scored 2"),
    ],
)
def test_a_fork_after_tensorflow_has_worked_is_a_word_and_never_a_hang(before, said):
    done = subprocess.run(
        [sys.executable, "-c", CODE, before],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert said in done.stdout, done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_pickled_estimator_gives_the_same_answers_and_its_network_when_it_is_asked(
    fitted, drawn, monkeypatch
):
    kept = pickle.dumps(fitted)
    again = pickle.loads(kept)
    assert "network_" not in vars(again)
    assert np.array_equal(again.predict(drawn.images), fitted.predict(drawn.images))
    assert "network_" not in vars(pickle.loads(pickle.dumps(pickle.loads(kept))))
    assert not hasattr(again, "another_")
    monkeypatch.setattr(forking, "_forked_in", [os.getpid()])
    with pytest.raises(InputError, match="forked"):
        pickle.loads(kept).predict(drawn.images)


def test_the_process_itself_and_one_that_was_forked_before_are_left_alone(monkeypatch):
    forking.refuse_after_fork()
    monkeypatch.setattr(forking, "_forked_in", [os.getpid()])
    with pytest.raises(InputError, match="backend 'loky' or 'threading'"):
        forking.refuse_after_fork()
