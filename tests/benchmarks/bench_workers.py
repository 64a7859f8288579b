"""Trainings side by side on one machine: how much sooner they are done, and the same bytes.

Each run is a process of its own, as a user starts it. SYNTHETIC cells for the speed; the
reproduction takes the Kaggle set, and is skipped where `HYBRID_WBC_DATA` has none.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from measured import ROOT, spread, write_table

from hybrid_wbc.data.drawn.synthetic import write_smears

# They name the hour, the command, the machine or the folder.
LOOSE = {"log.txt", "provenance.json", "report.html", "checksums.json"}
SEEDS, WORKERS, ROUNDS = 4, 2, 2
# The whole reproduction, ten seeds of two protocols, takes half an hour on two cores; "--seeds=2"
# makes it a part.
REPRODUCED = os.environ.get("HYBRID_WBC_REPRODUCED", "").split()


def command_line(home: Path, threads: int, *arguments: str) -> float:
    """Give a command as a user does, and the seconds that it took."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HYBRID_WBC_CACHE": str(home / "cache"),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", "from hybrid_wbc.cli.main import main; main()", *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return time.perf_counter() - started


def digests(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in LOOSE
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def smears(home):
    write_smears(home / "smears", per_class=80)
    return home / "smears"


@pytest.mark.parametrize("threads", [1, 2])
def test_four_short_trainings_on_two_workers_are_done_sooner_and_the_same_bytes(
    home, smears, threads
):
    run = ["run", "quickstart-drawn", "--data", str(smears), "--set=training.epochs=25"]
    one, two = side_by_side(home, threads, f"workers, threads {threads}", run, ROUNDS)
    # With as many threads as cores one training leaves little idle.
    assert np.median(one / two) >= (1.5 if threads == 1 else 1.0)


def test_four_trainings_of_a_real_recipe_on_two_workers_are_done_sooner(home):
    one, two = side_by_side(home, 1, "workers, bcisc", ["run", "bcisc"], 1)
    assert np.median(one / two) >= 1.5


def side_by_side(home, threads, name, run, rounds):
    """Time a run of four seeds without a cluster and on one, in turn, and hold their bytes."""
    taken = []
    for number in range(rounds):
        kept, seconds = {}, []
        for place in ([], ["--cluster", f"local:{WORKERS}"]):
            out = home / f"{run[1]}-{threads}-{number}-{'workers' if place else 'alone'}"
            asked = [*run, "--seeds", str(SEEDS), "--out", str(out), *place]
            seconds.append(command_line(home, threads, *asked))
            kept[bool(place)] = digests(out)
        print(seconds, flush=True)
        assert kept[False] == kept[True]
        assert len(kept[True]) > 10 * SEEDS
        taken.append(seconds)
    one, two = np.array(taken).T
    write_table(
        name,
        ["threads of each training", "one after the other, s", f"local:{WORKERS}, s",
         "times as fast, pair by pair"],
        [[threads, spread(one, 0), spread(two, 0), spread(one / two)]],
    )  # fmt: skip
    return one, two


def test_a_reproduction_on_two_workers_is_the_same_bytes(home):
    data = Path(os.environ.get("HYBRID_WBC_DATA", "/nowhere")) / "kaggle-blood-cells"
    if not data.is_dir():
        pytest.skip("HYBRID_WBC_DATA has no kaggle-blood-cells")
    kept, seconds = [], []
    for name, place in (("alone", []), ("workers", ["--cluster", f"local:{WORKERS}"])):
        out = home / f"reproduced-{name}"
        asked = ["reproduce", "s4-cnn", "--data", str(data), "--out", str(out), *REPRODUCED, *place]
        seconds.append(command_line(home, 1, *asked))
        kept.append(digests(out))
    # The page of a reproduction prints its command.
    one, two = ({name: of for name, of in each.items() if not name.endswith(".html")}
                for each in kept)  # fmt: skip
    assert one == two
    trained = len([name for name in one if name.endswith("history.csv")])
    print(f"\n{trained} trainings, {len(one)} files: {seconds[0]:.0f} s, {seconds[1]:.0f} s")
