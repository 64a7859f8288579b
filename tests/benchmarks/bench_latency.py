"""How long one answer takes: of a served model that is warm, and of a process that has to begin.

The warm ones are asked over loopback as the page asks. A cold `predict` is a whole process, timed
in turn with a bare one that imports Keras, loads the same network and predicts once.
HYBRID_WBC_RUN names the model, the packaged one by default; HYBRID_WBC_PAIRS how many pairs of
processes are timed. Nobody else may use the machine: the times are those of the clock. What has to
be there at once, `--help`, `--version` and `list`, is told in processor time beside `import click`.
"""

import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from measured import ROOT, spread, write_table

from hybrid_wbc.config.names import PACKAGED
from hybrid_wbc.studies.opening import open_finished

COMMAND = [sys.executable, "-c", "from hybrid_wbc.cli.main import main; main()"]
MODEL = os.environ.get("HYBRID_WBC_RUN", PACKAGED)
PAIRS = int(os.environ.get("HYBRID_WBC_PAIRS", "7"))
# What is asked: seconds of a warm answer, and times a bare process.
CELL, SMEAR, COLD = 0.1, 1.0, 1.3
# Times `import click`, of what only tells what there is.
AT_ONCE = 3.0
# Keras finds the layers of this program where they are imported.
BARE = """
import sys
import numpy as np
from PIL import Image
import keras
from hybrid_wbc.cnn import applications, architecture
network = keras.saving.load_model(sys.argv[1])
size = network.input_shape[1:3]
picture = np.asarray(Image.open(sys.argv[2]).convert("RGB").resize(size))
print(network.predict(picture[None], verbose=0).argmax())
"""


def real(*parts: str) -> Path:
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real pictures to ask about")
    return Path(place).joinpath(*parts)


@pytest.fixture(scope="module")
def cell() -> Path:
    return min(real("bcisc", "crops").glob("*.jpg"))


@pytest.fixture(scope="module")
def smear() -> bytes:
    """Give a field of BCISC, which lies there at 1024 by 768 pixels, at the size of its camera."""
    field = cv2.imread(str(min(real("bcisc", "fields").glob("*/1-1.jpg"))))
    large = cv2.resize(field, (2048, 1536), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    started = subprocess.Popen(
        [*COMMAND, "serve", MODEL, "--port", "0"],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    found = next(line.split()[0] for line in started.stderr if line.startswith("http://"))
    threading.Thread(target=started.stderr.read, daemon=True).start()
    while httpx.get(f"{found}/health", timeout=120).json()["requests"]:
        time.sleep(0.5)
    yield found
    started.terminate()
    started.wait(20)


def test_a_warm_server_answers_at_once(address, cell, smear):
    rows = []
    slow = []
    for what, content, most, times in (
        ("one cell", cell.read_bytes(), CELL, 40),
        ("a smear of 2048×1536 pixels", smear, SMEAR, 20),
    ):
        taken = []
        with httpx.Client(base_url=address, timeout=120) as client:
            for _ in range(times + 3):
                started = time.perf_counter()
                answer = client.post(
                    "/predict", params={"as": "auto", "pictures": "true"},
                    files={"files": ("a.jpg", content)},
                )  # fmt: skip
                taken.append(1000 * (time.perf_counter() - started))
                assert answer.status_code == 200, answer.text
        taken = taken[3:]
        rows.append((what, len(answer.json()["cells"]), spread(taken, 0), f"{1000 * most:.0f}"))
        if statistics.median(taken) > 1000 * most:
            slow.append(what)
    write_table("warm", ("asked about", "cells", "ms", "asked: at most"), rows)
    assert not slow


def in_turn(ways: dict[str, list]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Start each way's process in turn, PAIRS times; give seconds by the clock and of work."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    busy: dict[str, list[float]] = {way: [] for way in ways}
    for pair in range(PAIRS + 1):
        for way, command in list(ways.items())[:: -1 if pair % 2 else 1]:
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, env=environment, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if pair:  # the first has everything still to read from the disk
                seconds[way].append(time.perf_counter() - started)
                busy[way].append(
                    after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                )
    return seconds, busy


def test_what_only_tells_what_there_is_is_there_at_once():
    ways = {
        "`import click`": [sys.executable, "-c", "import click"],
        **{f"`{what}`": [*COMMAND, what] for what in ("--help", "--version", "list")},
    }
    _, busy = in_turn(ways)
    bare, *told = ways
    ratios = {way: np.divide(busy[way], busy[bare]) for way in told}
    write_table(
        "at once",
        ("", "ms of processor time", "times `import click`", "asked: at most"),
        [
            (bare, spread(np.multiply(busy[bare], 1000), 0), "1", ""),
            *(
                (way, spread(np.multiply(busy[way], 1000), 0), spread(ratios[way]), f"{AT_ONCE:g}")
                for way in told
            ),
        ],
    )
    assert all(np.median(ratio) <= AT_ONCE for ratio in ratios.values())


def test_a_cold_prediction_takes_little_more_than_a_bare_one(cell, tmp_path):
    _, folder = open_finished(Path(MODEL))
    network = min(folder.path.glob("*/cnn.keras"))
    (tmp_path / "bare.py").write_text(BARE)
    ways = {
        "bare": [sys.executable, tmp_path / "bare.py", network, cell],
        "predict": [*COMMAND, "predict", MODEL, cell],
    }
    seconds, busy = in_turn(ways)
    ratios = np.divide(seconds["predict"], seconds["bare"])
    write_table(
        "cold",
        ("", "bare: import, load, predict once", "`predict` of one cell", "ratio, pair by pair"),
        [
            ("seconds", spread(seconds["bare"]), spread(seconds["predict"]), spread(ratios)),
            (
                "seconds of processor time", spread(busy["bare"]), spread(busy["predict"]),
                spread(np.divide(busy["predict"], busy["bare"])),
            ),
        ],
    )  # fmt: skip
    assert np.median(ratios) <= COLD
