"""The commands that work on a run's folder, as a user meets them."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_stages_one_by_one_make_what_run_makes(finished, smears, tmp_path):
    folder, _ = finished
    settings = [f"--set={s}" for s in ("data.size=32", "training.epochs=1", "split.test=0.34")]
    trained = call("train", "quickstart-drawn", "--data", smears, "--out", tmp_path, *settings)
    assert trained.exit_code == 0, trained.output
    made = Path(trained.stdout.strip())
    for stage in ("extract", "classify", "ablate", "plot", "report"):
        assert call(stage, made).exit_code == 0
    for name in ("metrics.json", "seed-0/predictions.csv", "seed-0/embeddings.npz"):
        assert (made / name).read_bytes() == (folder / name).read_bytes()


def test_shuffled_has_one_sign_on_the_page_and_on_the_terminal(finished):
    folder, _ = finished
    shown = call("ablate", folder, "--jobs", 1).stdout
    assert "shuffled: accuracy lost when the column is shuffled" in shown
    ablation = json.loads((folder / "ablation.json").read_text())
    page = (folder / "report.html").read_text()
    rows = [line.split() for line in shown.splitlines() if line.startswith("feature ")]
    found = [score for part in ablation["classifiers"].values() for score in part["permutation"]]
    assert [row[5] for row in rows] == [f"{score['mean']:+.3f}" for score in found]
    for score in found:
        written = f"{score['mean']:+.3f}".replace("-", "−")
        assert f">{written if written.strip('+−0.') else '0.000'}<" in page


def test_predict_pipes_csv_with_classes_features_and_distance(finished, smears):
    folder, _ = finished
    images = smears / "Main Dataset" / "Baso"
    result = call("predict", folder, images)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 6
    assert list(rows[0]) == [
        "image", "knn", "svm", "forest", "cnn", "vote", "feature_1", "feature_2", "feature_3",
        "feature_4", "feature_5", "distance_to_nearest_training_cell",
    ]  # fmt: skip
    assert all(float(row["distance_to_nearest_training_cell"]) >= 0 for row in rows)
    assert all(row["knn"] in {"basophil", "eosinophil", "lymphocyte", "monocyte", "neutrophil"}
               for row in rows)  # fmt: skip


def test_predict_writes_a_file_and_names_what_it_skips(finished, tmp_path):
    folder, _ = finished
    Image.new("RGB", (40, 50), (200, 100, 100)).save(tmp_path / "cell.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = tmp_path / "table.csv"
    result = call("predict", folder, tmp_path, "--csv", table)
    assert result.exit_code == 0
    assert "broken.png" in result.stderr and "unreadable" in result.stderr
    assert len(table.read_text().splitlines()) == 2


def test_predicting_a_training_cell_cut_as_in_training_is_at_distance_nought(finished, tmp_path):
    from hybrid_wbc.data import arrays
    from hybrid_wbc.data.reading import readers

    folder, _ = finished
    provenance = json.loads((folder / "provenance.json").read_text())
    reading = readers.read(Path(provenance["data"]["path"]))
    with (folder / "seed-0" / "predictions.csv").open() as file:
        trained = next(row for row in csv.DictReader(file) if row["split"] == "train")
    sample = next(sample for sample in reading.samples if sample.id == trained["id"])
    Image.fromarray(arrays.resize(arrays.read_sample(sample), 32)).save(tmp_path / "cell.png")
    result = call("predict", folder, tmp_path / "cell.png")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert float(row["distance_to_nearest_training_cell"]) == pytest.approx(0, abs=1e-3)
    assert row["knn"] == trained["knn"] == trained["label"]


def test_predicting_nothing_or_with_an_unfinished_run_is_a_users_mistake(finished, tmp_path):
    folder, _ = finished
    (tmp_path / "empty").mkdir()
    assert "no image in this folder" in call("predict", folder, tmp_path / "empty").stderr
    assert "not found" in call("predict", folder, tmp_path / "missing.png").stderr
    unfinished = tmp_path / "00000-quickstart-drawn"
    unfinished.mkdir()
    shutil.copy(folder / "config.yaml", unfinished)
    assert "nothing has been trained yet" in call("predict", unfinished, tmp_path).stderr


def test_changed_classifiers_are_not_loaded(finished, smears, tmp_path):
    folder, _ = finished
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "seed-0" / "knn.skops").write_bytes(b"something else")
    result = call("predict", copy, smears / "Main Dataset" / "Baso")
    assert result.exit_code == 2 and "changed since it was written" in result.stderr


def test_predictions_of_a_synthetic_run_say_so_and_how_to_frame_the_cells(finished, smears):
    result = call("predict", finished[0], smears / "Main Dataset" / "Baso" / "1.bmp")
    assert "SYNTHETIC" in result.stderr and "single cells" in result.stderr


def test_a_page_is_coloured_by_the_columns_of_a_table_and_says_what_it_does_not_know(
    finished, tmp_path
):
    folder = Path(shutil.copytree(finished[0], tmp_path / "run"))
    with (folder / "seed-0" / "predictions.csv").open() as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    table = tmp_path / "stains.csv"
    rows = [f"{cell},{'MGG' if n % 2 else 'Wright'},{n / 7}" for n, cell in enumerate(ids[1:])]
    table.write_text("\n".join(["id,stain,area", *rows, "elsewhere.png,MGG,3"]) + "\n")
    result = call("report", folder, "--columns", table)
    assert result.exit_code == 0, result.output
    assert f"colours {len(ids) - 1} of {len(ids)} cells by stain, area" in result.stderr
    assert "1 rows name no cell of this run, first elsewhere.png" in result.stderr
    page = (folder / "report.html").read_text()
    assert '"names": ["MGG", "Wright", "no value"]' in page and '"title": "area"' in page
    assert call("report", folder).exit_code == 0
    assert "Wright" not in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("stain,area\nMGG,3\n", "no column names the cells; found stain, area; call it id"),
        ("id,stain\nelsewhere.png,MGG\n", "1 rows, none with a value for a cell that the explor"),
        ("id,stain\n{id},\n", "1 rows, none with a value"),
        ("id,stain\n{id},MGG\n{id},Wright\n", "line 3: is of {id}, as line 2; keep one of them"),
        ("id\n{id}\n", "1 rows, none with a value"),
        ("id," + ",".join(map(str, range(31))) + "\n{id}" + ",1" * 31, "received 31 columns"),
        ("id,stain,stain\n{id},a,b\n", "two columns are called 'stain'"),
    ],
)
def test_a_table_that_colours_nothing_is_refused_before_anything_is_written(
    finished, tmp_path, text, complaint
):
    folder, _ = finished
    with (folder / "seed-0" / "predictions.csv").open() as file:
        cell = next(csv.DictReader(file))["id"]
    before = (folder / "report.html").read_bytes()
    table = tmp_path / "t.csv"
    table.write_text(text.replace("{id}", cell))
    result = call("report", folder, "--columns", table)
    assert result.exit_code == 2 and complaint.replace("{id}", cell) in result.stderr
    assert (folder / "report.html").read_bytes() == before
