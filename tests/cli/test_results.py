"""The commands that work on a run's folder, as a user meets them."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

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


def test_an_ablation_is_done_by_processes_or_by_a_cluster_and_not_by_both(finished):
    result = call("ablate", finished[0], "--jobs", 2, "--cluster", "local:2")
    assert result.exit_code == 2
    assert "--jobs and --cluster exclude each other" in result.stderr
    assert "received 'loco'; give local" in call("ablate", finished[0], "--cluster", "loco").stderr


def test_a_page_is_coloured_by_the_columns_of_a_table_and_says_what_it_does_not_know(
    finished, undrawn_here, tmp_path
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
