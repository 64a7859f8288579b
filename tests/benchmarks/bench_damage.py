"""A bit flipped at 200 places: refused in one line, made again with a word, or without effect.

Of a run folder, a kept estimator and the cache every file is damaged in turn, at places and in bits
drawn from a seed. What may never come is another answer, or a traceback.
"""

from __future__ import annotations

import hashlib
import logging
import runpy
import shutil
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from hybrid_wbc import load_cells
from hybrid_wbc.cli.main import main
from hybrid_wbc.config import load
from hybrid_wbc.data.drawn.synthetic import write_smears
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import run as stages
from hybrid_wbc.studies.model import open_model
from hybrid_wbc.studies.predict import predict

SEED, PLACES = 0, 200
# Nothing rests on it.
LOG = "log.txt"
Answer = Callable[[], object]


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def flip_each(files: list[Path], ask: Answer, caplog: pytest.LogCaptureFixture) -> None:
    """Flip a bit in one file after the other, at least `PLACES` times, and ask each time."""
    expected = ask()
    generator = np.random.default_rng(SEED)
    told: dict[str, Counter[str]] = {}
    wrong = []
    for number in range(max(PLACES, len(files))):
        path = files[number % len(files)]
        content = path.read_bytes()
        damaged = bytearray(content)
        place, bit = int(generator.integers(len(content))), int(generator.integers(8))
        damaged[place] ^= 1 << bit
        path.write_bytes(bytes(damaged))
        caplog.clear()
        try:
            answer = ask()
        except InputError as error:
            outcome = "refused" if "\n" not in str(error) else "refused in several lines"
        except Exception as error:
            outcome = f"traceback: {type(error).__name__}: {error}"[:200]
        else:
            said = bool(caplog.records)
            same = "made again with a word" if said else "without effect"
            outcome = same if answer == expected else "ANOTHER ANSWER"
        path.write_bytes(content)
        told.setdefault(path.name.split("-")[0], Counter())[outcome] += 1
        if outcome not in {"refused", "made again with a word", "without effect"}:
            wrong.append(f"{path.name}, byte {place}, bit {bit}: {outcome}")
    total = sum(told.values(), Counter())
    print(f"\n{sum(total.values())} flips in {len(files)} files: {dict(total)}")
    for name, outcomes in sorted(told.items()):
        print(f"  {name}: {dict(outcomes)}")
    assert not wrong, wrong
    assert ask() == expected


def digest(*arrays: np.ndarray) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


@pytest.fixture(scope="module")
def smears(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "smears"
    write_smears(path, per_class=4, seed=1)
    return path


def test_a_run_folder(tmp_path, smears, caplog):
    settings = [f"data.path={smears}", "data.size=32", "training.epochs=1", "split.test=0.34",
                "training.batch_size=8"]  # fmt: skip
    config = load.load("quickstart", settings)
    folder = RunFolder.create(tmp_path, config.name, config.to_yaml())
    stages.run(config, folder, quiet())
    run = Run(folder)
    picture = next((smears / "Main Dataset" / "lymp").iterdir())

    def ask() -> object:
        # As `run --resume` does, before anything that is kept is shown.
        stages.run(run.config(), folder, quiet())
        return [
            str(predict(open_model(folder.path), [picture], quiet())["cells"]),
            run.provenance(), run.metrics(), run.ablation(), run.health(), run.manifest(),
            run.repeat("seed-0").history(),
            digest(run.repeat("seed-0").embeddings().X),
            str(run.repeat("seed-0").predictions().said),
        ]  # fmt: skip

    files = [path for path in sorted(folder.path.rglob("*")) if path.is_file()]
    flip_each([path for path in files if path.name != LOG], ask, caplog)


def test_a_kept_estimator(tmp_path, caplog):
    cells = runpy.run_path(str(Path(__file__).parents[1] / "estimator/conftest.py"))
    images = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3)).astype(np.uint8)
    images[:12, 4:12, 4:12] = cells["COLOURS"][0].astype(np.uint8)
    hybrid = HybridClassifier(size=16, epochs=1, batch_size=8)
    hybrid.fit(images, np.repeat(["monocyte", "neutrophil"], 12))
    path = tmp_path / "cells.hybrid"
    hybrid.save(path)

    def ask() -> object:
        loaded = HybridClassifier.load(path)
        return digest(loaded.predict_proba(images), loaded.transform(images))

    flip_each([path], ask, caplog)


def test_every_kind_of_cache_entry(tmp_path, smears, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    monkeypatch.setenv("HYBRID_WBC_CACHE", str(tmp_path / "cache"))
    crops = tmp_path / "crops"
    done = CliRunner().invoke(main, ["data", "crop", str(smears), str(crops), "--size=96"])
    assert done.exit_code == 0, done.output
    (crops / "crops.csv").unlink()

    def ask() -> object:
        cells = load_cells(crops, size=32, crop="located")
        return [digest(cells.images), cells.ids.tolist(), cells.labels.tolist(),
                cells.sources.tolist()]  # fmt: skip

    shutil.rmtree(tmp_path / "cache")
    ask()
    entries = sorted((tmp_path / "cache").iterdir())
    kinds = {path.name.split("-")[0] for path in entries}
    assert kinds == {"images", "inspections", "places", "sources"}
    flip_each(entries, ask, caplog)
