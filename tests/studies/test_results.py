"""A finished run from Python: its tables hold what its files do, and it says what it is."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from hybrid_wbc import InputError, Run, load_run
from hybrid_wbc.runs import results as files
from hybrid_wbc.runs.folder import RunFolder


@pytest.fixture(scope="module")
def run(ablated) -> Run:
    return load_run(ablated.path)


def test_a_run_names_itself_its_classes_classifiers_and_repeats(run):
    assert run.name == "00000-quickstart" and run.synthetic
    assert run.classes == ["basophil", "eosinophil", "lymphocyte"]
    assert run.classifiers == ["knn", "svm", "forest", "cnn", "vote"]
    assert run.repeats == ["seed-0", "seed-3"]
    assert repr(run) == (
        "<Run 00000-quickstart: SYNTHETIC cells, 3 classes, 2 repeat(s), 5 classifiers>"
    )


def test_a_notebook_shows_the_accuracies_with_intervals_and_that_cells_are_synthetic(run):
    shown = run._repr_html_()
    accuracy = files.Run(run.files.folder).metrics()["classifiers"]["knn"]["accuracy"]
    assert "SYNTHETIC" in shown and "<th>cubic SVM</th>" in shown
    assert f"<td>{accuracy['mean']:.3f}</td>" in shown and f"{accuracy['high']:.3f}" in shown


def test_the_table_of_scores_holds_every_score_with_its_raw_values(run):
    metrics = run.files.metrics()["classifiers"]
    rows = run.scores.set_index(["classifier", "class", "score"])
    assert rows.loc[("svm", "all", "kappa"), "mean"] == metrics["svm"]["kappa"]["mean"]
    recall = rows.loc[("cnn", "basophil", "recall")]
    assert (
        recall[["seed-0", "seed-3"]].tolist()
        == (metrics["cnn"]["per_class"]["basophil"]["recall"]["raw"])
    )
    probability = metrics["vote"]["probability"]
    assert rows.loc[("vote", "all", "log_loss"), "high"] == probability["log_loss"]["high"]
    area = probability["per_class"]["lymphocyte"]["roc_auc"]["low"]
    assert rows.loc[("vote", "lymphocyte", "roc_auc"), "low"] == area
    assert rows.index.is_unique and len(rows) == 5 * (6 + 4 + 3 * (3 + 2))


def test_predictions_and_embeddings_are_a_row_a_cell_and_repeat(run):
    repeat = run.files.repeat("seed-3")
    table, e = repeat.predictions(), repeat.embeddings()
    said = run.predictions.query("repeat == 'seed-3'")
    assert said["forest"].tolist() == table.said["forest"].tolist()
    assert said["source"].tolist() == e.sources.tolist()
    cells = run.embedding.query("repeat == 'seed-3'")
    features = [f"feature_{number}" for number in range(1, 6)]
    assert np.array_equal(cells[features].to_numpy(), e.X)
    assert cells["side"].tolist() == e.split.tolist()
    assert len(run.predictions) == len(run.embedding) == 2 * len(e.ids)


def test_probabilities_are_of_the_tested_cells_and_add_up_to_one(run):
    shares = run.probabilities
    assert set(shares["classifier"]) == set(run.classifiers)
    assert np.allclose(shares[run.classes].sum(axis=1), 1, atol=1e-5)
    softmax = shares.query("repeat == 'seed-0' and classifier == 'cnn'")
    e = run.files.repeat("seed-0").embeddings()
    tested = e.split == "test"
    assert softmax["id"].tolist() == e.ids[tested].tolist()
    assert softmax["label"].tolist() == e.classes[e.y[tested]].tolist()
    assert np.array_equal(softmax[run.classes].to_numpy(np.float32), e.probabilities[tested])


def test_the_vote_is_the_mean_of_the_calibrated_probabilities(run):
    shares = run.probabilities.query("repeat == 'seed-0'").set_index(["classifier", "id"])
    members = [shares.loc[key, run.classes].to_numpy(float) for key in ("knn", "svm", "forest")]
    assert np.allclose(shares.loc["vote", run.classes].to_numpy(float), np.mean(members, axis=0))


def test_the_ablation_is_a_row_a_subset_and_score(run):
    rows = run.ablation.set_index(["classifier", "features", "class", "score"])
    part = run.files.ablation()["classifiers"]["knn"]
    subset = next(entry for entry in part["subsets"] if entry["features"] == [1, 4, 5])
    assert rows.loc[("knn", "1,4,5", "all", "accuracy"), "mean"] == subset["accuracy"]["mean"]
    assert len(rows) == 3 * 31 * 4


def test_a_run_that_an_earlier_version_classified_opens_without_probabilities(ablated, tmp_path):
    shutil.copytree(ablated.path, tmp_path / "run")
    for path in (tmp_path / "run").rglob("probabilities.csv"):
        path.unlink()
    run = load_run(tmp_path / "run")
    assert run.probabilities.empty and list(run.probabilities.columns[4:]) == run.classes
    with pytest.raises(InputError, match="run `hybrid-wbc classify` on it"):
        run.roc()


def test_what_is_no_run_or_not_scored_is_refused_at_once(ablated, tmp_path):
    with pytest.raises(InputError, match="not a run folder"):
        load_run(tmp_path)
    RunFolder.create(tmp_path, "begun", (ablated.config_path).read_text())
    with pytest.raises(
        InputError,
        match=r"metrics\.json: missing; the run has not come so far, finish it with --resume",
    ):
        load_run(str(tmp_path / "00000-begun"))
