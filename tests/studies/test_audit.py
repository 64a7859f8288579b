"""`data audit` as a user meets it, on drawn cells."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from rich.console import Console

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.studies import audit


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["data", "audit", *map(str, arguments)])


@pytest.fixture(scope="module")
def copied(tmp_path_factory, smears) -> Path:
    """Six drawn smears of two classes in train, a turned copy of each; one of them in test."""
    root = tmp_path_factory.mktemp("copied")
    for folder, name in (("Baso", "baso"), ("lymp", "lymph")):
        (root / "train" / name).mkdir(parents=True)
        (root / "test" / name).mkdir(parents=True)
        for number in range(1, 7):
            with Image.open(smears / "Main Dataset" / folder / f"{number}.bmp") as smear:
                pixels = np.asarray(smear.convert("RGB").resize((180, 144)))
            side = "test" if number == 1 and name == "baso" else "train"
            Image.fromarray(pixels).save(root / "train" / name / f"a{number}.png")
            turned = np.rot90(pixels[:, ::-1]).copy()
            Image.fromarray(turned).save(root / side / name / f"z{number}.png")
    (root / "test" / "lymph" / "empty.png").touch()
    return root


@pytest.fixture(scope="module")
def audited(copied, tmp_path_factory) -> tuple[dict, Result, Path]:
    out = tmp_path_factory.mktemp("out")
    result = call(copied, "--json", out / "audit.json", "--out", out)
    assert result.exit_code == 0, result.output
    return json.loads((out / "audit.json").read_text()), result, out


def test_audit_json_maps_every_readable_image_to_its_source(audited, copied):
    found, _, _ = audited
    on_disk = {
        path.relative_to(copied).as_posix()
        for path in copied.rglob("*.png")
        if path.name != "empty.png"
    }
    assert set(found["sources"]) == on_disk
    assert len(set(found["sources"].values())) == 12 == found["n_photographs"]
    assert found["sources"]["train/baso/a1.png"] == found["sources"]["test/baso/z1.png"]
    assert found["unreadable"] == [{"id": "test/lymph/empty.png", "reason": "empty file (0 bytes)"}]
    assert (found["n_files"], found["n_readable"]) == (25, 24)


def test_audit_finds_the_photograph_on_both_sides_and_counts_classes(audited):
    found, _, _ = audited
    assert [group["sides"] for group in found["shared"]] == [
        {"test": ["test/baso/z1.png"], "train": ["train/baso/a1.png"]}
    ]
    assert found["classes"]["basophil"] == {
        "cells": 12, "files": 12, "photographs": 6, "sources": 6, "effective_sources": 6.0,
    }  # fmt: skip
    assert found["leakage"]["random"]["mean"] > found["leakage"]["by_source"]["mean"]


def test_audit_prints_the_verdict_and_where_the_page_is(audited):
    found, result, out = audited
    assert "24 files show 12 photographs; the most copied fills 2 files." in result.stdout
    assert "The set's own split leaks: 1 photograph (2 files)" in result.stdout
    assert "shared (same photograph): test 1, as test/baso/z1.png; train 1" in result.stdout
    assert "cannot be used: test/lymph/empty.png: empty file (0 bytes)" in result.stdout
    assert f"page: {out / 'audit.html'}" in result.stdout
    html = (out / "audit.html").read_text()
    assert html.count("<img") == 2 * len(found["pairs"]) > 0
    assert sorted(path.name for path in out.iterdir()) == ["audit.html", "audit.json"]


def test_audit_json_to_a_pipe_is_json_alone(copied, tmp_path, audited):
    result = call(copied, "--json", "-", "--out", tmp_path)
    assert json.loads(result.stdout)["sources"] == audited[0]["sources"]
    assert "page: " in result.stderr


def test_audit_changes_nothing_in_the_set(copied, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*")}
    assert call(copied, "--out", tmp_path).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*")} == before


def test_audit_of_drawn_smears_says_synthetic_and_not_private(smears, tmp_path):
    result = call(smears, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "SYNTHETIC, layout lisc" in result.stdout
    html = (tmp_path / "audit.html").read_text()
    assert "SYNTHETIC: drawn cells" in html and "Not to be passed on" not in html


def test_audit_of_lisc_says_that_its_page_must_not_be_passed_on(smears, tmp_path):
    for part in ("Main Dataset", "Ground Truth Segmentation"):
        shutil.copytree(smears / part, tmp_path / "set" / part)
    found = audit.audit(tmp_path / "set", tmp_path, Reporter(Console(file=StringIO())))
    assert (found["layout"], found["synthetic"]) == ("lisc", False)
    assert "Not to be passed on" in (tmp_path / "audit.html").read_text()


def test_audit_of_tiny_pictures_says_that_copies_cannot_be_found(tmp_path):
    for number in range(4):
        folder = tmp_path / "set" / ("neut" if number % 2 else "mono")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    found = audit.audit(tmp_path / "set", tmp_path, Reporter(Console(file=StringIO())))
    assert found["notes"] == [
        "4 of 4 pictures are smaller than 60 pixels: of those, hardly more than byte-identical "
        "copies can be found"
    ]
    assert found["leakage"]["random"] is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "not found"),
        (lambda path: path.mkdir(), "an empty folder"),
    ],
)
def test_a_place_without_a_set_is_one_line_and_leaves_no_page(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "set")
    with pytest.raises(InputError, match=said):
        audit.audit(tmp_path / "set", tmp_path, Reporter(Console(file=StringIO())))
    result = call(tmp_path / "set", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
