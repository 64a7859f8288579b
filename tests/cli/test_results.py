"""The commands that work on a run's folder, as a user meets them."""

import json
from pathlib import Path

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
