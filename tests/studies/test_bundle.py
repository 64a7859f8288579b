"""A run in one file answers as the run does, and says nothing of where it was made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc import HybridClassifier
from hybrid_wbc.cli.main import main
from hybrid_wbc.config.load import load
from hybrid_wbc.data import cleaning
from hybrid_wbc.data.reading import readers
from hybrid_wbc.errors import InputError
from hybrid_wbc.estimator import sealing
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages.lending import seen_by_lender
from hybrid_wbc.studies import bundle as study
from hybrid_wbc.studies.asking import Asked, answering
from hybrid_wbc.studies.model import open_model
from hybrid_wbc.studies.opening import open_finished


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(run_of_three_colours) -> Path:
    return run_of_three_colours


@pytest.fixture(scope="module")
def bundled(run):
    """The file, and what the command says."""
    (run.parent / "about.md").write_text("Cells of three colours; MIT.")
    path = run.parent / "three.hybrid"
    done = call("export", run, "--bundle", path, "--about", run.parent / "about.md")
    assert done.exit_code == 0, done.output
    return path, done.output


def told(*arguments) -> dict:
    done = call("predict", *arguments, "--as", "cells", "--json", "-")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_bundle_answers_as_its_run(run, bundled):
    cells = run.parent / "cells"
    of_run, of_bundle = told(run, cells), told(bundled[0], cells)
    assert of_bundle["model"] == str(bundled[0])
    assert of_bundle["answered_by"] == of_run["answered_by"] == "vote"
    for one, other in zip(of_run["cells"], of_bundle["cells"], strict=True):
        assert one["said"] == other["said"]
        assert one["probability"] == pytest.approx(other["probability"], abs=5e-3)
        assert one["features"] == pytest.approx(other["features"], rel=5e-3, abs=5e-3)
        assert other["set"] is not None and other["unlike"] is not None
    assert "in half precision the class of none of 15 test cells is another" in bundled[1]


def test_a_bundle_says_nothing_of_the_machine_that_made_it(run, bundled):
    _, members = sealing.read(bundled[0])
    place = str(run.parent).encode()
    assert not [name for name, content in members.items() if place in content]
    made = json.loads(members["provenance.json"])
    assert made["argv"] == [] and made["data"]["path"] == "cells"
    assert not [name for name in members if name.endswith((".png", ".pickle", ".pkl"))]


def test_a_bundle_is_the_same_bytes_again(run, bundled, tmp_path):
    done = call("export", run, "--bundle", tmp_path / "three.hybrid", "--about",
                run.parent / "about.md")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert (tmp_path / "three.hybrid").read_bytes() == bundled[0].read_bytes()


def test_the_card_has_the_figures_the_data_and_what_it_is_not_for(run, bundled):
    card = bundled[0].with_suffix(".md").read_text()
    accuracy = Run(open_finished(run)[1]).metrics()["classifiers"]["vote"]["accuracy"]
    for wanted in (
        "# three", "no answer of it is a diagnosis", "Cells of three colours; MIT.",
        f"| soft vote | {accuracy['mean']:.3f} (", "expected calibration error",
        "prediction sets at 99%", "Not measured: `hybrid-wbc stress", "neutrophil",
    ):  # fmt: skip
        assert wanted in card
    assert sealing.read(bundled[0])[1]["card.md"].decode() == card


def test_an_estimator_is_made_of_a_bundle_and_answers_as_predict(run, bundled, tmp_path):
    files = sorted((run.parent / "cells").rglob("*.png"))
    hybrid = HybridClassifier.load(bundled[0])
    cells = told(bundled[0], *files)["cells"]
    assert hybrid.predict(files).tolist() == [cell["answer"] for cell in cells]
    given = hybrid.predict_proba(files).max(axis=1)
    assert given.tolist() == pytest.approx([cell["probability"] for cell in cells], abs=1e-5)
    assert hybrid.transform(files).shape == (36, 5)
    assert hybrid.head == "vote" and hybrid.views == 8 and hybrid.size == 24
    hybrid.save(tmp_path / "again.hybrid")
    again = HybridClassifier.load(tmp_path / "again.hybrid")
    assert again.predict(files).tolist() == hybrid.predict(files).tolist()


def test_explain_and_stress_take_a_bundle(run, bundled):
    image = run.parent / "cells" / "basophil" / "0.png"
    done = call("explain", bundled[0], image)
    assert done.exit_code == 0, done.output
    other = run.parent / "elsewhere"
    shutil.copytree(run.parent / "cells", other, dirs_exist_ok=True)
    for path in other.rglob("*.png"):
        pixels = np.asarray(Image.open(path)).copy()
        pixels[0, 0] ^= 1
        Image.fromarray(pixels).save(path)
    shutil.copy(image, other / "basophil" / "seen.png")
    done = call("stress", bundled[0], "--quick", "--on", other)
    assert done.exit_code == 0, done.output
    assert "1 cells lie in files of the run too: left out" in done.output


def test_a_bundle_lends_its_network_and_names_the_cells_that_it_was_trained_on(run, bundled):
    cells = run.parent / "cells"
    done = call("train-on", cells, "--from", bundled[0], "--dry-run")
    assert done.exit_code == 0, done.output
    assert f"weights: {bundled[0]}" in done.stdout and "size: 24" in done.stdout
    assert "starts from the network wbc23 of three.hybrid" in done.stderr
    config = load(str(run / "config.yaml"), [f"network.weights={bundled[0]}"])
    cleaned = cleaning.clean(readers.read(cells).samples)
    sha256 = {sample.id: cleaned.inspections[sample.id].sha256 for sample in cleaned.kept}
    seen, notes = seen_by_lender(config, list(cleaned.kept), sha256)
    embeddings = Run(open_finished(run)[1]).repeats()[0].embeddings()
    assert seen == set(embeddings.ids[embeddings.split == "train"].tolist())
    assert f"trained on {len(seen)} of these 36 cells" in notes[0]


def test_a_network_that_answers_otherwise_here_is_refused(run, bundled, tmp_path):
    config, folder = open_finished(bundled[0])
    repeat = Run(folder).repeats()[0]
    test = repeat.self_test()
    assert test is not None and test.images.shape == (3, 24, 24, 3)
    changed = {"images": test.images, "X": test.X + 1, "probabilities": test.probabilities}
    np.savez(repeat.path / "self-test.npz", **changed)
    with pytest.raises(InputError, match="three: does not answer here as it did where it was made"):
        Asked(repeat, config)
    (repeat.path / "self-test.npz").write_bytes(b"0")
    with pytest.raises(InputError, match=r"self-test\.npz: damaged"):
        Asked(repeat, config)


def test_half_precision_that_changes_answers_is_refused(run, tmp_path, monkeypatch):
    from hybrid_wbc.cnn import storage

    whole = storage.save_halved

    def spoilt(model, path):
        weights = model.get_weights()
        model.set_weights([weight * 0 for weight in weights])
        whole(model, path)
        model.set_weights(weights)

    monkeypatch.setattr(storage, "save_halved", spoilt)
    done = call("export", run, "--bundle", tmp_path / "three.hybrid")
    assert done.exit_code == 2 and "in half precision the classes of" in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_bundled_is_a_users_mistake(run, bundled, tmp_path):
    config, folder = open_finished(run)
    ensemble = config.model_copy(
        update={"ensemble": config.ensemble.model_copy(update={"networks": 2})}
    )
    with pytest.raises(InputError, match="an ensemble of 2 networks is not kept in one file"):
        study.bundle(ensemble, folder, tmp_path / "x.hybrid", Reporter())
    done = call("export", run)
    assert done.exit_code == 2 and "--onnx OUT or --bundle OUT" in done.stderr
    done = call("export", run, "--bundle", tmp_path / "x.hybrid", "--about", tmp_path / "none.md")
    assert done.exit_code == 2 and "none.md: cannot be read" in done.stderr
    done = call("export", bundled[0], "--bundle", tmp_path / "x.hybrid")
    assert done.exit_code == 2 and not (tmp_path / "x.hybrid").exists()


def test_a_single_estimator_is_no_run(run, bundled, tmp_path):
    HybridClassifier.load(bundled[0]).save(tmp_path / "one.hybrid")
    with pytest.raises(InputError, match=r"one\.hybrid: a single estimator"):
        open_finished(tmp_path / "one.hybrid")
    assert open_model(tmp_path / "one.hybrid").held_out is None


def test_without_a_model_the_packaged_one_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(sealing.resources, "files", lambda _: tmp_path)
    Image.new("RGB", (32, 32)).save(tmp_path / "cell.png")
    for command in ("predict", "explain"):
        done = call(command, tmp_path / "cell.png")
        assert done.exit_code == 2 and "comes without its model" in done.stderr


def test_whose_answer_is_counted_can_be_named():
    packaged, usual = load("packaged"), load("pbc")
    assert answering(packaged, {"vote", "cnn"}) == "cnn"
    assert answering(usual, {"vote", "cnn"}) == "vote"
    with pytest.raises(InputError, match=r"classifiers\.answer: cnn was named.*it has vote"):
        answering(packaged, {"vote"})


def test_a_model_alone_says_that_images_are_missing(run):
    for command in ("predict", "explain"):
        done = call(command, run)
        assert done.exit_code == 2 and "name IMAGES, files or folders, after it" in done.stderr
