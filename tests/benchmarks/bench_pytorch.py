"""The training step against the same network in PyTorch, channels last; skipped where it is absent.

Both train `wbc23` on the same batches of 8-bit images by Adam, in turn and with one thread,
each in a process of its own. PyTorch comes with the extra `[bench]`.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from measured import spread, write_table

SIZE, BATCH_SIZE, STEPS, ROUNDS, CLASSES = 64, 32, 20, 11, 5
# With more, PyTorch's threads wait for each other on cores that others use too: ten times slower
# than ours it was then, which says nothing of a quiet machine.
THREADS = 1
Step = Callable[[np.ndarray, np.ndarray], object]


def test_the_training_step_is_faster_than_that_of_pytorch_with_channels_last():
    if importlib.util.find_spec("torch") is None:
        pytest.skip('PyTorch is absent: pip install ".[bench]"')
    with asked("PyTorch") as theirs, asked("hybrid_wbc") as ours:
        assert theirs()["weights"] == ours()["weights"]
        pairs = np.array([(theirs()["speed"], ours()["speed"]) for _ in range(ROUNDS)])
        version = theirs()["version"]
    ratios = pairs[:, 1] / pairs[:, 0]
    write_table(
        "pytorch",
        [f"PyTorch {version}, channels last, images/s", "hybrid_wbc, images/s",
         "ratio, pair by pair"],
        [[spread(pairs[:, 0], 0), spread(pairs[:, 1], 0), spread(ratios)]],
    )  # fmt: skip
    assert np.median(ratios) >= 1.1


@contextmanager
def asked(library: str):
    """Start a process that trains a round each time that it is asked, and gives its facts."""
    with subprocess.Popen(
        [sys.executable, __file__, library],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def ask() -> dict:
            process.stdin.write("\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask


def network():
    from hybrid_wbc.cnn import networks

    return networks.build("wbc23", input_size=(SIZE, SIZE), classes=CLASSES)


def layers_of_keras() -> list[tuple[str, float]]:
    """List the network's layers with the one number that PyTorch needs of each."""
    asked_of_keras = "import bench_pytorch, json; print(json.dumps(bench_pytorch.listed()))"
    done = subprocess.run(
        [sys.executable, "-c", asked_of_keras],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def listed() -> list[tuple[str, float]]:
    needed = {
        "Conv2D": lambda layer: layer.filters,
        "BatchNormalization": lambda layer: layer.momentum,
        "ReLU": lambda _: 0,
        "MaxPooling2D": lambda layer: layer.pool_size[0],
        "Flatten": lambda layer: layer.output.shape[-1],
        "Dense": lambda layer: layer.units,
    }
    # The pixels are scaled in the step there, and PyTorch's loss has its own softmax.
    apart = {"InputLayer", "Rescaling", "Softmax"}
    kinds = [(type(layer).__name__, layer) for layer in network().layers]
    return [(kind, needed[kind](layer)) for kind, layer in kinds if kind not in apart]


def in_keras() -> tuple[Step, int, str]:
    """Give the product's own step, the number of weights that it trains, and a version."""
    import keras

    from hybrid_wbc.cnn import threads
    from hybrid_wbc.cnn.optimisation import Recipe
    from hybrid_wbc.cnn.training import training_step

    threads.hold(THREADS)
    model = network()
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    step = training_step(model, optimizer, Recipe().loss_function())
    weights = np.ones(BATCH_SIZE, np.float32)
    count = sum(int(np.prod(each.shape)) for each in model.trainable_variables)
    return lambda images, labels: step(images, labels, weights)[0], count, keras.__version__


def in_pytorch() -> tuple[Step, int, str]:
    """Give the same of the same network in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    made: list[nn.Module] = []
    channels = 3
    for kind, number in layers_of_keras():
        if kind == "Conv2D":
            made.append(nn.Conv2d(channels, number, 3, padding=1))
        elif kind == "BatchNormalization":
            made.append(nn.BatchNorm2d(channels, momentum=1 - number))
        elif kind == "ReLU":
            made.append(nn.ReLU())
        elif kind == "MaxPooling2D":
            made.append(nn.MaxPool2d(number))
        elif kind == "Flatten":
            made.append(nn.Flatten())
        else:
            made.append(nn.Linear(channels, number))
        if kind in {"Conv2D", "Flatten", "Dense"}:
            channels = number
    built = nn.Sequential(*made).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(built.parameters(), 0.001)
    loss_function = nn.CrossEntropyLoss()

    def step(images: np.ndarray, labels: np.ndarray):
        # A view: the images lie channels last already.
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        optimizer.zero_grad()
        loss = loss_function(built(pixels), torch.from_numpy(labels))
        loss.backward()
        optimizer.step()
        return loss.detach()

    count = sum(each.numel() for each in built.parameters())
    return step, count, torch.__version__.split("+")[0]


def main(library: str) -> None:
    """Train a round for each line that is read, and say how fast."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (BATCH_SIZE * STEPS, SIZE, SIZE, 3)).astype(np.uint8)
    labels = generator.integers(0, CLASSES, len(images))
    step, weights, version = {"PyTorch": in_pytorch, "hybrid_wbc": in_keras}[library]()
    for _ in sys.stdin:
        started = time.perf_counter()
        for start in range(0, len(images), BATCH_SIZE):
            loss = step(images[start : start + BATCH_SIZE], labels[start : start + BATCH_SIZE])
        float(loss)
        speed = len(images) / (time.perf_counter() - started)
        print(json.dumps({"speed": speed, "weights": weights, "version": version}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
