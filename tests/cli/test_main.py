"""The front door, as a user meets it."""

import csv
import io
import json
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main

COMMANDS = (
    "run", "train", "extract", "classify", "ablate", "plot", "report", "compare", "predict", "list",
    "system", "reproduce", "data", "transfer", "cache", "suspects", "explain",
)  # fmt: skip


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_run_prints_the_four_classifiers_and_where_the_page_is(finished):
    folder, result = finished
    for text in ("KNN", "cubic SVM", "random forest", "CNN softmax", "SYNTHETIC", "report.html"):
        assert text in result.stdout
    assert folder.name == "00000-quickstart-drawn"


def test_run_reports_progress_apart_from_its_results(finished):
    folder, result = finished
    assert "test accuracy knn" in result.stderr and "test accuracy knn" not in result.stdout
    assert "test accuracy knn" in (folder / "log.txt").read_text()


def test_dry_run_prints_settings_that_run_again_and_writes_nothing(tmp_path):
    out = tmp_path / "artifacts"
    result = call("run", "lisc", "--out", out, "--seeds", 3, "--set", "training.epochs=7",
                  "--dry-run")  # fmt: skip
    assert result.exit_code == 0
    settings = yaml.safe_load(result.stdout)
    assert settings["evaluation"]["seeds"] == 3 and settings["training"]["epochs"] == 7
    assert not out.exists()
    (tmp_path / "again.yaml").write_text(result.stdout)
    assert call("run", tmp_path / "again.yaml", "--dry-run").stdout == result.stdout


def test_resume_says_when_nothing_is_left_to_do(finished, smears):
    folder, _ = finished
    settings = [f"--set={s}" for s in ("data.size=32", "training.epochs=1", "split.test=0.34")]
    out = folder.parent
    result = call("run", "quickstart-drawn", "--data", smears, "--out", out, *settings, "--resume")
    assert result.exit_code == 0
    assert "nothing is left to do" in result.stderr


def test_resume_with_other_settings_names_them(finished, smears):
    folder, _ = finished
    result = call("run", "quickstart-drawn", "--data", smears, "--out", folder.parent, "--resume")
    assert result.exit_code == 2
    assert "training.epochs" in result.stderr and "data.size" in result.stderr


def test_a_run_on_located_cells_names_what_it_did_not_find_and_predicts_in_the_same_frame(
    undrawn_here, tmp_path
):
    rows, columns = np.indices((60, 80))
    for number in range(12):
        name = ("lymphocyte", "monocyte")[number % 2]
        distance = np.hypot(columns - (15 + 4 * number), rows - 30)
        picture = np.full((60, 80, 3), (205, 210, 200 - number), dtype=np.uint8)
        if number != 6:
            picture[distance <= (9, 13)[number % 2]] = (195, 165, 205)
            picture[distance <= 8] = (90, 45, 170)
        (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "set" / name / f"{number}.png")
    settings = [f"--set={s}" for s in (
        "data.size=32", "data.crop=located", "data.middle=0.6", "data.layout=folder",
        "training.epochs=1", "split.test=0.34",
    )]  # fmt: skip
    result = call("run", "pbc", "--data", tmp_path / "set", "--out", tmp_path / "out", *settings)
    assert result.exit_code == 0, result.output
    (folder,) = (tmp_path / "out").iterdir()
    notes = json.loads((folder / "provenance.json").read_text())["data"]["notes"]
    assert any("no white cell found in 1 of 12 pictures" in note for note in notes)
    with (folder / "seed-0" / "predictions.csv").open() as file:
        trained = next(row for row in csv.DictReader(file) if row["split"] == "train")
    result = call("predict", folder, tmp_path / "set" / trained["id"])
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert float(row["distance_to_nearest_training_cell"]) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("networks", ("wbc23", "table60")),
        ("classifiers", ("knn", "svm", "forest", "cnn")),
        ("layouts", ("folder", "lisc", "bcisc", "kaggle", "bccd", "npz", "csv")),
        ("datasets", ("lisc", "bcisc", "pbc", "kaggle-blood-cells")),
        ("configs", ("quickstart", "quickstart-drawn", "lisc", "bcisc", "pbc", "kaggle")),
        ("systems", ("s0-wbc23", "s1-vgg16", "s3-sequential", "s4-cnn")),
    ],
)
def test_list_names_what_a_config_can_name(what, named):
    result = call("list", what)
    assert result.exit_code == 0
    first_words = [line.split()[0] for line in result.stdout.splitlines()]
    assert set(named) <= set(first_words)
    everything = call("list").stdout
    assert all(f"  {name} " in everything for name in named)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "quickstrat"], "did you mean 'quickstart'?"),
        (["run", "no/such.yaml"], "no/such.yaml: cannot be read as a config"),
        (["run", "quickstart", "--set", "training.epoch=3"], "did you mean 'epochs'?"),
        (
            ["run", "quickstart", "--set", "training.epochs=many"],
            "training.epochs: received 'many'",
        ),
        (["run", "quickstart", "--set", "epochs"], "write section.key=value"),
        (["run", "lisc", "--out", "OUT"], "give --data PATH"),
        (["run", "lisc", "--data", "no-such-folder", "--out", "OUT"], "not found"),
        (["run", "quickstart", "--resume", "--out", "OUT"], "no run named 'quickstart'"),
        (["run", "quickstart", "--set", "network.name=resnet"], "choose from wbc23, table60"),
        (["run", "quickstart", "--set", "network.weights=gone.keras"], "gone.keras: missing"),
        (["run", "quickstart", "--set", "network.weights=imagenet"], "none of ImageNet for"),
        (["run", "quickstart", "--set", "network.backbone=frozen"], "has no backbone"),
        (
            ["run", "quickstart", "--set", "data.labels=a.csv", "--set", "data.test_path=b"],
            "data.labels corrects one set",
        ),
        (["run", "quickstart", "--set", "data.layout=zip"], "choose from auto, lisc"),
        (["data", "check", "no-such-folder"], "not found"),
        (["data", "check", "."], "expected"),
        (["run"], "Missing argument 'CONFIG|SET'"),
        (["run", "quickstart", "--seeds", "0"], "--seeds"),
        (["frob"], "No such command 'frob'"),
        (["list", "foo"], "'foo' is not one of"),
        (["system", "s3-sequental"], "did you mean 's3-sequential'?"),
        (["run", "quickstart", "--set", "network.name=resnet", "--dry-run"], "choose from wbc23"),
        (["data", "check", ".", "--layout", "zip"], "layout 'zip' is unknown"),
        (["extract", "no-such-run"], "not a run folder"),
        (["predict", "no-such-run", "a.png"], "not a run folder"),
    ],
)
def test_a_users_mistake_is_one_line_on_stderr_and_exit_code_2(
    tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    result = call(command, "--help")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) > 4


def test_the_package_is_the_command_too():
    done = subprocess.run(
        [sys.executable, "-m", "hybrid_wbc", "predict", "nothing.png", "--nothing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and "`hybrid-wbc predict --help`" in done.stderr


def test_a_reader_that_stops_early_is_no_error(smears):
    code = "from hybrid_wbc.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "data", "check", str(smears), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_corrected_labels_of_no_cell_are_refused_with_their_line(smears, tmp_path):
    table, out = tmp_path / "corrections.csv", tmp_path / "artifacts"
    table.write_text("id,label\nMain Dataset/Baso/99.bmp,monocyte\n")
    result = call("run", "quickstart", "--data", smears, "--out", out, "--labels", table)
    assert result.exit_code == 2 and not list(out.iterdir())
    assert f"{table}: line 2: no cell 'Main Dataset/Baso/99.bmp' in the data" in result.stderr


def test_a_mistake_found_in_the_data_leaves_no_run_folder(smears, tmp_path):
    out = tmp_path / "artifacts"
    result = call("run", "quickstart-drawn", "--data", smears, "--out", out,
                  "--set", "data.size=32", "--set", "split.method=published")  # fmt: skip
    assert result.exit_code == 2 and "needs samples marked train and test" in result.stderr
    assert not list(out.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "quickstart-drawn", "--data", "SMEARS", "--out", "FILE"],
        ["data", "synth", "FILE/inside", "--per-class", 1],
        ["predict", "RUN", "SMEARS/Main Dataset/Baso/1.bmp", "--csv", "FOLDER"],
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(finished, smears, tmp_path, arguments):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    places = {
        "SMEARS": smears,
        "FILE": tmp_path / "file",
        "RUN": finished[0],
        "FOLDER": tmp_path / "folder",
    }
    for name, place in places.items():
        arguments = [str(argument).replace(name, str(place)) for argument in arguments]
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.splitlines()[-1].startswith("error: ") and result.stdout == ""


def test_a_run_ended_by_kill_goes_on_and_ends_with_the_same_bytes(smears, tmp_path):
    options = ["--data", str(smears), "--set=data.size=32", "--set=split.test=0.34"]
    name = "00000-quickstart-drawn"
    options += ["--set=training.epochs=12", "--set=training.batch_size=4"]
    code = "from hybrid_wbc.cli.main import main; main()"
    command = [sys.executable, "-c", code, "run", "quickstart-drawn", *options, "--out"]
    killed = tmp_path / "killed"
    process = subprocess.Popen([*command, str(killed)], stderr=subprocess.DEVNULL)
    state = killed / name / "seed-0" / "training-state.npz"
    deadline = time.monotonic() + 60
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert state.exists() and not (state.parent / "cnn.keras").exists()
    assert call("run", "quickstart-drawn", *options, "--out", killed, "--resume").exit_code == 0
    whole = tmp_path / "whole"
    assert call("run", "quickstart-drawn", *options, "--out", whole).exit_code == 0
    for file in ("history.csv", "cnn.keras", "embeddings.npz", "knn.skops", "svm.skops",
                 "forest.skops", "predictions.csv", "../metrics.json",
                 "../figures/embedding_scatter.png"):  # fmt: skip
        first, second = (run / name / "seed-0" / file for run in (killed, whole))
        assert first.read_bytes() == second.read_bytes(), file
    assert not state.exists()
