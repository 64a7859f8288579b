"""SIGKILL at moments spread over each command, and the same command again: the same bytes.

The moments are drawn from a seed, as many in each stage of an unkilled run: a stage begins when its
file appears, and the rest is a share of the time that it took. Times, the version and the command
that a run writes down are not compared.
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

SEED = 0
ROOT = Path(__file__).parents[2]
# Figures are drawn coarsely, which saves a third of the time.
MAIN = (
    "from hybrid_wbc.stages import plot; plot._DOTS_PER_INCH = 40\n"
    "from hybrid_wbc.cli.main import main; main()"
)
# With one worker the ablation starts no processes.
ALONE = {"LOKY_MAX_CPU_COUNT": "1"}
TINY = ("--seeds=1", "--set=data.size=32", "--set=training.batch_size=8")

# Of a run, in the order in which they appear; each begins the stage beside it.
MARKS = (
    ("preparing", "*-*/config.yaml"),
    ("training", "*-*/provenance.json"),
    ("extracting", "*-*/seed-0/cnn.keras"),
    ("classifying", "*-*/seed-0/embeddings.npz"),
    ("ablating", "*-*/seed-0/predictions.csv"),
    ("reporting", "*-*/ablation.json"),
)
# What differs with the hour, and the folder that a killed run's command did not name.
LOOSE = {"log.txt", "provenance.json", "report.html", "audit.html", "fetched.json"}
HALF_WAY = {"training-state.npz"}
# Of a page: the hour, the command that went on, and what is checked out meanwhile.
PASSING = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|, &#34;--resume&#34;|"
    rb'<th scope="row">(commit|dirty)</th><td>[^<]*'
)


@dataclass(frozen=True)
class Series:
    """A command that is killed, and what it writes.

    Parameters
    ----------
    command : list of str
    out : Path
        All that it writes lies in this folder's parent.
    moments : int
    again : tuple of str
        Options for the second call where a run was begun.
    marks : tuple
        Stages and the files that begin them.
    whole : bool
        Whether `out` must be whole or not there.
    """

    command: list[str]
    out: Path
    moments: int
    again: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    whole: bool = False
    code: str = MAIN
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def workplace(self) -> Path:
        return self.out.parent

    def start(self, *options: str) -> subprocess.Popen:
        self.out.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.workplace / "temporary"
        temporary.mkdir(exist_ok=True)
        environment = os.environ | self.environment
        environment |= {
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(temporary),
            "HYBRID_WBC_CACHE": str(self.workplace / "cache"),
        }
        return subprocess.Popen(
            [sys.executable, "-c", self.code, *self.command, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, *options: str) -> None:
        process = self.start(*options)
        said, _ = process.communicate()
        assert process.returncode == 0, said.strip().splitlines()[-1:]

    def stages(self) -> list[tuple[str, float, float]]:
        """Do the command unkilled; give each stage's beginning and seconds."""
        started = time.monotonic()
        process = self.start()
        reader = threading.Thread(target=process.communicate)
        reader.start()
        begun = [("starting", 0.0)]
        while process.poll() is None:
            if len(begun) <= len(self.marks):
                name, pattern = self.marks[len(begun) - 1]
                if next(self.out.glob(pattern), None) is not None:
                    begun.append((name, time.monotonic() - started))
            time.sleep(0.01)
        reader.join()
        assert process.returncode == 0 and len(begun) == len(self.marks) + 1, begun
        ends = [*(moment for _, moment in begun[1:]), time.monotonic() - started]
        return [(name, at, end - at) for (name, at), end in zip(begun, ends, strict=True)]

    def kill(self, stage: int, wait: float) -> None:
        """Kill the command so many seconds after a stage has begun."""
        process = self.start()
        if stage > 0:
            pattern = self.marks[stage - 1][1]
            while process.poll() is None and next(self.out.glob(pattern), None) is None:
                time.sleep(0.01)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    def remains(self) -> list[str]:
        """Name what nobody asked for: hidden files, and those in the temporary folder.

        Keras makes empty folders there, which a kill leaves.
        """
        temporary = self.workplace / "temporary"
        hidden = [
            path
            for path in self.workplace.rglob("*")
            if path.name.startswith(".") or (path.is_relative_to(temporary) and path.is_file())
        ]
        return sorted(path.relative_to(self.workplace).as_posix() for path in hidden)


def settled(path: Path) -> str:
    """Give the hash of what a file holds, less the hour, the command and their checksums."""
    if path.name == "checksums.json":
        listed = json.loads(path.read_text())
        return str({name: found for name, found in listed.items() if Path(name).name not in LOOSE})
    content = path.read_bytes()
    if path.suffix == ".html":
        content = re.sub(PASSING, b"", content)
    return hashlib.sha256(content).hexdigest()


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): settled(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.parts)
    }


def differing(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    strict = {name for name in found.keys() | expected if Path(name).name not in LOOSE - {
        "report.html", "audit.html"}}  # fmt: skip
    return sorted(name for name in strict if found.get(name) != expected.get(name))


def half_done(found: dict[str, str], series: Series, expected: dict[str, str]) -> list[str]:
    """Name what lies under its final name and is not what an unkilled command puts there."""
    if series.whole:
        return differing(found, expected) if series.out.exists() else []
    begun = {
        name: content
        for name, content in found.items()
        if Path(name).name not in LOOSE | HALF_WAY | {"checksums.json"}
    }
    return [name for name, content in begun.items() if content != expected.get(name)]


def measure(series: Series, seed: int) -> None:
    shutil.rmtree(series.workplace, ignore_errors=True)
    stages = series.stages()
    expected = contents(series.out)
    untouched = series.remains()
    print(f"\n{' '.join(series.command[:2])}: "
          + ", ".join(f"{name} {span:.1f} s" for name, _, span in stages))  # fmt: skip
    generator = np.random.default_rng(seed)
    wrong: list[str] = []
    kinds: collections.Counter[str] = collections.Counter()
    for number in range(series.moments):
        stage = number % len(stages)
        name, _, span = stages[stage]
        wait = span * generator.random()
        shutil.rmtree(series.workplace, ignore_errors=True)
        series.kill(stage, wait)
        after = contents(series.out) if series.out.exists() else {}
        faults = [f"half done: {each}" for each in half_done(after, series, expected)]
        begun = any(series.out.glob("*-*/config.yaml"))
        try:
            # What is whole is done, and may be refused as already there.
            if not (series.whole and after):
                series.finish(*(series.again if begun else ()))
        except AssertionError as error:
            faults.append(f"not gone on with: {str(error).strip().splitlines()[0]}")
        else:
            faults += [f"other: {n}" for n in differing(contents(series.out), expected)]
        faults += [f"left: {each}" for each in series.remains() if each not in untouched]
        kinds[name] += 1
        print(f"  {number + 1}: {name} +{wait:.2f} s", file=sys.stderr, flush=True)
        if faults:
            wrong.append(f"{name} +{wait:.2f} s: {'; '.join(faults[:5])}")
            print(f"  {wrong[-1]}", flush=True)
    print(
        f"  {series.moments - len(wrong)} of {series.moments} moments end as if there had been "
        f"no kill ({', '.join(f'{name} {count}' for name, count in kinds.items())})"
    )
    assert not wrong, wrong


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Callable[[int], Path]:
    from hybrid_wbc.data.drawn.synthetic import write_smears

    def draw(seed: int) -> Path:
        path = tmp_path_factory.mktemp("drawn") / f"smears-{seed}"
        write_smears(path, per_class=3, seed=seed)
        return path

    return draw


def test_run(tmp_path):
    out = tmp_path / "work" / "runs"
    changes = ["--set=data.synthetic.per_class=4", "--set=training.epochs=6"]
    command = ["run", "quickstart", "--out", str(out), *TINY, *changes, "--set=split.test=0.34"]
    measure(Series(command, out, 42, ("--resume",), MARKS, environment=ALONE), SEED)


def test_reproduce(tmp_path, drawn):
    out = tmp_path / "work" / "runs"
    command = ["reproduce", "s0-wbc23", "--data", str(drawn(0)), "--out", str(out), *TINY]
    command += ["--epochs=2", "--protocol=by-source"]
    measure(Series(command, out, 14, (), MARKS, environment=ALONE), SEED)


def test_transfer(tmp_path, drawn):
    out = tmp_path / "work" / "runs"
    command = ["transfer", "across-sets", "--train", str(drawn(0)), "--test", str(drawn(5))]
    command += ["--out", str(out), *TINY, "--set=training.epochs=2"]
    measure(Series(command, out, 14, ("--resume",), MARKS, environment=ALONE), SEED)


def test_synth(tmp_path):
    out = tmp_path / "work" / "smears"
    measure(Series(["data", "synth", str(out), "--per-class=2"], out, 40, whole=True), SEED)


def test_crop(tmp_path, drawn):
    out = tmp_path / "work" / "crops"
    command = ["data", "crop", str(drawn(0)), str(out)]
    measure(Series(command, out, 40, whole=True), SEED)


def test_audit(tmp_path, drawn):
    out = tmp_path / "work" / "audit"
    command = ["data", "audit", str(drawn(0)), "--out", str(out), f"--json={out}/audit.json"]
    measure(Series(command, out, 40), SEED)


def test_fetch(tmp_path, drawn):
    archive = shutil.make_archive(str(tmp_path / "cells"), "zip", drawn(0))
    content = Path(archive).read_bytes()
    server = runpy.run_path(str(ROOT / "tests/data/conftest.py"))["Server"]()
    zipped, plain = server.serve("/cells.zip", content), server.serve("/labels.csv", b"labels")
    at_once = server.answers["/cells.zip"]

    def slowly(handler):
        """Hand out as before, in small pieces over about a second."""
        write = handler.wfile.write

        def drip(piece: bytes) -> None:
            for start in range(0, len(piece), max(1, len(content) // 50)):
                write(piece[start : start + max(1, len(content) // 50)])
                time.sleep(0.02)

        handler.wfile.write = drip
        at_once(handler)

    server.answers["/cells.zip"] = slowly
    threading.Thread(target=server.http.serve_forever, args=(0.02,), daemon=True).start()
    code = (
        "from hybrid_wbc.data.sets import addresses\n"
        "from hybrid_wbc.data.sets.addresses import Edition, RemoteFile\n"
        f"files = (RemoteFile({zipped!r}, 'cells.zip'), RemoteFile({plain!r}, 'labels.csv'))\n"
        f"addresses.EDITIONS['bccd'] = Edition('bccd', files)\n{MAIN}"
    )
    out = tmp_path / "work" / "data" / "bccd"
    command = ["data", "fetch", "bccd", "--yes", "--out", str(out.parent)]
    series = Series(command, out, 40, whole=True, code=code, environment={"no_proxy": "127.0.0.1"})
    measure(series, SEED)
    server.http.shutdown()
