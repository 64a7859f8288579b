"""A file of a run that was changed since it was written is refused; half of one is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.classical import classifiers
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.checksums import CHECKSUMS, Checksums
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.provenance import Data, provenance
from hybrid_wbc.runs.results import Run
from hybrid_wbc.runs.tables import PredictionTable


def written(root: Path) -> Run:
    """Write a run with one repeat, up to its predictions."""
    run = Run(RunFolder.create(root, "tiny", load.load("quickstart-drawn").to_yaml()))
    data: Data = {
        "path": "cells", "layout": "folder", "dataset": "", "synthetic": True,
        "sources_found": False, "notes": [],
    }  # fmt: skip
    run.write_provenance(provenance({"a": "1"}, data))
    repeat = run.begin_repeat("seed-0")
    generator = np.random.default_rng(0)
    X = generator.standard_normal((12, 5)).astype(np.float32)
    y = np.arange(12) % 2
    ids = np.array([f"cell {i}" for i in range(12)])
    classes = np.array(["monocyte", "neutrophil"])
    split = np.array(["train"] * 8 + ["test"] * 4)
    repeat.write_embeddings(
        Embeddings(X, y, ids, ids, split, classes, np.full((12, 2), 0.5, np.float32))
    )
    fitted = {key: each.fit(X, y) for key, each in classifiers.build(seed=0).items()}
    repeat.write_classifiers(fitted)
    repeat.write_ensemble(np.full((12, 2), 0.5))
    repeat.write_history({"loss": [1.0, 0.5]})
    repeat.write_predictions(PredictionTable(ids, classes[y], split, {"knn": classes[y]}))
    return run


READERS: dict[str, Callable[[Run], object]] = {
    "config.yaml": lambda run: run.config(),
    "provenance.json": lambda run: run.provenance(),
    "seed-0/embeddings.npz": lambda run: run.repeat("seed-0").embeddings(),
    "seed-0/classifiers.json": lambda run: run.repeat("seed-0").classifiers(),
    "seed-0/knn.skops": lambda run: run.repeat("seed-0").classifiers(),
    "seed-0/ensemble.npy": lambda run: run.repeat("seed-0").ensemble(),
    "seed-0/history.csv": lambda run: run.repeat("seed-0").history(),
    "seed-0/predictions.csv": lambda run: run.repeat("seed-0").predictions(),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return written(tmp_path_factory.mktemp("runs"))


def test_what_was_written_is_read(run: Run) -> None:
    for read in READERS.values():
        read(run)


@pytest.mark.parametrize("name", READERS)
def test_a_bit_flipped_anywhere_in_a_file_is_noticed(run: Run, name: str) -> None:
    path = run.folder.path / name
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    try:
        for _ in range(25):
            damaged = bytearray(content)
            damaged[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
            path.write_bytes(bytes(damaged))
            with pytest.raises(InputError, match="changed since it was written"):
                READERS[name](run)
    finally:
        path.write_bytes(content)


def test_a_bit_flipped_in_the_list_itself_gives_no_other_answer(run: Run) -> None:
    path = run.folder.path / CHECKSUMS
    content = path.read_bytes()
    generator = np.random.default_rng(1)
    expected = run.repeat("seed-0").predictions().said["knn"].tolist()
    try:
        for _ in range(25):
            damaged = bytearray(content)
            damaged[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
            path.write_bytes(bytes(damaged))
            try:
                assert run.repeat("seed-0").predictions().said["knn"].tolist() == expected
            except InputError:
                continue
    finally:
        path.write_bytes(content)


def test_every_listed_file_can_be_checked_at_once(tmp_path: Path) -> None:
    run = written(tmp_path)
    run.write_figure("pair_plot", b"a figure")
    run.write_page("<html>")
    run.checksums.check_all()
    for name in ("figures/pair_plot.png", "report.html", "seed-0/svm.skops", "config.yaml"):
        path = run.folder.path / name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(InputError, match=f"{name}: changed since it was written"):
            run.checksums.check_all()
        path.unlink()
        with pytest.raises(InputError, match=f"{name}: missing"):
            run.checksums.check_all()
        path.write_bytes(content)
    run.checksums.path.unlink()
    run.checksums.check_all()


def test_a_config_in_which_a_bit_was_flipped_is_of_no_settings(tmp_path: Path) -> None:
    run = written(tmp_path)
    config = run.config()
    assert run.is_of(config)
    content = run.folder.config_path.read_bytes()
    run.folder.config_path.write_bytes(bytes([content[0] ^ 0x80]) + content[1:])
    assert not run.is_of(config)


def test_a_file_from_elsewhere_does_not_count(tmp_path: Path) -> None:
    run = written(tmp_path)
    other = run.begin_repeat("seed-1").path
    (other / "predictions.csv").write_text("id,label,split\na,monocyte,test\n")
    assert not run.repeat("seed-1").is_classified
    with pytest.raises(InputError, match=r"not listed in checksums\.json"):
        run.repeat("seed-1").predictions()


def test_a_file_that_a_killed_process_has_half_replaced_does_not_count(tmp_path: Path) -> None:
    run = written(tmp_path)
    path = run.folder.path / "seed-0" / "predictions.csv"
    with pytest.raises(KeyboardInterrupt), run.checksums.written(path):
        path.write_text("id,label,split\n")
        raise KeyboardInterrupt
    assert not run.repeat("seed-0").is_classified
    with run.checksums.written(path):
        path.write_text("id,label,split\na,monocyte,test\n")
    assert run.repeat("seed-0").is_classified


def test_a_run_of_an_earlier_version_is_taken_as_it_is(tmp_path: Path) -> None:
    run = written(tmp_path)
    (run.folder.path / CHECKSUMS).unlink()
    for read in READERS.values():
        read(run)
    with run.checksums.written(run.folder.path / "metrics.json"):
        (run.folder.path / "metrics.json").write_text("{}")
    assert not (run.folder.path / CHECKSUMS).exists()


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', "{"])
def test_a_broken_list_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / CHECKSUMS).write_text(content)
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(InputError, match=r"checksums\.json"):
        Checksums(tmp_path).checked(tmp_path / "config.yaml")


def test_the_list_is_the_same_bytes_whatever_the_order_of_writing(tmp_path: Path) -> None:
    lists = []
    for order in ("ab", "ba"):
        root = tmp_path / order
        root.mkdir()
        checksums = Checksums(root)
        checksums.begin()
        for name in order:
            with checksums.written(root / name):
                (root / name).write_text(name)
        lists.append(json.loads((root / CHECKSUMS).read_text()))
    assert list(lists[0].items()) == list(lists[1].items())
