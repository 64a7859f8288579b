"""The README's Python and its commands run as they stand."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from pathlib import Path

from click.testing import CliRunner

from hybrid_wbc.cli.main import main
from hybrid_wbc.data.drawn.synthetic import write_smears

README = Path(__file__).parents[1] / "README.md"
# What the README's commands take long for. Its settings are tested elsewhere.
QUICK = ["training.epochs=1", "data.size=32", "evaluation.seeds=1", "network.views=1"]
KAGGLE = ("EOSINOPHIL", "LYMPHOCYTE", "MONOCYTE", "NEUTROPHIL")


def test_the_example_of_the_estimator_runs_and_prints_what_it_says():
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    example = parser.get_doctest(README.read_text(), {}, "README", str(README), 0)
    assert len(example.examples) >= 10
    assert runner.run(example).failed == 0


def test_the_commands_run_one_after_the_other_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    draw_what_they_name(tmp_path)
    commands = said()
    assert len(commands) >= 9
    for command in commands:
        changes = QUICK if command[0] in {"run", "reproduce"} else []
        if command[:2] == ["run", "my-cells"]:
            changes = [*changes, "evaluation.folds=2"]
        given = [part for change in changes for part in ("--set", change)]
        done = CliRunner().invoke(main, [*command, *given], catch_exceptions=False)
        assert done.exit_code == 0, (command, done.output[-2000:])


def said() -> list[list[str]]:
    """Give the arguments of each hybrid-wbc command in the README's blocks."""
    blocks = re.findall(r"^```\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines]
    return [command[1:] for command in commands if command and command[0] == "hybrid-wbc"]


def draw_what_they_name(folder: Path) -> None:
    """Draw SYNTHETIC cells under the names of the sets in the README."""
    write_smears(folder / "LISC Database", per_class=6)
    crops = CliRunner().invoke(main, ["data", "crop", "LISC Database", "my-cells"])
    assert crops.exit_code == 0, crops.output
    (folder / "my-cells" / "crops.csv").unlink()
    shutil.copytree(folder / "my-cells", folder / "PBC_dataset_normal_DIB")
    shutil.copytree(folder / "my-cells" / "monocyte", folder / "new-cells")
    shutil.copytree(folder / "my-cells" / "neutrophil", folder / "theirs")
    for side in ("TRAIN", "TEST"):
        for name in KAGGLE:
            place = folder / "dataset2-master" / "images" / side / name
            shutil.copytree(folder / "my-cells" / name.lower(), place)
