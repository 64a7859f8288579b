"""The whole road, on drawn smears: what a run folder holds, and that a kill changes nothing."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load
from hybrid_wbc.data.checking import FLAT
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.checksums import Checksums
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import ablate, extract, prepare, run, train
from hybrid_wbc.stages import repeats as stages_repeats


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def begin(parent, smears, changes, name="quickstart"):
    settings = load.load(name, [f"data.path={json.dumps(str(smears))}", *changes])
    return settings, RunFolder.create(parent, settings.name, settings.to_yaml())


def finish(parent, smears, changes, name="quickstart"):
    settings, folder = begin(parent, smears, changes, name)
    run.run(settings, folder, quiet())
    return settings, folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory, smears):
    small = ["data.size=32", "training.epochs=2", "training.batch_size=8", "split.test=0.34"]
    return finish(tmp_path_factory.mktemp("runs"), smears, [*small, "evaluation.seeds=2"])


def digests(folder):
    """Give the hash of each file that is a result; those of the rest differ by hour or machine."""
    differing = {"log.txt", "provenance.json", "report.html", "config.yaml"}
    found = {
        str(path.relative_to(folder.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.path.rglob("*"))
        if path.is_file() and path.name not in differing
    }
    listed = json.loads((folder.path / "checksums.json").read_text())
    return found | {"checksums.json": {k: v for k, v in listed.items() if k not in differing}}


def test_a_run_folder_holds_what_the_design_lays_down(finished):
    _, folder = finished
    held = {str(path.relative_to(folder.path)) for path in folder.path.rglob("*")}
    of_the_run = {
        "config.yaml", "provenance.json", "manifest.csv", "metrics.json", "ablation.json",
        "ablation.csv", "health.json", "report.html",
    }  # fmt: skip
    figures = {
        f"figures/{name}.png"
        for name in (
            "embedding_scatter", "pair_plot", "confusion_matrices", "learning_curves",
            "augmentation_sheet", "prediction_sheet", "classifier_comparison", "feature_by_class",
            "feature_subsets",
        )
    }  # fmt: skip
    of_each_repeat = {
        f"seed-{seed}/{name}"
        for seed in (0, 1)
        for name in (
            "history.csv", "cnn.keras", "embeddings.npz", "knn.skops", "svm.skops",
            "forest.skops", "vote.skops", "predictions.csv",
        )
    }  # fmt: skip
    assert of_the_run | figures | of_each_repeat <= held
    assert not [name for name in held if "/." in name or name.startswith(".")]


def test_metrics_have_the_promised_shape_and_say_synthetic(finished):
    _, folder = finished
    metrics = json.loads((folder.path / "metrics.json").read_text())
    assert metrics["synthetic"] is True
    assert metrics["n_files"] >= metrics["n_sources"] == 30
    assert metrics["classes"] == [
        "basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil"
    ]  # fmt: skip
    assert list(metrics["classifiers"]) == ["knn", "svm", "forest", "cnn", "vote"]
    assert len(metrics["comparison"]["pairs"]) == 10
    for side in ("train", "test", "all"):
        evidence = metrics["evidence"][side]
        assert evidence["effective_sources"] <= evidence["sources"] <= evidence["files"]
    for scores in metrics["classifiers"].values():
        for name in ("accuracy", "balanced_accuracy", "macro_precision", "macro_f1", "kappa"):
            score = scores[name]
            assert len(score["raw"]) == 2
            assert score["low"] <= score["mean"] <= score["high"]
            assert score["mean"] == pytest.approx(np.mean(score["raw"]))
        assert set(scores["per_class"]["basophil"]) == {"precision", "recall", "f1", "support"}


def test_every_published_number_follows_from_the_predictions(finished):
    _, folder = finished
    metrics = json.loads((folder.path / "metrics.json").read_text())
    for number, name in enumerate(metrics["repeats"]):
        rows = [
            r for r in read_table(folder.path / name / "predictions.csv") if r["split"] == "test"
        ]
        for key, scores in metrics["classifiers"].items():
            right = np.mean([row[key] == row["label"] for row in rows])
            assert scores["accuracy"]["raw"][number] == pytest.approx(right)


def test_no_source_lies_on_two_sides_of_any_repeat(finished):
    _, folder = finished
    for place in folder.repeats():
        embeddings = Embeddings.load(place / "embeddings.npz")
        sides = {}
        for source, side in zip(embeddings.sources, embeddings.split, strict=True):
            assert sides.setdefault(source, side) == side
        assert embeddings.X.shape[1] == 5 and embeddings.X.dtype == np.float32


def test_the_manifest_names_every_file_with_its_checksum(finished, smears):
    _, folder = finished
    rows = read_table(folder.path / "manifest.csv")
    assert len({row["path"] for row in rows}) == 30
    for row in rows[:3]:
        assert row["sha256"] == hashlib.sha256(Path(row["path"]).read_bytes()).hexdigest()


def test_the_page_says_synthetic_and_asks_for_nothing_from_outside(finished):
    _, folder = finished
    page = (folder.path / "report.html").read_text()
    assert "SYNTHETIC" in page
    assert 'src="http' not in page and 'href="http' not in page


def test_a_run_killed_between_stages_ends_with_the_same_bytes(finished, smears, tmp_path):
    settings, folder = finished
    killed = RunFolder.create(tmp_path, settings.name, settings.to_yaml())
    cells = prepare.prepare(settings, killed, quiet())
    repeats = stages_repeats.repeats(settings, cells)
    train.train_repeat(settings, killed, cells, repeats[0], quiet())
    extract.extract_repeat(settings, killed, cells, repeats[0], quiet())
    run.run(settings, killed, quiet())
    assert digests(killed) == digests(folder)


def test_a_complete_run_is_left_alone(finished):
    settings, folder = finished
    before = digests(folder)
    run.run(settings, folder, quiet())
    assert digests(folder) == before


def test_a_bit_flipped_in_any_file_of_a_complete_run_is_one_line(finished, tmp_path):
    settings, folder = finished
    copy = RunFolder(tmp_path / folder.path.name)
    shutil.copytree(folder.path, copy.path)
    generator = np.random.default_rng(0)
    files = sorted(path for path in copy.path.rglob("*") if path.is_file())
    for path in files:
        if path.name in {"log.txt", "checksums.json"}:
            continue  # nothing rests on the log; the list is tested by itself
        content = path.read_bytes()
        damaged = bytearray(content)
        damaged[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
        path.write_bytes(bytes(damaged))
        with pytest.raises(InputError, match=r"changed since it was written; run the stage") as no:
            run.run(settings, copy, quiet())
        assert str(no.value).startswith(str(path)) and "\n" not in str(no.value)
        path.write_bytes(content)
    run.run(settings, copy, quiet())
    assert len(files) >= 30


def test_a_run_whose_data_have_changed_does_not_go_on(finished, smears, tmp_path):
    copy = tmp_path / "smears"
    shutil.copytree(smears, copy)
    settings, folder = begin(tmp_path / "runs", copy, ["data.size=32", "training.epochs=1"])
    prepare.prepare(settings, folder, quiet())
    (copy / "Main Dataset" / "Baso" / "1.bmp").write_bytes(
        (copy / "Main Dataset" / "Baso" / "2.bmp").read_bytes()
    )
    with pytest.raises(InputError, match="data have changed since this run began"):
        prepare.prepare(settings, folder, quiet())


def test_classify_and_report_need_neither_images_nor_tensorflow(finished, tmp_path):
    import subprocess
    import sys

    settings, folder = finished
    moved = tmp_path / folder.path.name
    shutil.copytree(folder.path, moved)
    text = (moved / "config.yaml").read_text()
    path = settings.data.path
    # As the program would write it: a config that is edited by hand is refused.
    with Checksums(moved).written(moved / "config.yaml"):
        (moved / "config.yaml").write_text(text.replace(path, "/no/such/folder"))
    code = (
        "import sys; from hybrid_wbc.cli.main import main\n"
        "try: main(['classify', sys.argv[1]])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "try: main(['report', sys.argv[1]])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(moved)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pictures of cells are left out" in done.stderr
    same = digests(RunFolder(moved))
    expected = digests(folder)
    for name in ("metrics.json", "ablation.json", "seed-0/predictions.csv", "seed-1/knn.skops"):
        assert same[name] == expected[name]


def test_folds_test_every_cell_once(smears, small, tmp_path):
    settings, folder = begin(tmp_path, smears, [*small, "evaluation.folds=3"])
    cells = prepare.prepare(settings, folder, quiet())
    repeats = stages_repeats.repeats(settings, cells)
    assert [repeat.name for repeat in repeats] == [f"seed-0-fold-{fold}" for fold in range(3)]
    tested = np.concatenate([repeat.chosen[repeat.split == "test"] for repeat in repeats])
    assert sorted(tested.tolist()) == list(range(len(cells.ids)))


def test_report_refuses_a_run_that_was_killed_before_its_last_repeat(finished, tmp_path):
    settings, folder = finished
    killed = RunFolder(tmp_path / folder.path.name)
    shutil.copytree(folder.path, killed.path)
    shutil.rmtree(killed.path / "seed-1")
    (killed.path / "report.html").unlink()
    with pytest.raises(InputError, match="1 of 2 repeats are done; go on with `run --resume`"):
        run.report(settings, killed, quiet())
    assert not killed.is_complete


def test_report_ablates_what_the_classifiers_are_now(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn", copies=2)
    settings = load.load(folder.path / "config.yaml", ["classifiers.neighbours=9"])
    run.report(load.load(folder.path / "config.yaml"), folder, quiet())
    run.classify(settings, folder, quiet())
    run.report(settings, folder, quiet())
    ablation, metrics = Run(folder).ablation(), Run(folder).metrics()
    everything = ablation["classifiers"]["knn"]["subsets"][-1]["accuracy"]
    assert everything["raw"] == metrics["classifiers"]["knn"]["accuracy"]["raw"]


def test_a_class_of_one_source_leaves_the_vote_out_and_says_so(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0, 1))
    place = folder.path / "seed-1" / "embeddings.npz"
    whole = Embeddings.load(place)
    sources = whole.sources.copy()
    sources[(whole.y == 2) & (whole.split == "train")] = "one patient"
    replace(whole, sources=sources).save(place)
    settings = load.load(folder.path / "config.yaml")
    run.classify(settings, folder, quiet())
    metrics = Run(folder).metrics()
    assert "vote" not in metrics["classifiers"] and "svm" in metrics["classifiers"]
    assert any("no soft vote" in note for note in metrics["notes"])
    run.report(settings, folder, quiet())
    assert "no soft vote" in (folder.path / "report.html").read_text()


def test_a_network_that_learned_nothing_is_named(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0, 1))
    place = folder.path / "seed-1" / "embeddings.npz"
    whole = Embeddings.load(place)
    replace(whole, probabilities=np.ones_like(whole.probabilities)).save(place)
    run.classify(load.load(folder.path / "config.yaml"), folder, quiet())
    notes = Run(folder).metrics()["notes"]
    assert any(note.startswith("seed-1: the network names classes no better") for note in notes)


def test_the_health_of_a_run_tells_of_pictures_that_show_nothing(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0, 1))
    provenance = Run(folder).provenance()
    note = f"2 pictures are {FLAT}, the first is a.png"
    provenance["data"]["notes"] = ["another", note]
    Run(folder).write_provenance(provenance)
    ablate.examine(folder)
    warnings = Run(folder).health()["warnings"]
    assert warnings[0] == {"text": note, "repeats": ["seed-0", "seed-1"]}
    assert not any("another" in warning["text"] for warning in warnings)


@pytest.fixture(scope="module")
def nested(tmp_path_factory, smears):
    """Two folds with early stopping and an ensemble of two networks: six trainings."""
    changes = [
        "data.size=32", "training.epochs=2", "training.batch_size=8", "evaluation.folds=2",
        "split.validation=0.1", "training.patience=1", "training.best_weights=true",
        "ensemble.networks=2",
    ]  # fmt: skip
    return finish(tmp_path_factory.mktemp("nested"), smears, changes)


def test_folds_give_every_image_one_answer_from_a_network_that_never_saw_it(nested):
    _, folder = nested
    rows = read_table(folder.path / "out_of_fold.csv")
    manifest = [row for row in read_table(folder.path / "manifest.csv") if not row["dropped"]]
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in manifest)
    assert list(rows[0]) == [
        "seed", "fold", "id", "label", "knn", "svm", "forest", "cnn", "vote", "cnn_ensemble"
    ]  # fmt: skip
    for row in rows:
        place = folder.path / f"seed-{row['seed']}-fold-{row['fold']}"
        embeddings = Embeddings.load(place / "embeddings.npz")
        assert embeddings.split[embeddings.ids == row["id"]].tolist() == ["test"]
    history = read_table(folder.path / "seed-0-fold-1" / "history.csv")
    assert "validation_loss" in history[0]


def test_an_ensemble_merges_networks_trained_on_different_subsets(nested, smears):
    settings, folder = nested
    cells = prepare.prepare(settings, folder, quiet())
    repeat = stages_repeats.repeats(settings, cells)[0]
    subsets = train.ensemble_subsets(settings, cells, repeat)
    training = repeat.split == "train"
    assert len(subsets) == 2
    assert np.array_equal(subsets[0] | subsets[1], training)
    assert not (subsets[0] & subsets[1]).any()  # of two, each leaves out the other's half
    sources = cells.sources[repeat.chosen]
    assert not set(sources[subsets[0]]) & set(sources[subsets[1]])
    place = folder.path / repeat.name
    embeddings = Embeddings.load(place / "embeddings.npz")
    merged = np.load(place / "ensemble.npy")
    assert merged.shape == embeddings.probabilities.shape
    assert not np.allclose(merged, embeddings.probabilities)
    said = [row["cnn_ensemble"] for row in read_table(place / "predictions.csv")]
    assert said == embeddings.classes[merged.argmax(axis=1)].tolist()
    assert "cnn_ensemble" in Run(folder).metrics()["classifiers"]


def test_prediction_asks_every_network_of_an_ensemble(nested, smears):
    from hybrid_wbc.studies.predict import predict

    settings, folder = nested
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    table = predict(settings, folder, [image], quiet())
    assert table.columns[:7] == ["image", "knn", "svm", "forest", "cnn", "vote", "cnn_ensemble"]
    shutil.rmtree(folder.path / "seed-0-fold-0" / "member-1")
    with pytest.raises(InputError, match=r"member-1.*missing; run the train stage first"):
        predict(settings, folder, [image], quiet())


def test_an_ensemble_of_more_networks_than_sources_is_refused_before_training(
    smears, small, tmp_path
):
    settings, folder = begin(tmp_path, smears, [*small, "ensemble.networks=9"])
    with pytest.raises(InputError, match=r"9 folds were asked for: lower evaluation\.folds"):
        run.run(settings, folder, quiet())
    assert not list(folder.path.rglob("cnn.keras"))


def test_a_draw_is_made_anew_for_each_seed(smears, small, tmp_path):
    draw = "data.draw={Baso: 4, eosi: 4, lymphocyte: 4}"
    settings, folder = begin(tmp_path, smears, [*small, draw, "evaluation.seeds=2"])
    cells = prepare.prepare(settings, folder, quiet())
    first, second = stages_repeats.repeats(settings, cells)
    assert len(first.chosen) == len(second.chosen) == 12
    assert first.chosen.tolist() != second.chosen.tolist()
    assert set(cells.labels[first.chosen]) == {"basophil", "eosinophil", "lymphocyte"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["data.classes=[platelet, ig]"], "data.classes: no cell of 'immature granulocyte'"),
        (["data.draw={basophil: 99, eosi: 2}"], "class 'basophil' holds"),
        (["data.draw={basophil: 2, Baso: 2}"], "name the same class"),
        (
            ["split.method=published", "training.patience=2"],
            "needs samples marked train and test",
        ),
        (
            ["split.validation=0.001", "training.best_weights=true"],
            "validation side, which is empty",
        ),
        (["split.method=published"], "needs samples marked train and test"),
        (["evaluation.folds=50"], "50 folds were asked for"),
    ],
)
def test_settings_that_do_not_fit_the_data_are_one_line(smears, small, tmp_path, changes, message):
    settings, folder = begin(tmp_path, smears, [*small, *changes])
    with pytest.raises(InputError, match=message) as caught:
        run.run(settings, folder, quiet())
    assert "\n" not in str(caught.value)


def test_four_classes_give_a_class_layer_after_the_embedding(smears, small, tmp_path):
    classes = "data.classes=[eosi, lymp, mono, neut]"
    _, folder = finish(tmp_path, smears, [*small, classes, "network.name=table60", "data.size=60"])
    embeddings = Embeddings.load(folder.path / "seed-0" / "embeddings.npz")
    assert embeddings.X.shape[1] == 5 and embeddings.probabilities.shape[1] == 4
    with (folder.path / "seed-0" / "predictions.csv").open() as file:
        assert next(csv.reader(file)) == [
            "id", "label", "split", "knn", "svm", "forest", "cnn", "vote"
        ]  # fmt: skip


def test_quickstart_draws_its_own_smears_when_no_data_are_given(tmp_path):
    settings = load.load("quickstart", ["data.synthetic={per_class: 1, seed: 3}"])
    folder = RunFolder.create(tmp_path, settings.name, settings.to_yaml())
    path = prepare.data_path(settings, folder, quiet())
    assert (path / "SYNTHETIC.txt").is_file() and path.parent == tmp_path


def test_rubbish_of_a_killed_process_is_swept_away(finished, tmp_path):
    settings, folder = finished
    moved = RunFolder(tmp_path / folder.path.name)
    shutil.copytree(folder.path, moved.path)
    (moved.path / "report.html").unlink()
    (moved.path / "seed-0" / ".123-training-state.npz").write_bytes(b"half")
    (moved.path / "seed-0" / "training-state.npz").write_bytes(b"whole")
    run.run(settings, moved, quiet())
    assert digests(moved) == digests(folder)


def test_provenance_keeps_the_hash_of_the_weights_that_a_run_starts_from(
    finished, smears, small, tmp_path
):
    network = finished[1].path / "seed-0" / "cnn.keras"
    settings, folder = begin(tmp_path, smears, [*small, f"network.weights={network}"])
    prepare.prepare(settings, folder, quiet())
    expected = hashlib.sha256(network.read_bytes()).hexdigest()
    assert Run(folder).provenance()["weights_sha256"] == expected
    assert "weights_sha256" not in Run(finished[1]).provenance()
