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
from hybrid_wbc.cli.views.run import show_results
from hybrid_wbc.config import load
from hybrid_wbc.data.checking import FLAT
from hybrid_wbc.errors import InputError
from hybrid_wbc.files import read_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.checksums import Checksums
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import ablate, extract, prepare, report, run, sets, train
from hybrid_wbc.stages import repeats as stages_repeats


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def begin(parent, smears, changes, name="quickstart-drawn"):
    settings = load.load(name, [f"data.path={json.dumps(str(smears))}", *changes])
    return settings, RunFolder.create(parent, settings.name, settings.to_yaml())


def finish(parent, smears, changes, name="quickstart-drawn"):
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
            "feature_subsets", "roc_curves", "precision_recall_curves", "calibration_curves",
        )
    }  # fmt: skip
    of_each_repeat = {
        f"seed-{seed}/{name}"
        for seed in (0, 1)
        for name in (
            "history.csv", "cnn.keras", "embeddings.npz", "knn.skops", "svm.skops",
            "forest.skops", "vote.skops", "predictions.csv", "probabilities.csv",
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


def test_corrected_labels_are_those_of_the_run_and_are_named(smears, tmp_path):
    table = tmp_path / "corrections.csv"
    cell = "Main Dataset/Baso/1.bmp"
    table.write_text(f"id,label,reason\n{cell},monocyte,looked\n")
    changes = ["data.size=32", f"data.labels={json.dumps(str(table))}"]
    settings, folder = begin(tmp_path / "runs", smears, changes)
    cells = prepare.prepare(settings, folder, quiet())
    label_of = dict(zip(cells.ids.tolist(), cells.labels.tolist(), strict=True))
    assert label_of[cell] == "monocyte"
    run = Run(folder)
    manifest = {row["id"]: row["label"] for row in run.manifest()}
    assert manifest[cell] == "monocyte" and manifest["Main Dataset/Baso/2.bmp"] == "basophil"
    data = run.provenance()["data"]
    assert data["corrected"] == [{"id": cell, "before": "basophil", "after": "monocyte"}]
    told = f"1 label(s) corrected by corrections.csv: {cell} (basophil to monocyte)"
    assert told in data["notes"]
    table.write_text(f"id,label\n{cell},neutrophil\n")
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
        # As in these tests: figures drawn coarsely, and threads in place of processes.
        "import sys; import joblib; from hybrid_wbc.cli.main import main\n"
        "from hybrid_wbc.stages import plot; plot._DOTS_PER_INCH = 40\n"
        "joblib.parallel_config(backend='threading')\n"
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


def test_report_ablates_what_the_classifiers_are_now(tmp_path, make_run, undrawn_here):
    folder = make_run(tmp_path / "00000-drawn", copies=2)
    settings = load.load(folder.path / "config.yaml", ["classifiers.neighbours=9"])
    run.report(load.load(folder.path / "config.yaml"), folder, quiet())
    run.classify(settings, folder, quiet())
    run.report(settings, folder, quiet())
    ablation, metrics = Run(folder).ablation(), Run(folder).metrics()
    everything = ablation["classifiers"]["knn"]["subsets"][-1]["accuracy"]
    assert everything["raw"] == metrics["classifiers"]["knn"]["accuracy"]["raw"]


def with_features(folder: RunFolder, count: int) -> None:
    """Give the first repeat another number of features, those that tell first."""
    place = folder.path / "seed-0" / "embeddings.npz"
    whole = Embeddings.load(place)
    more = np.random.default_rng(1).standard_normal((len(whole.y), count)).astype(np.float32)
    replace(whole, X=np.column_stack([whole.X, more])[:, :count]).save(place)


@pytest.fixture(scope="module")
def wide(tmp_path_factory, make_run):
    """A run of nine features, with other classifiers beside the three and some of them tuned."""
    folder = make_run(tmp_path_factory.mktemp("wide") / "00000-wide")
    with_features(folder, 9)
    settings = load.load(
        folder.path / "config.yaml",
        ["classifiers.extra=[lda, naive-bayes]", "classifiers.tune=[knn, lda]"],
    )
    run.classify(settings, folder, quiet())
    run.report(settings, folder, quiet())
    return settings, folder


def test_named_classifiers_stand_beside_the_three_in_every_table(wide):
    _, folder = wide
    kept = Run(folder)
    keys = ["knn", "svm", "forest", "cnn", "vote", "lda", "naive-bayes"]
    assert list(kept.metrics()["classifiers"]) == keys
    assert len(kept.metrics()["comparison"]["pairs"]) == 21
    assert list(read_table(folder.path / "seed-0" / "predictions.csv")[0])[3:] == keys
    assert list(kept.ablation()["classifiers"]) == ["knn", "svm", "forest", "lda", "naive-bayes"]
    repeat = kept.repeat("seed-0")
    fitted, told = repeat.classifiers(), repeat.predictions().said
    embeddings = repeat.embeddings()
    for key, classifier in fitted.items():
        assert np.array_equal(embeddings.classes[classifier.predict(embeddings.X)], told[key])


def test_the_vote_is_that_of_the_papers_three_whatever_stands_beside_them(wide):
    vote = Run(wide[1]).repeat("seed-0").classifiers()["vote"]
    assert [name for name, _ in vote.estimators] == ["knn", "svm", "forest"]
    page = (wide[1].path / "report.html").read_text()
    assert "Soft vote is the mean of KNN, cubic SVM and random forest alone" in page


def test_what_was_tuned_is_kept_used_and_shown(wide):
    repeat = Run(wide[1]).repeat("seed-0")
    tuned, fitted = repeat.tuning(), repeat.classifiers()
    assert list(tuned) == ["knn", "lda"]
    for key, found in tuned.items():
        assert found["balanced_accuracy"] >= found["untuned_balanced_accuracy"]
        for name, value in found["settings"].items():
            assert fitted[key][-1].get_params()[name] == value
    everything = Run(wide[1]).ablation()["classifiers"]["knn"]["subsets"][-1]["accuracy"]
    assert everything["raw"] == Run(wide[1]).metrics()["classifiers"]["knn"]["accuracy"]["raw"]
    page = (wide[1].path / "report.html").read_text()
    assert "Settings chosen on the training side" in page
    assert 'data-number="tuning:seed-0.knn.balanced_accuracy"' in page


def test_the_page_says_how_many_features_there_are_and_that_shapley_values_are_not_computed(wide):
    page = (wide[1].path / "report.html").read_text()
    assert "Shapley values are not computed" in page
    assert "Each cell is nine numbers" in page and "its nine numbers" in page
    assert "five features" not in page and "five numbers" not in page
    assert not (wide[1].path / "figures" / "feature_by_class.png").exists()
    assert (wide[1].path / "figures" / "feature_subsets.png").exists()


def test_classifying_again_without_tuning_forgets_what_was_chosen(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn")
    plain = load.load(folder.path / "config.yaml")
    run.classify(
        load.load(folder.path / "config.yaml", ["classifiers.tune=[knn]"]), folder, quiet()
    )
    assert list(Run(folder).repeat("seed-0").tuning()) == ["knn"]
    run.classify(plain, folder, quiet())
    assert Run(folder).repeat("seed-0").tuning() == {}


def test_two_features_make_a_whole_page(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn")
    with_features(folder, 2)
    settings = load.load(folder.path / "config.yaml")
    run.classify(settings, folder, quiet())
    run.report(settings, folder, quiet())
    page = (folder.path / "report.html").read_text()
    assert "Each cell is two numbers" in page and 'name="axis"' in page
    # The cells lie on a flat chart; PCA and LDA can be its third axis.
    assert page.count('<select name="axis"') == 3
    assert page.count('<option value="none" selected>none: flat') == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("classifiers.extra=[lgbm]", r"classifiers\.extra: received 'lgbm', choose from logistic"),
        ("classifiers.tune=[mlp]", r"classifiers\.tune: received 'mlp', choose from knn, svm"),
    ],
)
def test_a_classifier_that_is_none_is_refused_before_a_folder_is_made(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        run.begin(load.load("quickstart", [change]), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_classifier_that_cannot_be_fitted_or_tuned_is_one_line(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn")
    place = folder.path / "seed-0" / "embeddings.npz"
    whole = Embeddings.load(place)
    of_class = np.flatnonzero((whole.y == 2) & (whole.split == "train"))
    split = whole.split.copy()
    split[of_class[1:]] = "test"
    replace(whole, split=split).save(place)
    for change, message in (
        ("classifiers.extra=[qda]", r"classifiers\.extra: 'qda' cannot be fitted on the .* seed-0"),
        ("classifiers.tune=[knn]", r"classifiers\.tune: seed-0: class 'lymphocyte' lies in one"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            run.classify(load.load(folder.path / "config.yaml", [change]), folder, quiet())
        assert "\n" not in str(caught.value)


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


def rename_test_cells(folder: RunFolder, names: list[str]) -> None:
    """Put each test cell into one of the folders, in turn, and classify anew."""
    for repeat in Run(folder).repeats():
        place = repeat.path / "embeddings.npz"
        whole = Embeddings.load(place)
        tested = np.flatnonzero(whole.split == "test")
        ids = whole.ids.astype(object)
        for number, position in enumerate(tested):
            ids[position] = f"{names[number % len(names)]}/{ids[position]}"
        replace(whole, ids=ids.astype(str)).save(place)
    run.classify(load.load(folder.path / "config.yaml"), folder, quiet())


def test_parts_of_a_test_side_that_the_set_names_are_scored_apart(
    tmp_path, make_run, undrawn_here, capsys
):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0, 1))
    rename_test_cells(folder, ["TestA", "TestB"])
    metrics = Run(folder).metrics()
    parts = metrics["test_parts"]
    assert list(parts) == ["TestA", "TestB"]
    assert sum(part["cells"] for part in parts.values()) == metrics["evidence"]["test"]["cells"]
    tables = [repeat.predictions().of_sides(["test"]) for repeat in Run(folder).repeats()]
    of_a = [table.taken(np.char.startswith(table.ids, "TestA/")) for table in tables]
    expected = [float((table.said["knn"] == table.labels).mean()) for table in of_a]
    assert parts["TestA"]["classifiers"]["knn"]["accuracy"]["raw"] == pytest.approx(expected)
    assert sum(parts["TestA"]["classes"].values()) == sum(len(table.ids) for table in of_a)

    run.report(load.load(folder.path / "config.yaml"), folder, quiet())
    assert "On TestB alone" in folder.page.read_text()
    show_results(folder)
    assert f"{parts['TestB']['cells']} cells of TestB" in capsys.readouterr().out


def test_sets_that_are_trained_on_together_are_scored_apart(tmp_path, make_run):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0, 1))
    facts = Run(folder).provenance()
    path = facts["data"]["path"]
    facts["data"]["more"] = [{"path": f"{path}-2", "layout": "folder"}]
    Run(folder).write_provenance(facts)
    rename_test_cells(folder, ["pbc", "kaggle"])
    parts = Run(folder).metrics()["test_parts"]
    assert list(parts) == ["kaggle", "pbc"]
    assert parts["pbc"]["cells"] > 0 < parts["kaggle"]["cells"]


@pytest.mark.parametrize("names", [["test"], ["TestA", "cells"]])
def test_a_test_side_of_one_part_or_without_names_is_scored_whole(tmp_path, make_run, names):
    folder = make_run(tmp_path / "00000-drawn", seeds=(0,))
    rename_test_cells(folder, names)
    assert "test_parts" not in Run(folder).metrics()


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
    from hybrid_wbc.studies.model import open_model
    from hybrid_wbc.studies.predict import predict

    _, folder = nested
    image = smears / "Main Dataset" / "Baso" / "1.bmp"
    told = predict(open_model(folder.path), [image], quiet(), wanted="cells")
    said = told["cells"][0]["said"]
    assert list(said) == ["knn", "svm", "forest", "cnn", "vote", "cnn_ensemble"]
    shutil.rmtree(folder.path / "seed-0-fold-0" / "member-1")
    with pytest.raises(InputError, match=r"member-1.*missing; run the train stage first"):
        open_model(folder.path)


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


def test_four_classes_give_a_class_layer_after_the_embedding(smears, small, tmp_path, undrawn_here):
    classes = "data.classes=[eosi, lymp, mono, neut]"
    _, folder = finish(tmp_path, smears, [*small, classes, "network.name=table60", "data.size=60"])
    embeddings = Embeddings.load(folder.path / "seed-0" / "embeddings.npz")
    assert embeddings.X.shape[1] == 5 and embeddings.probabilities.shape[1] == 4
    with (folder.path / "seed-0" / "predictions.csv").open() as file:
        assert next(csv.reader(file)) == [
            "id", "label", "split", "knn", "svm", "forest", "cnn", "vote"
        ]  # fmt: skip


def test_quickstart_runs_on_the_real_cells_that_come_along_with_no_slide_on_two_sides(tmp_path):
    settings = load.load("quickstart")
    folder = RunFolder.create(tmp_path, settings.name, settings.to_yaml())
    cells = prepare.prepare(settings, folder, quiet())
    data = Run(folder).provenance()["data"]
    assert (data["dataset"], data["synthetic"], data["sources_found"]) == ("bcisc", False, False)
    assert cells.images.shape == (225, settings.data.size, settings.data.size, 3)
    (repeat,) = stages_repeats.repeats(settings, cells)
    trained, tested = (set(cells.sources[repeat.split == side]) for side in ("train", "test"))
    assert not trained & tested and len(trained | tested) == 50


def test_a_data_set_that_is_given_goes_before_the_one_that_comes_along(tmp_path):
    settings = load.load("quickstart", [f"data.path={json.dumps(str(tmp_path))}"])
    assert sets.data_source(settings) == tmp_path


def test_quickstart_drawn_draws_its_own_smears_when_no_data_are_given(tmp_path):
    settings = load.load("quickstart-drawn", ["data.synthetic={per_class: 1, seed: 3}"])
    folder = RunFolder.create(tmp_path, settings.name, settings.to_yaml())
    path = sets.data_path(settings, folder, quiet())
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


def test_a_run_keeps_the_number_of_its_threads_and_goes_on_with_no_other(
    smears, small, tmp_path, monkeypatch
):
    from hybrid_wbc.cnn import threads

    settings, folder = begin(tmp_path, smears, [*small, "training.epochs=1"])
    prepare.prepare(settings, folder, quiet())
    facts = Run(folder).provenance()
    assert facts["machine"]["threads"] == threads.in_use()
    facts["machine"]["threads"] = threads.in_use() + 1
    Run(folder).write_provenance(facts)
    said = StringIO()
    held = []
    monkeypatch.setattr(threads, "hold", held.append)
    run.hold_threads(folder, Reporter(Console(file=said, width=1000)))
    assert held == [threads.in_use() + 1]
    assert f"was begun with {held[0]} threads and goes on with as many" in said.getvalue()
    del facts["machine"]["threads"]  # as a run of an earlier version
    Run(folder).write_provenance(facts)
    run.hold_threads(folder, quiet())
    assert len(held) == 1


@pytest.mark.parametrize(
    ("facts", "layout"),
    [
        ({"layout": "lisc", "dataset": "lisc"}, "lisc"),
        ({"layout": "lisc"}, "lisc"),  # a run of 0.1.0
        ({"layout": "lisc", "dataset": ""}, ""),
        ({"layout": "lisc", "dataset": "lisc", "test": {"path": "b", "layout": "folder"}}, ""),
    ],
)
def test_only_the_papers_own_set_is_taken_for_it(facts, layout):
    assert report._layout_of_the_papers(facts) == layout


def test_the_page_says_how_many_cells_of_which_side_and_no_more(finished):
    _, folder = finished
    page = (folder.path / "report.html").read_text()
    assert "to test in the first." in page and "Few test cells: " in page
    assert "eight classes" not in page
