"""What `data check` says comes next: the command that trains, or what has to be mended first."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.choose import choose
from hybrid_wbc.studies.check import check


def write_cells(folder: Path, counts: dict[str, int]) -> Path:
    generator = np.random.default_rng(0)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            noise = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / name / f"{name.replace('/', '-')}{number}.png")
    return folder


def reporter() -> Reporter:
    return Reporter(Console(file=io.StringIO()))


def checked(path: Path, **options: str) -> tuple[list[str], str]:
    found = check(path, reporter(), **options)
    return found["to_mend"], found["next_command"]


def test_a_set_that_can_be_trained_on_gets_the_command_to_type(tmp_path):
    path = write_cells(tmp_path / "my cells", {"mono": 5, "neut": 5})
    assert checked(path) == ([], f"hybrid-wbc run '{path}'")
    named = checked(path, layout="folder")[1]
    assert named == f"hybrid-wbc run '{path}' --set data.layout=folder"
    assert choose(path, ["data.layout=folder"], reporter()).data.layout == "folder"


def test_a_folder_named_like_a_config_is_not_taken_for_it(tmp_path, monkeypatch):
    write_cells(tmp_path / "lisc", {"mono": 5, "neut": 5})
    monkeypatch.chdir(tmp_path)
    assert checked(Path("lisc")) == ([], "hybrid-wbc run ./lisc")


def test_sides_that_hold_every_class_are_trained_and_tested_on(tmp_path):
    sides = {f"{side}/{name}": 2 for side in ("train", "test") for name in ("mono", "neut")}
    to_mend, command = checked(write_cells(tmp_path, sides))
    assert not to_mend and command


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"mono": 5}, "add cells of a second class"),
        ({"mono": 5, "neut": 4}, "fewer than two classes have cells of 5 sources"),
        (
            {"train/mono": 3, "train/neut": 3, "test/mono": 3},
            "neutrophil has no cell on the test side: add some, or split all cells anew with "
            "hybrid-wbc run",
        ),
        ({"train/mono": 9, "validation/neut": 9}, "name the side that is to be tested on test"),
    ],
)
def test_what_would_end_a_run_is_named_instead(tmp_path, counts, reason):
    path = write_cells(tmp_path, counts)
    to_mend, command = checked(path)
    assert reason in to_mend[0] and not command
    if not reason.startswith("neutrophil"):  # a run notices that when it splits
        with pytest.raises(InputError):
            choose(path, [], reporter())
