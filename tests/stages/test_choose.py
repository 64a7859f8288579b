"""What a run does with a set is chosen from what lies in it, and said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main
from hybrid_wbc.data.drawn import synthetic
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.choose import choose

CLASSES = ("eosinophil", "lymphocyte", "neutrophil")


@pytest.fixture(scope="module")
def smears(tmp_path_factory):
    """Give a folder of drawn smears in a folder a class: a cell lies anywhere, without a mask."""
    drawn = tmp_path_factory.mktemp("drawn") / "smears"
    synthetic.write_smears(drawn, per_class=6, seed=1)
    folder = tmp_path_factory.mktemp("smears")
    for picture in (drawn / "Main Dataset").rglob("*.*"):
        if picture.parent.name in LISC_NAMES:
            place = folder / LISC_NAMES[picture.parent.name]
            place.mkdir(exist_ok=True)
            shutil.copy(picture, place)
    return folder


LISC_NAMES = {"eosi": "eosinophil", "lymp": "lymphocyte", "neut": "neutrophil"}


def flat(folder: Path, counts: dict[str, int], *, sides: tuple[str, ...] = ("",)) -> Path:
    """Write pictures that differ, without a cell in them."""
    generator = np.random.default_rng(0)
    for side in sides:
        for name, count in counts.items():
            place = folder / side / name
            place.mkdir(parents=True)
            for number in range(count):
                grey = generator.integers(200, 255, (40, 40, 1), dtype=np.uint8)
                Image.fromarray(np.repeat(grey, 3, axis=2)).save(place / f"{side}{number}.png")
    return folder


def chosen(path: Path, *changes: str):
    return choose(path, changes, Reporter())


def test_few_cells_are_tested_in_folds(tmp_path):
    config = chosen(flat(tmp_path / "my cells!", dict.fromkeys(CLASSES, 6)))
    assert config.evaluation.folds == 5
    assert config.name == "my-cells"
    assert "18 cells are few" in config.description


def test_the_sets_own_sides_are_kept(tmp_path):
    config = chosen(flat(tmp_path, dict.fromkeys(CLASSES, 4), sides=("train", "test")))
    assert config.split.method == "published"
    assert config.evaluation.folds is None


def test_pictures_without_a_cell_that_can_be_found_are_taken_whole(tmp_path):
    config = chosen(flat(tmp_path, dict.fromkeys(CLASSES, 6)))
    assert (config.data.crop, config.data.middle, config.data.size) == ("as is", 1.0, 64)


def test_cells_that_lie_anywhere_are_located(smears):
    config = chosen(smears)
    assert config.data.crop == "located"
    assert 0.1 < config.data.middle < 0.6
    assert "cut out about it" in config.description


def test_pictures_of_several_sizes_are_fitted(smears, tmp_path):
    shutil.copytree(smears, tmp_path / "set")
    for number, path in enumerate(sorted((tmp_path / "set").rglob("*.*"))):
        if path.is_file() and number % 2:
            picture = Image.open(path)
            picture.resize((picture.width // 2, picture.height // 2)).save(path)
    assert chosen(tmp_path / "set").data.crop == "fitted"


def test_a_class_of_too_few_cells_is_left_out_and_named(tmp_path):
    config = chosen(flat(tmp_path, {"eosinophil": 6, "lymphocyte": 6, "basophil": 1}))
    assert config.data.classes == ["eosinophil", "lymphocyte"]
    assert "basophil is left out: 1 of 5" in config.description


def test_a_class_of_many_cells_of_few_patients_is_left_out(tmp_path):
    rows = ["path,label,source"]
    flat(tmp_path, dict.fromkeys(CLASSES, 6))
    for name in CLASSES:
        patients = 2 if name == "neutrophil" else 6
        rows += [f"{name}/{n}.png,{name},{name} {n % patients}" for n in range(6)]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    config = chosen(tmp_path / "labels.csv")
    assert config.data.classes == ["eosinophil", "lymphocyte"]
    assert "neutrophil is left out: 2 of 5 sources" in config.description


def test_sides_of_some_cells_only_are_not_guessed_about(tmp_path):
    flat(tmp_path, dict.fromkeys(CLASSES, 6))
    rows = ["path,label,split"]
    rows += [f"{c}/{n}.png,{c},{'train' if n % 3 else ''}" for c in CLASSES for n in range(6)]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(InputError, match="no side 6"):
        chosen(tmp_path / "labels.csv")
    assert chosen(tmp_path / "labels.csv", "split.method=ratio").split.method == "ratio"


def test_folds_that_are_asked_for_go_before_the_sets_own_sides(tmp_path):
    flat(tmp_path, dict.fromkeys(CLASSES, 6), sides=("train", "test"))
    assert chosen(tmp_path, "evaluation.folds=3").evaluation.folds == 3


def test_what_the_user_sets_is_not_said_to_be_chosen(tmp_path, capsys):
    path = flat(tmp_path / "cells", dict.fromkeys(CLASSES, 6))
    config = chosen(path, "training.epochs=7", "split.test=0.3")
    assert config.training.epochs == 7
    assert "64 pixels, batches of 16 for 18 cells" in config.description
    assert "epochs" not in config.description and "folds" not in config.description
    assert "as you set it: training.epochs=7" in capsys.readouterr().err


def test_too_few_cells_altogether_are_refused(tmp_path):
    with pytest.raises(InputError, match="fewer than two classes have cells of 5 sources"):
        chosen(flat(tmp_path, {"eosinophil": 6, "lymphocyte": 2}))


def test_one_class_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"1 class of usable cells.*data check"):
        chosen(flat(tmp_path, {"eosinophil": 6}))


def test_what_the_user_sets_is_kept(tmp_path):
    config = chosen(flat(tmp_path, dict.fromkeys(CLASSES, 6)), "training.epochs=3", "seed=7")
    assert (config.training.epochs, config.seed) == (3, 7)


def test_a_section_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="split"):
        chosen(flat(tmp_path, dict.fromkeys(CLASSES, 6)), "split=3")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "training.epoch=3"], "--set: unknown key 'training.epoch'"),
        (["--set", "data.size=abc"], "--set: data.size: received 'abc'"),
        (["--set", "foo.bar=1"], "--set: unknown key 'foo'"),
        (["--labels", "nowhere.csv"], "--labels: nowhere.csv is no file; give a CSV table"),
        (["--cluster", "loco"], "--cluster: received 'loco'; give local, local:WORKERS"),
    ],
)
def test_a_mistake_in_the_options_is_said_before_the_set_is_read(
    tmp_path, monkeypatch, options, said
):
    monkeypatch.setattr("hybrid_wbc.data.cleaning.clean", pytest.fail)
    shown = asked(flat(tmp_path, dict.fromkeys(CLASSES, 6)), *options)
    assert shown.exit_code == 2
    assert shown.stderr.splitlines()[-1].startswith(f"error: {said}")


def test_changes_that_need_what_is_chosen_are_not_refused_too_early(tmp_path):
    changes = ("training.patience=3", "split.validation=0.2")
    assert chosen(flat(tmp_path, dict.fromkeys(CLASSES, 6)), *changes).training.patience == 3


def asked(*arguments: object):
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


def test_a_folder_is_a_set_and_a_dry_run_prints_its_settings(tmp_path):
    shown = asked(flat(tmp_path, dict.fromkeys(CLASSES, 6)), "--seeds", 2, "--dry-run")
    assert shown.exit_code == 0
    assert "seeds: 2" in shown.stdout
    assert "chosen: 18 cells are few" in shown.stderr
    assert "nothing was written" in shown.stderr


def test_a_folder_named_like_a_shipped_config_is_not_guessed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flat(tmp_path / "pbc", dict.fromkeys(CLASSES, 6))
    shown = asked("pbc", "--dry-run")
    assert shown.exit_code == 2
    assert "./pbc" in shown.stderr
    assert "--data" in shown.stderr
    assert asked("./pbc", "--dry-run").exit_code == 0


def test_a_set_and_data_are_one_too_many(tmp_path):
    shown = asked(flat(tmp_path, dict.fromkeys(CLASSES, 6)), "--data", tmp_path)
    assert shown.exit_code == 2
    assert "--data goes with a config" in shown.stderr
