"""Whether cells of a class that a network has never met are found to be unlike anything seen.

`HYBRID_WBC_DATA=... pytest -s tests/benchmarks/bench_unknown.py` trains by the packaged model's
recipe, shortened, once without each class of PBC, and asks about the class left out: about six
minutes each on two quiet cores. `-k NAME` chooses. The area under the ROC curve is of the figure by
which `predict` calls a cell unlike anything seen, test cells against those of the class.

`-k pictures` asks the packaged model, or that of `HYBRID_WBC_RUN`, about pictures without a cell,
cells that were drawn, and other stains.
"""

import os
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image
from rich.console import Console
from statsmodels.stats.proportion import proportion_confint

from hybrid_wbc.config.load import load
from hybrid_wbc.config.names import PACKAGED
from hybrid_wbc.data.cells.finding import find_cells
from hybrid_wbc.data.drawn.synthetic import write_smears
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
from hybrid_wbc.studies.model import named, open_model
from hybrid_wbc.studies.predict import predict

CELLS, EPOCHS, ASKED = 450, 6, 300


@pytest.mark.parametrize("left_out", EIGHT_TYPES)
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
    outside = e.outside[tested]
    familiarity = Familiarity.of(
        e.X[e.split == TRAIN], e.X[tested], at_home, len(run.classes), outside
    )
    answer = next(key for key in ("vote", "cnn") if key in said.said)
    of_unknown = named(run.classes, said.said[answer])
    known_score = familiarity.strangeness(e.X[tested], at_home, outside)
    unknown_score = familiarity.strangeness(said.X, of_unknown, said.outside)
    truth = np.repeat([False, True], [len(known_score), len(unknown_score)])
    area, _ = roc_area(truth, np.concatenate([known_score, unknown_score]))
    least, most = area_interval(known_score, unknown_score)
    flagged = int((unknown_score > 1).sum())
    low, high = proportion_confint(flagged, len(unknown_score), method="wilson")
    home = run.files.metrics()["classifiers"]["cnn"]["accuracy"]["mean"]
    print(
        f"\n{left_out:<22} AUROC {area:.3f} ({least:.3f} to {most:.3f}); called unlike "
        f"{flagged / len(unknown_score):.3f} ({low:.3f} to {high:.3f}) of {len(unknown_score)}; "
        f"test cells {home:.3f} right, {(known_score > 1).mean():.3f} of them called unlike"
    )
    assert area > 0.5


def area_interval(known: np.ndarray, unknown: np.ndarray) -> tuple[float, float]:
    """Give the 95 % interval of the area by bootstrap over the cells of each side."""
    generator = np.random.default_rng(0)
    truth = np.repeat([False, True], [len(known), len(unknown)])
    areas = [
        roc_area(
            truth, np.concatenate([generator.choice(side, len(side)) for side in (known, unknown)])
        )[0]
        for _ in range(1000)
    ]
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)


def places_without_a_cell(fields: Path, place: Path, count: int, side: int = 128) -> None:
    """Cut squares out of smears that reach into no white cell that is found in them."""
    generator = np.random.default_rng(0)
    place.mkdir()
    paths = sorted(fields.rglob("*.jpg"))
    for number in range(count):
        with Image.open(paths[number % len(paths)]) as image:
            field = np.asarray(image.convert("RGB"))
        boxes = [cell.box for cell in find_cells(field)]
        for _ in range(100):
            y, x = (int(generator.integers(length - side)) for length in field.shape[:2])
            if all(x + side <= b[0] or b[2] <= x or y + side <= b[1] or b[3] <= y for b in boxes):
                Image.fromarray(field[y : y + side, x : x + side]).save(place / f"{number}.png")
                break


def test_what_is_called_unlike_anything_seen_of_other_pictures(tmp_path):
    place = os.environ.get("HYBRID_WBC_DATA")
    if not place:
        pytest.skip("HYBRID_WBC_DATA is not set: no real pictures to ask about")
    data = Path(place)
    places_without_a_cell(data / "bcisc" / "fields", tmp_path / "no cell", 200)
    write_smears(tmp_path / "drawn", per_class=40)
    nothing = tmp_path / "photographs"
    nothing.mkdir()
    for name in ("chelsea", "coffee", "rocket", "astronaut"):
        Image.fromarray(getattr(skimage.data, name)()).save(nothing / f"{name}.png")
    asked = {
        "no white cell": [tmp_path / "no cell"],
        "no cells at all": [nothing],
        "drawn cells (SYNTHETIC)": [tmp_path / "drawn"],
        "BCISC": [data / "bcisc" / "crops"],
        "segmentation-wbc-1": sorted((data / "segmentation-wbc-1").glob("*.bmp")),
        "Kaggle TEST_SIMPLE": [data / "kaggle-blood-cells" / "images" / "TEST_SIMPLE"],
    }
    model = open_model(Path(os.environ.get("HYBRID_WBC_RUN", PACKAGED)))
    reporter = Reporter(Console(file=StringIO()))
    for name, paths in asked.items():
        cells = predict(model, paths, reporter, wanted="cells")["cells"]
        unlike = sum(cell["unlike"] for cell in cells)
        low, high = proportion_confint(unlike, len(cells), method="wilson")
        print(f"\n{name:<24} {unlike / len(cells):.3f} ({low:.3f} to {high:.3f}) of {len(cells)}")
        assert cells


def asked_of(e, tested, asked) -> np.ndarray:
    """Give the class that the answering classifier names for the test cells."""
    if "vote" in asked.fitted:
        return e.classes[asked.fitted["vote"].predict(e.X[tested])]
    return e.classes[e.probabilities[tested].argmax(axis=1)]
