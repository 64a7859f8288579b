"""The commands that look at a data set, as a user meets them."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_data_check_shows_counts_drops_and_warnings(smears, tmp_path):
    copy = tmp_path / "smears"
    shutil.copytree(smears, copy)
    baso = copy / "Main Dataset" / "Baso"
    shutil.copy(baso / "1.bmp", baso / "2.bmp")
    result = call("data", "check", copy)
    assert result.exit_code == 0
    for text in ("basophil", "720x576", "byte-identical copy of", "warning: ", "SYNTHETIC"):
        assert text in result.stdout


def test_data_check_json_can_be_parsed(smears):
    result = call("data", "check", smears, "--json")
    summary = json.loads(result.stdout)
    assert summary["layout"] == "lisc" and summary["synthetic"] is True


def test_data_synth_draws_and_says_synthetic(tmp_path):
    result = call("data", "synth", tmp_path / "out", "--per-class", 1, "--seed", 4)
    assert result.exit_code == 0 and "SYNTHETIC" in result.stderr
    assert len(list((tmp_path / "out" / "Main Dataset").rglob("*.bmp"))) == 5


def test_a_set_below_a_folder_whose_name_no_text_can_hold_is_checked_and_cropped(tmp_path):
    root = tmp_path / os.fsdecode(b"gr\xf6\xdfe")
    for number, name in enumerate([b"mono\xe9", b"neut"] * 3):
        folder = root / os.fsdecode(name)
        folder.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    code = "from hybrid_wbc.cli.main import main; main()"
    for arguments in (
        ["check", root], ["check", root, "--json"], ["audit", root, "--out", tmp_path],
        ["crop", root, tmp_path / "crops", "--size=32", "--side=40"],
    ):  # fmt: skip
        result = call("data", *arguments)
        assert result.exit_code == 0, result.output
    assert "mono\\xe9" in (tmp_path / "crops" / "crops.csv").read_text()
    # A terminal of another coding than UTF-8 is shown escapes.
    done = subprocess.run(
        [sys.executable, "-c", code, "data", "check", root],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and b"mono\\xe9" in done.stdout, done.stderr
