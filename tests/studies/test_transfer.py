"""Training on one set and testing on another, as a user meets it."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.cli.main import main
from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import prepare, repeats
from hybrid_wbc.stages.sets import data_source
from hybrid_wbc.studies import formats

pytestmark = pytest.mark.usefixtures("undrawn")

COLOURS = {"neutrophil": (90, 45, 170), "monocyte": (160, 60, 120), "basophil": (40, 40, 90)}
SETTINGS = ("data.size=24", "training.epochs=2", "training.batch_size=8", "data.crop=as is")


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def write_set(root: Path, names: list[str], *, light: int, seed: int) -> Path:
    """Write ten cells a class; the light is the set's own."""
    generator = np.random.default_rng(seed)
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.full((40, 40, 3), light, dtype=float)
            pixels[12:28, 12:28] = np.array(COLOURS[name]) * light / 240
            pixels += generator.normal(0, 8, pixels.shape)
            pixels = np.clip(pixels, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sets")
    return (
        write_set(folder / "bright", ["neutrophil", "monocyte", "basophil"], light=240, seed=0),
        write_set(folder / "dim", ["neutrophil", "monocyte"], light=190, seed=1),
    )


def transfer(sets, out: Path, *more):
    settings = [f"--set={s}" for s in SETTINGS]
    return call(
        "transfer", "across-sets", "--train", sets[0], "--test", sets[1], "--out", out, *settings,
        *more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sets):
    out = tmp_path_factory.mktemp("artifacts")
    result = transfer(sets, out, "--stain", "as is", "--stain", "macenko", "--stain", "as is")
    assert result.exit_code == 0, result.output
    return out, result


def test_every_cell_of_one_set_is_trained_on_and_of_the_other_tested(finished):
    out, _ = finished
    run = out / "00000-transfer-bright-to-dim-as-is-batch"
    embeddings = Embeddings.load(run / "seed-0" / "embeddings.npz")
    trained = embeddings.ids[embeddings.split == "train"].tolist()
    tested = embeddings.ids[embeddings.split == "test"].tolist()
    assert len(trained) == len(tested) == 20
    assert all(name.startswith("training set/") for name in trained)
    assert all(name.startswith("test set/") for name in tested)
    assert embeddings.classes.tolist() == ["monocyte", "neutrophil"]


def test_run_folder_metrics_and_page_say_which_set_is_which(finished, sets):
    out, _ = finished
    run = out / "00000-transfer-bright-to-dim-as-is-batch"
    metrics = json.loads((run / "metrics.json").read_text())
    assert (metrics["trained_on"], metrics["tested_on"]) == ("bright", "dim")
    assert "trained on bright, tested on dim: monocyte, neutrophil" in metrics["notes"]
    assert "from bright, tested on those of dim" in (run / "report.html").read_text()
    assert any("which of them show one patient is not known" in note for note in metrics["notes"])
    facts = json.loads((run / "provenance.json").read_text())["data"]
    assert facts["path"] == str(sets[0])
    assert facts["test"] == {"path": str(sets[1]), "layout": "folder"}
    manifest = read_table(run / "manifest.csv")
    assert len(manifest) == 50
    assert (
        sum(row["dropped"] == "its class is in one of the two sets only" for row in manifest) == 10
    )


def test_options_lie_side_by_side_in_a_table_that_is_kept_with_paired_tests(finished):
    out, result = finished
    assert sorted(path.name for path in out.iterdir()) == [
        "00000-transfer-bright-to-dim-as-is-batch",
        "00001-transfer-bright-to-dim-macenko-batch",
        "transfer-bright-to-dim.json",
    ]
    for text in ("stain", "normalisation", "macenko", "KNN", "macro F1"):
        assert text in result.stdout
    why = "10 dropped: its class is in one of the two sets only (10); see manifest.csv"
    assert why in result.stderr
    path = out / "transfer-bright-to-dim.json"
    assert next(iter(json.loads(path.read_text()))) == "format"
    kept = formats.TRANSFER.read(path)
    assert [run["stain"] for run in kept["runs"]] == ["as is", "macenko"]
    assert kept["paired"]["knn"]["n_sources"] == 20 and kept["refused"] == ""


def test_a_finished_transfer_compares_and_is_not_done_again(finished, sets):
    out, _ = finished
    runs = sorted(path for path in out.iterdir() if path.is_dir())
    assert call("compare", *runs).exit_code == 0
    again = transfer(sets, out, "--stain", "as is", "--stain", "macenko", "--resume")
    assert again.exit_code == 0, again.output
    assert again.stderr.count("nothing is left to do") == 2
    assert sorted(path for path in out.iterdir() if path.is_dir()) == runs


def test_pictures_are_predicted_with_the_runs_own_stain(finished, sets):
    out, _ = finished
    result = call("predict", out / "00001-transfer-bright-to-dim-macenko-batch", sets[1])
    assert result.exit_code == 0, result.output
    told = {
        row["id"].removeprefix("test set/"): row["knn"]
        for row in read_table(
            out / "00001-transfer-bright-to-dim-macenko-batch" / "seed-0" / "predictions.csv"
        )
        if row["split"] == "test"
    }
    for line in result.stdout.splitlines()[1:]:
        image, knn = line.split(",")[:2]
        assert told[Path(image).relative_to(sets[1]).as_posix()] == knn


def test_a_number_of_each_class_is_drawn_from_the_training_set_alone(tmp_path, sets):
    changes = [
        *SETTINGS,
        "split.method=published",
        "split.validation=0.1",
        f"data.path={sets[0]}",
        f"data.test_path={sets[1]}",
    ]
    for number in ("data.draw={neutrophil: 4, monocyte: 4}", "data.balance=true"):
        settings = load.load("across-sets", [*changes, number])
        folder = RunFolder.create(tmp_path, "drawn", settings.to_yaml())
        cells = prepare.prepare(settings, folder, Reporter(Console(file=StringIO())))
        (repeat,) = repeats.repeats(settings, cells)
        sides, counts = np.unique(repeat.split, return_counts=True)
        found = dict(zip(sides.tolist(), counts.tolist(), strict=True))
        trained = 8 if "draw" in number else 20
        assert found["test"] == 20
        assert found["train"] + found["validation"] == trained and found["validation"] >= 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("--test", "nowhere"), "nowhere not found"),
        (("--set", "network.name=pbc22", "--normalisation", "none"), "no normalisation layers"),
        (("--set", "split.method=ratio"), "set split.method: published"),
        (("--stain", "vahadane"), "'vahadane' is not one of"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_leaves_no_folder(tmp_path, sets, change, complaint):
    result = transfer(sets, tmp_path / "out", *change)
    assert result.exit_code == 2
    assert complaint in result.stderr and "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_sets_that_share_no_two_classes_name_those_of_both(tmp_path, sets):
    far = tmp_path / "far"
    shutil.copytree(sets[0] / "basophil", far / "basophil")
    shutil.copytree(sets[0] / "neutrophil", far / "neutrophil")
    result = transfer((far, sets[1]), tmp_path / "out")
    assert result.exit_code == 2
    assert "basophil, neutrophil" in result.stderr and "monocyte, neutrophil" in result.stderr


def test_a_photograph_of_the_test_set_is_not_trained_on(tmp_path, smears):
    """Both sets hold one photograph, in one of them turned and smaller."""
    sets = {"train": range(1, 5), "test": range(4, 7)}
    for name, numbers in sets.items():
        for label in ("mono", "neut"):
            folder = tmp_path / name / label
            folder.mkdir(parents=True)
            for number in numbers:
                with Image.open(smears / "Main Dataset" / label / f"{number}.bmp") as smear:
                    picture = smear.convert("RGB").resize((360, 288))
                if name == "test":
                    picture = picture.rotate(180)
                picture.save(folder / f"{number}.png")
    settings = load.load(
        "across-sets",
        [f"data.path={tmp_path / 'train'}", f"data.test_path={tmp_path / 'test'}",
         "split.method=published", "data.crop=as is", "data.size=16"],
    )  # fmt: skip
    folder = RunFolder.create(tmp_path / "runs", settings.name, settings.to_yaml())
    reporter = Reporter(Console(file=StringIO()))
    cells = prepare.prepare(settings, folder, reporter)
    trained = sorted(Path(i).stem for i in cells.ids[cells.published == "train"])
    assert trained == ["1", "1", "2", "2", "3", "3"]
    again = prepare.prepare(settings, folder, reporter)
    assert again.ids.tolist() == cells.ids.tolist()


def test_several_sets_are_trained_on_together_and_one_tested(tmp_path, sets):
    third = write_set(tmp_path / "third", ["neutrophil", "monocyte"], light=215, seed=2)
    changes = [
        *SETTINGS, "split.method=published", f"data.path=[{sets[0]}, {sets[1]}]",
        f"data.test_path={third}",
    ]  # fmt: skip
    settings = load.load("across-sets", changes)
    assert settings.data.more_paths == [str(sets[1])]
    folder = RunFolder.create(tmp_path, "pooled", settings.to_yaml())
    reporter = Reporter(Console(file=StringIO()))
    cells = prepare.prepare(settings, folder, reporter)
    assert sorted(set(cells.origins.tolist())) == ["", "bright", "dim"]
    assert (cells.published == "train").sum() == 40 and (cells.published == "test").sum() == 20
    data = Run(folder).provenance()["data"]
    assert [one["path"] for one in data["more"]] == [str(sets[1])]
    again = prepare.prepare(settings, folder, reporter)
    assert again.ids.tolist() == cells.ids.tolist()
    assert load.load(folder.config_path).data == settings.data


def test_a_training_set_that_is_not_there_is_named(sets):
    settings = load.load("across-sets", [f"data.path=[{sets[0]}, nowhere]"])
    with pytest.raises(InputError, match=r"data\.path: nowhere not found"):
        data_source(settings)


def test_statistics_of_the_test_set_change_its_side_alone_and_are_told(finished, sets, tmp_path):
    out, _ = finished
    result = transfer(sets, tmp_path, "--stain", "as is", "--set", "network.statistics=target")
    assert result.exit_code == 0, result.output
    name = "00000-transfer-bright-to-dim-as-is-batch"
    usual, adapted = (
        Embeddings.load(folder / name / "seed-0" / "embeddings.npz") for folder in (out, tmp_path)
    )
    trained = usual.split == "train"
    assert np.array_equal(usual.X[trained], adapted.X[trained])
    assert not np.allclose(usual.X[~trained], adapted.X[~trained])
    page = (tmp_path / name / "report.html").read_text()
    assert "batch normalisation takes its statistics from the test set" in page
    told = call("predict", tmp_path / name, sets[1])
    assert "takes its statistics from these 20 cells" in told.output
