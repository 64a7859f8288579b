"""Runs whose classifiers take hand-made features, alone and beside a network's, on drawn cells."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc import load_run
from hybrid_wbc.cli.main import main
from hybrid_wbc.config import load
from hybrid_wbc.data.cells.shape import NAMES
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import run

GLASS, CYTOPLASM, NUCLEUS = (235, 240, 230), (195, 165, 205), (90, 45, 170)
# Column, row and radius of each lobe.
LOBES = {
    "lymphocyte": [(32, 32, 13)],
    "monocyte": [(32, 29, 10), (28, 34, 9)],
    "neutrophil": [(24, 27, 6), (40, 27, 6), (32, 41, 6)],
}
BLANK = "lymphocyte/7.png"


def draw(path: Path, label: str, generator: np.random.Generator, *, blank: bool) -> None:
    rows, columns = np.indices((64, 64))
    image = np.full((64, 64, 3), GLASS, dtype=float)
    if not blank:
        image[np.hypot(columns - 32, rows - 32) <= generator.uniform(20, 22)] = CYTOPLASM
        for column, row, radius in LOBES[label]:
            lobe = np.hypot(columns - column, rows - row) <= radius + generator.uniform(-0.5, 0.5)
            image[lobe] = NUCLEUS
    image += generator.normal(0, 4, image.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(path)


def write_set(root: Path, seed: int, cells: int, blank: str = "") -> Path:
    generator = np.random.default_rng(seed)
    for label in LOBES:
        for number in range(cells):
            name = f"{label}/{number}.png"
            draw(root / name, label, generator, blank=name == blank)
    return root


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def finish(parent: Path, data: Path, features: str, *changes: str) -> RunFolder:
    settings = load.load(
        "pbc",
        [
            f"data.path={json.dumps(str(data))}", "data.size=24", "data.middle=1",
            "training.epochs=2", "training.batch_size=8", "split.test=0.4", "evaluation.seeds=1",
            f"classifiers.features={features}", *changes,
        ],
    )  # fmt: skip
    folder = RunFolder.create(parent, f"drawn-{features}", settings.to_yaml())
    run.run(settings, folder, quiet())
    return folder


@pytest.fixture(scope="module")
def cells(tmp_path_factory) -> Path:
    return write_set(tmp_path_factory.mktemp("cells") / "home", 0, 10, BLANK)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory, cells) -> RunFolder:
    return finish(tmp_path_factory.mktemp("ruled"), cells, "shape")


@pytest.fixture(scope="module")
def both(tmp_path_factory, cells) -> RunFolder:
    return finish(tmp_path_factory.mktemp("both"), cells, "both")


def test_hand_made_features_alone_need_no_network_and_tell_the_lobes(ruled):
    held = {path.name for path in (ruled.path / "seed-0").iterdir()}
    assert not {"cnn.keras", "history.csv"} & held
    metrics = Run(ruled).metrics()
    assert set(metrics["classifiers"]) == {"knn", "svm", "forest", "vote"}
    assert metrics["classifiers"]["forest"]["accuracy"]["mean"] >= 0.8
    figures = {path.stem for path in (ruled.path / "figures").iterdir()}
    assert "feature_subsets" in figures
    assert not {"learning_curves", "augmentation_sheet"} & figures


def test_the_names_of_the_features_travel_to_every_table_and_the_page(ruled):
    kept = Run(ruled)
    embeddings = kept.repeat("seed-0").embeddings()
    assert embeddings.hand_made.tolist() == list(NAMES) == embeddings.names
    assert kept.ablation()["features"] == list(NAMES)
    assert [feature["name"] for feature in kept.health()["repeats"][0]["features"]] == list(NAMES)
    with ruled.ablation_table.open(newline="") as file:
        subsets = {row["features"] for row in csv.DictReader(file)}
    assert {"nucleus lobes", "; ".join(NAMES)} <= subsets
    page = ruled.page.read_text()
    assert "16 hand-made features" in page and "all but nucleus lobes" in page
    assert "feature 1<" not in page and "feature_1" not in page
    run_ = load_run(ruled.path)
    assert list(run_.embedding.columns[5:]) == [name.replace(" ", "_") for name in NAMES]
    assert "nucleus lobes" in set(run_.ablation["features"])
    axis = run_.scatter(features=(6, 2)).axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("nucleus lobes", "nucleus area")


def test_a_cell_that_is_not_found_is_counted_and_has_the_training_sides_medians(ruled):
    kept = Run(ruled)
    (note,) = [n for n in kept.metrics()["notes"] if "to measure" in n]
    assert "in 1 of 30 pictures" in note and BLANK in note
    e = kept.repeat("seed-0").embeddings()
    (place,) = np.flatnonzero(e.missing.any(axis=1))
    assert e.ids[place].endswith(BLANK)
    medians = np.nanmedian(e.measured[e.split == "train"], axis=0)
    assert e.X[place] == pytest.approx(medians, rel=1e-6)
    assert np.isnan(e.measured[place]).all()
    shown = load_run(ruled.path).embedding.set_index("id")
    assert shown.loc[e.ids[place], "nucleus_lobes"] != shown.loc[e.ids[place], "nucleus_lobes"]


@pytest.mark.parametrize("made", ["ruled", "both"])
def test_predict_names_the_features_and_leaves_blank_what_it_could_not_measure(
    made, cells, tmp_path, request
):
    folder = request.getfixturevalue(made)
    table = tmp_path / "table.csv"
    told = call("predict", folder.path, cells / "lymphocyte", "--csv", table)
    assert told.exit_code == 0, told.output
    assert "no white cell found to measure in 1 of 10 pictures" in told.stderr
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    learned = [name for name in rows[0] if name.startswith("feature_")]
    assert len(learned) == (0 if made == "ruled" else 5)
    assert ("cnn" in rows[0]) == (made == "both")
    said = {row["image"].rpartition("/")[2]: row for row in rows}
    assert said["7.png"]["nucleus_lobes"] == ""
    assert float(said["1.png"]["nucleus_lobes"]) == 1
    e = Run(folder).repeat("seed-0").embeddings()
    known = dict(zip(e.ids.tolist(), e.X[:, e.learned].tolist(), strict=True))
    area = next(value for name, value in known.items() if name.endswith("lymphocyte/1.png"))
    assert float(said["1.png"]["cell_area"]) == pytest.approx(area, rel=1e-4)


def test_beside_a_network_both_kinds_are_told_apart_and_together(both):
    kept = Run(both)
    ablation = kept.ablation()
    assert ablation["features"] == [f"feature {number}" for number in range(1, 6)] + list(NAMES)
    subsets = [entry["features"] for entry in ablation["classifiers"]["knn"]["subsets"]]
    assert list(range(1, 6)) in subsets and list(range(6, 22)) in subsets
    assert "cnn" in kept.metrics()["classifiers"]
    page = both.page.read_text()
    assert "network's five features alone reach" in page.replace("&#39;", "'")
    assert '<th scope="row">the hand-made</th>' in page
    assert load_run(both.path).pairs(features=(1, 11)).axes[2].get_xlabel() == "feature 1"


def test_stress_measures_other_sets_and_damaged_cells(ruled, tmp_path):
    other = write_set(tmp_path / "other", 5, 4, "monocyte/0.png")
    told = call("stress", ruled.path, "--on", other, "--quick")
    assert told.exit_code == 0, told.output
    stress = Run(ruled).stress()
    (shift,) = stress["shift"]
    assert shift["classifiers"]["forest"]["accuracy"]["mean"] >= 0.6
    assert any("in 1 of 12 pictures" in note for note in shift["notes"])
    undamaged = stress["damage"]["undamaged"]["forest"]["mean"]
    assert undamaged == stress["home"]["classifiers"]["forest"]["accuracy"]["mean"]


@pytest.mark.parametrize("command", ["stress", "predict"])
def test_there_are_no_statistics_of_a_network_to_choose(ruled, cells, command):
    asked = ["--on", cells] if command == "stress" else [cells]
    told = call(command, ruled.path, *asked, "--statistics", "target")
    assert told.exit_code == 2, told.output
    assert "takes hand-made features alone and trains no network" in told.output


def test_classifying_again_needs_no_pictures_and_gives_the_same(ruled):
    before = (ruled.path / "seed-0" / "predictions.csv").read_bytes()
    run.classify(Run(ruled).config(), ruled, quiet())
    assert (ruled.path / "seed-0" / "predictions.csv").read_bytes() == before


def test_pictures_without_any_stained_cell_are_refused_in_one_line(tmp_path):
    for label in ("lymphocyte", "monocyte"):
        generator = np.random.default_rng(len(label))
        for number in range(4):
            draw(tmp_path / f"grey/{label}/{number}.png", label, generator, blank=True)
    with pytest.raises(InputError, match=r"in none of the \d+ training pictures; give stained"):
        finish(tmp_path, tmp_path / "grey", "shape")
