"""A small set gets a run from a network that was trained on others, and it says from what."""

from __future__ import annotations

import json
import re
import shutil
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc.cli.main import main
from hybrid_wbc.cnn import networks, storage
from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator.hybrid import HybridClassifier
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import approach, repeats, run
from hybrid_wbc.studies.model import open_model
from hybrid_wbc.studies.train_on import choose_from, start_from

COLOURS = {"neutrophil": (90, 45, 170), "monocyte": (170, 60, 110), "basophil": (40, 40, 90)}
OTHERS = {"platelet": (200, 150, 200), **COLOURS}
ONE_SPLIT = ("evaluation.folds=null", "split.test=0.4", "training.epochs=1", "network.views=1")


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def draw(folder: Path, colours, per_class: int, seed: int) -> Path:
    generator = np.random.default_rng(seed)
    for name, colour in colours.items():
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = np.full((32, 32, 3), 230.0)
            pixels[8:24, 8:24] = colour
            pixels = np.clip(pixels + generator.normal(0, 20, pixels.shape), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{seed}-{number}.png")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("train-on")


@pytest.fixture(scope="module")
def lender(place) -> Path:
    """A run that has trained its network, on twelve cells of each of three classes."""
    changes = [
        f"data.path={json.dumps(str(draw(place / 'many', COLOURS, 12, seed=0)))}",
        "data.size=24", "data.middle=0.9", "data.stain=reinhard", "network.name=table60",
        "training.epochs=2", "training.batch_size=8", "split.test=0.25", "evaluation.seeds=1",
    ]  # fmt: skip
    return run.begin(load.load("pbc", changes), place / "lender", run.train).path


@pytest.fixture(scope="module")
def few(place, lender) -> Path:
    """Ten cells of each of four classes; three of the monocytes are the lender's own."""
    path = draw(place / "few", OTHERS, 10, seed=1)
    for number in range(3):
        mine = path / "monocyte" / f"1-{number}.png"
        shutil.copy(place / "many" / "monocyte" / f"0-{number}.png", mine)
    return path


@pytest.fixture(scope="module")
def trained(place, lender, few):
    """The finished run, fine-tuning tried though the cells are few, and what was said."""
    sets = [f"--set={change}" for change in ONE_SPLIT]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(approach, "FEWEST_TO_FINE_TUNE", 4)
        done = call("train-on", few, "--from", lender, "--out", place / "runs", *sets)
    assert done.exit_code == 0, done.output
    return Run(RunFolder(place / "runs" / "00000-few")), done.output


def test_every_approach_is_scored_on_folds_and_the_best_is_taken_and_said(trained):
    made, said = trained
    told = made.repeats()[0].approaches()
    means = {key: one["balanced_accuracy"]["mean"] for key, one in told["scores"].items()}
    assert list(means) == ["given embedding", "new embedding", "fine-tuned"]
    assert means[told["chosen"]] == max(means.values())
    assert f"taken: {told['chosen']}, the best on the folds" in " ".join(said.split())
    assert told["folds"] == 3


def test_what_was_trained_on_is_handed_on_in_one_file_that_answers_as_its_run(trained, few, place):
    folder, bundled = trained[0].folder.path, place / "few.hybrid"
    done = call("export", folder, "--bundle", bundled)
    assert done.exit_code == 0, done.output
    told = []
    for model in (folder, bundled):
        done = call("predict", model, few, "--as", "cells", "--json", "-")
        assert done.exit_code == 0, done.output
        told.append(json.loads(done.stdout)["cells"])
    of_run, of_bundle = told
    assert [cell["said"] for cell in of_bundle] == [cell["said"] for cell in of_run]
    assert [cell["probability"] for cell in of_bundle] == pytest.approx(
        [cell["probability"] for cell in of_run], abs=5e-3
    )
    hybrid = HybridClassifier.load(bundled)
    pictures = [cell["image"] for cell in of_bundle]
    assert hybrid.predict(pictures).tolist() == [cell["answer"] for cell in of_bundle]
    assert sorted(open_model(bundled).classes) == sorted(OTHERS)


def test_pixels_are_prepared_as_the_lender_prepared_them(trained):
    data = trained[0].config().data
    assert (data.size, data.middle, data.stain) == (24, 0.9, "reinhard")


def test_what_the_network_was_trained_on_is_never_tested_and_named(trained):
    made, _ = trained
    repeat = made.repeats()[0]
    table = repeat.predictions()
    seen = [f"monocyte/1-{number}.png" for number in range(3)]
    assert set(table.split[np.isin(table.ids, seen)].tolist()) == {"train"}
    assert set(seen) <= set(made.provenance()["data"]["seen"])
    (note,) = [note for note in made.metrics()["notes"] if note.startswith("WARNING")]
    assert "trained on 3 of these 40 cells (3 by the content of their files)" in note
    assert all(cell in note for cell in seen)
    # Nor does it choose: of the other training cells alone the folds are made.
    training = table.split == "train"
    assert repeat.approaches()["cells"] == int(training.sum()) - len(
        made.provenance()["data"]["seen"]
    )


def test_the_page_says_what_the_network_started_from(trained, lender):
    page = (trained[0].folder.path / "report.html").read_text()
    assert f"started from that of the run {lender.name}" in page
    assert "What was made of the given network" in page
    assert "WARNING: the network started from" in page


def test_a_finished_run_is_asked_as_any_other(trained, few):
    done = call("predict", trained[0].folder.path, few / "platelet" / "1-1.png", "--as", "cells")
    assert done.exit_code == 0, done.output


def begun(place, few, lender, *changes):
    """Make the networks of a run, and nothing that follows."""
    reporter = Reporter(Console(file=StringIO()))
    config = choose_from(few, lender, [*ONE_SPLIT, *changes], reporter)
    return Run(run.begin(config, place / "begun", run.train))


def test_with_few_cells_nothing_is_fine_tuned_and_it_is_said(place, lender, few):
    told = begun(place, few, lender).repeats()[0].approaches()
    assert list(told["scores"]) == ["given embedding", "new embedding"]
    assert "not fine-tuned, for that 20 training cells of each class are needed" in told["reason"]


def test_an_approach_that_the_settings_name_is_taken_without_a_comparison(place, lender, few):
    told = begun(place, few, lender, "training.approach=new embedding").repeats()[0].approaches()
    assert (told["chosen"], told["scores"]) == ("new embedding", {})


def test_a_set_that_the_network_was_trained_on_is_refused(place, lender):
    with pytest.raises(InputError, match="and no other is left to test on"):
        begun(place, place / "many", lender)


def test_another_size_than_the_networks_is_refused(place, lender, few):
    with pytest.raises(InputError, match=r"received 32, and .* takes 24×24 pixels"):
        begun(place, few, lender, "data.size=32")


def test_a_network_within_a_run_is_prepared_for_as_the_run_was(lender):
    assert start_from(lender / "seed-0" / "cnn.keras") == start_from(lender)


def test_a_network_by_itself_says_its_size_and_the_rest_is_guessed(tmp_path):
    storage.save(networks.build("table60", input_size=(24, 24), classes=3), tmp_path / "cnn.keras")
    start = start_from(tmp_path / "cnn.keras")
    assert start.settings["data"] == {"size": 24}
    assert not start.framed
    assert "GUESSED" in " ".join(start.reasons)


def test_a_hybrid_file_is_started_from_and_says_that_its_cells_are_not_known(place, few):
    images = np.random.default_rng(0).integers(0, 255, (12, 24, 24, 3), dtype=np.uint8)
    labels, groups = np.repeat(["monocyte", "basophil"], 6), np.arange(12)
    hybrid = HybridClassifier("table60", head="knn", size=24, epochs=1, calibration=None)
    hybrid.fit(images, labels, groups=groups).save(place / "mine.hybrid")
    made = begun(place, few, place / "mine.hybrid")
    assert "GUESSED" in made.config().description
    assert made.repeats()[0].is_trained
    notes = made.provenance()["data"]["notes"]
    assert any("mine.hybrid, which does not say what it was trained on" in n for n in notes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "--from: .*nowhere: not found"),
        ("many", "not a run folder, it holds no config.yaml"),
    ],
)
def test_what_is_no_network_is_refused(place, lender, few, given, said):
    done = call("train-on", few, "--from", place / given, "--out", place / "none")
    assert done.exit_code == 2
    assert re.search(said, " ".join(done.output.split()))
    assert not (place / "none").exists()


def test_a_run_is_no_set_of_cells(lender):
    done = call("train-on", lender, "--from", lender)
    assert done.exit_code == 2
    assert "a run, not a set of cells" in done.output


def test_a_fold_whose_cells_were_all_seen_is_refused_before_anything_is_trained():
    labels = np.array(["a", "b"] * 4)
    splits = [np.where(np.arange(8) // 2 == fold, "test", "train") for fold in range(4)]
    cells = SimpleNamespace(seen=np.arange(8) < 4, labels=labels)
    with pytest.raises(InputError, match=r"4 of the 8 cells .* 2 of 4 folds have no other"):
        repeats._without_seen_tested(cells, np.arange(8), splits)
