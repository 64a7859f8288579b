"""Whether cells of a class that a network has never met are found to be unlike anything seen.

`HYBRID_WBC_DATA=... pytest -s tests/benchmarks/bench_unknown.py` trains by the packaged model's
recipe, shortened, once without each of three classes of PBC, and asks about the class left out:
about six minutes each on two quiet cores. `-k NAME` chooses. The area under the ROC curve is of the
figure by which `predict` calls a cell unlike anything seen, test cells against those of the class.
"""

import os
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from statsmodels.stats.proportion import proportion_confint

from hybrid_wbc.config.load import load
from hybrid_wbc.data.loading import decode
from hybrid_wbc.data.pixels import Pixels
from hybrid_wbc.data.sets.class_names import EIGHT_TYPES
from hybrid_wbc.data.splitting import TEST, TRAIN
from hybrid_wbc.evaluation.familiarity import Familiarity
from hybrid_wbc.evaluation.probabilities import roc_area
from hybrid_wbc.progress import Reporter
from hybrid_wbc.stages.run import begin
from hybrid_wbc.stages.sets import read_set
from hybrid_wbc.studies.asking import AskedRun
from hybrid_wbc.studies.model import named

CELLS, EPOCHS, ASKED = 450, 6, 300


@pytest.mark.parametrize("left_out", ["erythroblast", "platelet", "immature granulocyte"])
def test_a_class_left_out_is_unlike_anything_seen(left_out, tmp_path):
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real cells to train on")
    data = Path(place) / "pbc-128"
    known = [name for name in EIGHT_TYPES if name != left_out]
    draw = ", ".join(f"{name}: {CELLS}" for name in known)
    changes = [
        f"data.path={data}", f"data.classes=[{', '.join(known)}]", f"data.draw={{{draw}}}",
        f"training.epochs={EPOCHS}", "split.method=ratio",
    ]  # fmt: skip
    config = load("packaged", changes)
    reporter = Reporter(Console(file=StringIO()))
    run = AskedRun(config, begin(config, tmp_path), 1, reporter)
    (asked,), (e,) = run.asked, run.embedded

    reading, cleaned = read_set(load("packaged", [f"data.path={data}"]), data, reporter)
    unknown = [sample for sample in cleaned.kept if sample.label == left_out]
    chosen = np.random.default_rng(0).permutation(len(unknown))[:ASKED]
    cells = decode(reading, cleaned, [unknown[i] for i in sorted(chosen)], Pixels.of(config.data))
    said = asked.say(cells.images)

    tested = e.split == TEST
    at_home = named(run.classes, asked_of(e, tested, asked))
    familiarity = Familiarity.of(e.X[e.split == TRAIN], e.X[tested], at_home, len(run.classes))
    answer = next(key for key in ("vote", "cnn") if key in said.said)
    of_unknown = named(run.classes, said.said[answer])
    known_score = familiarity.distances(e.X[tested])[1] / familiarity.limits[at_home]
    unknown_score = familiarity.distances(said.X)[1] / familiarity.limits[of_unknown]
    truth = np.repeat([False, True], [len(known_score), len(unknown_score)])
    area, _ = roc_area(truth, np.concatenate([known_score, unknown_score]))
    flagged = int((unknown_score > 1).sum())
    low, high = proportion_confint(flagged, len(unknown_score), method="wilson")
    home = run.files.metrics()["classifiers"]["cnn"]["accuracy"]["mean"]
    print(
        f"\n{left_out:<22} AUROC {area:.3f}; called unlike {flagged / len(unknown_score):.3f} "
        f"({low:.3f} to {high:.3f}) of {len(unknown_score)}; test cells {home:.3f} right, "
        f"{(known_score > 1).mean():.3f} of them called unlike"
    )
    assert area > 0.5


def asked_of(e, tested, asked) -> np.ndarray:
    """Give the class that the answering classifier names for the test cells."""
    if "vote" in asked.fitted:
        return e.classes[asked.fitted["vote"].predict(e.X[tested])]
    return e.classes[e.probabilities[tested].argmax(axis=1)]
