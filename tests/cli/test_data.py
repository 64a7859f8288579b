"""The commands that look at a data set, as a user meets them."""

import json
import shutil

from click.testing import CliRunner

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
