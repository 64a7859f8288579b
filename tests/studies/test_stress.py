"""A finished run under stress, as the command does it, on drawn cells."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.cli.main import main
from hybrid_wbc.data.damage import DAMAGES
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.words import stress as words
from hybrid_wbc.runs import formats
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies.stress import FEW, QUICK, stress

COLOURS = {"neutrophil": (90, 45, 170), "monocyte": (170, 60, 110), "basophil": (40, 40, 90)}
SETTINGS = (
    "data.size=24", "data.middle=1", "training.epochs=6", "training.batch_size=8",
    "network.views=1", "split.test=0.4",
)  # fmt: skip


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def write_set(root: Path, names: list[str], cells: int, *, light: int, seed: int) -> Path:
    """Write cells that their colour tells apart; the light is the set's own."""
    generator = np.random.default_rng(seed)
    for name in names:
        (root / name).mkdir(parents=True)
        for number in range(cells):
            pixels = np.full((32, 40, 3), light, dtype=float)
            pixels[8:24, 12:28] = np.array(COLOURS[name]) * light / 240
            pixels += generator.normal(0, 8, pixels.shape)
            pixels = np.clip(pixels, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> Path:
    """The set of the run; a dim one of two of its classes, with two of its files."""
    folder = tmp_path_factory.mktemp("sets")
    home = write_set(folder / "home", list(COLOURS), 20, light=240, seed=0)
    write_set(folder / "dim", ["neutrophil", "monocyte"], 12, light=150, seed=1)
    for number in (0, 1):
        shutil.copy(home / "monocyte" / f"{number}.png", folder / f"dim/monocyte/z{number}.png")
    (folder / "dim/monocyte/broken.png").write_bytes(b"no picture")
    (folder / "dim/monocyte/empty.png").touch()
    return folder


@pytest.fixture(scope="module")
def asked(tmp_path_factory, sets):
    """A run that was trained, the command's answer, and the JSON beside it."""
    out = tmp_path_factory.mktemp("artifacts")
    changes = [f"--set={change}" for change in SETTINGS]
    done = call("run", "pbc", "--data", sets / "home", "--out", out, "--seeds", 1, *changes)
    assert done.exit_code == 0, done.output
    folder = RunFolder(out / "00000-pbc")
    json_file = out / "stress.json"
    told = call("stress", folder.path, "--on", sets / "dim", "--quick", "--json", json_file)
    assert told.exit_code == 0, told.output
    return folder, told.stdout, json_file


@pytest.fixture(scope="module")
def drawn(tmp_path_factory, make_run) -> RunFolder:
    """A run of two seeds whose pictures are gone, and that has no network."""
    return make_run(tmp_path_factory.mktemp("gone") / "00000-drawn", seeds=(0, 3), copies=2)


def test_everything_is_kept_in_the_run_and_written_where_it_is_asked_for(asked):
    folder, _, json_file = asked
    kept = Run(folder).stress()
    assert json.loads(json_file.read_text()) == {"format": 1, **kept}
    assert "stress.json" in json.loads((folder.path / "checksums.json").read_text())
    assert kept["quick"] and kept["repeats"] == ["seed-0"] and not kept["synthetic"]
    for name in ("damage", "certainty", "few_cells"):
        assert (folder.path / "figures" / f"stress_{name}.png").is_file()
    page = folder.page.read_text()
    assert 'id="stress"' in page and words.TITLES["damage"] in page
    (folder.path / "stress.json").write_text(json_file.read_text().replace("dim", "bright"))
    with pytest.raises(InputError, match="changed since it was written"):
        Run(folder).stress()
    shutil.copy(json_file, folder.path / "stress.json")


def test_home_is_what_the_run_has_scored_and_undamaged_cells_are_answered_alike(asked):
    folder, _, _ = asked
    found, metrics = Run(folder).stress(), Run(folder).metrics()
    tested = metrics["evidence"]["test"]["cells"]
    assert found["home"]["cells"] == tested == found["damage"]["cells"][0]
    for key, scores in metrics["classifiers"].items():
        assert found["home"]["classifiers"][key]["accuracy"] == scores["accuracy"]
        assert found["damage"]["undamaged"][key]["mean"] == pytest.approx(
            scores["accuracy"]["mean"]
        )
    brier = metrics["classifiers"]["cnn"]["probability"]["brier_score"]["mean"]
    assert found["home"]["certainty"]["cnn"]["brier_score"]["mean"] == pytest.approx(brier)


def test_another_set_is_asked_over_the_classes_of_both_less_the_files_of_the_run(asked):
    folder, _, _ = asked
    (dim,) = Run(folder).stress()["shift"]
    assert dim["name"] == "dim" and dim["classes"] == ["monocyte", "neutrophil"]
    assert dim["cells"] == 24 and "2 cells lie in files of the run too: left out" in dim["notes"]
    assert "2 dropped: unreadable (1), empty file (0 bytes) (1)" in dim["notes"]
    assert set(dim["classifiers"]) == set(dim["elsewhere"])
    for key, scores in dim["classifiers"].items():
        assert scores["per_class"]["basophil"]["recall"]["mean"] is None
        recalls = [scores["per_class"][label]["recall"]["mean"] for label in dim["classes"]]
        assert scores["macro_recall"]["mean"] == pytest.approx(np.mean(recalls)), key
        assert 0 <= dim["elsewhere"][key] <= 1 - scores["accuracy"]["mean"] + 1e-9


def test_what_was_said_of_each_cell_of_another_set_is_kept(asked):
    folder, _, _ = asked
    (answers,) = Run(folder).other_sets()
    (dim,) = Run(folder).stress()["shift"]
    assert (answers.name, answers.repeat) == ("dim", "seed-0")
    for key, scores in dim["classifiers"].items():
        right = answers.table.said[key] == answers.table.labels
        assert right.mean() == pytest.approx(scores["accuracy"]["mean"]), key
    assert len(set(answers.sha256)) == len(set(answers.table.ids)) == dim["cells"]
    assert len(set(answers.sources)) == dim["sources"]


def test_with_other_statistics_than_its_own_nothing_is_kept_in_the_run(asked, sets, tmp_path):
    folder, _, _ = asked
    usual = Run(folder).stress()

    def kept():
        paths = (path for path in folder.path.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in paths if path.name != "log.txt"}

    before = kept()
    options = ["--quick", "--statistics", "target", "--json", tmp_path / "target.json"]
    told = call("stress", folder.path, "--on", sets / "dim", *options)
    assert told.exit_code == 0, told.output
    assert kept() == before
    adapted = json.loads((tmp_path / "target.json").read_text())
    said = "batch normalisation takes its statistics from these pictures, without their labels"
    assert any(note.startswith(said) for note in adapted["shift"][0]["notes"])
    words = " ".join(told.stdout.split())
    assert said in words and "nothing was kept in its folder; --json FILE keeps" in words
    assert adapted["shift"][0]["certainty"] != usual["shift"][0]["certainty"]
    assert "statistics of damaged cells from them too" in " ".join(adapted["notes"])
    assert adapted["home"] == usual["home"]


def test_two_sets_of_one_name_are_refused(asked, sets, tmp_path):
    folder, _, _ = asked
    shutil.copytree(sets / "dim", tmp_path / "dim")
    refused = call("stress", folder.path, "--on", sets / "dim", "--on", tmp_path / "dim")
    assert refused.exit_code == 2
    assert "both called 'dim'" in refused.output.replace("\n", " ")


def test_every_damage_is_done_in_fewer_steps_when_quick(asked):
    folder, _, _ = asked
    kinds = Run(folder).stress()["damage"]["kinds"]
    assert list(kinds) == list(DAMAGES)
    for name, kind in kinds.items():
        amounts = [step["amount"] for step in kind["steps"]]
        assert amounts == list(DAMAGES[name].steps[QUICK.steps])
        for key, telling in kind["telling"].items():
            lost = [step["classifiers"][key]["lost"]["mean"] for step in kind["steps"]]
            first = next((a for a, x in zip(amounts, lost, strict=True) if x > 0.0499), None)
            assert telling == first


def test_the_terminal_says_what_each_axis_asks_and_what_the_network_has_seen(asked):
    _, shown, _ = asked
    assert "QUICK" in shown and "95 % intervals by bootstrap over sources" in shown
    for axis, title in words.TITLES.items():
        assert title in shown and words.ASKED[axis] in shown
    assert "The network itself was trained on all training cells" in shown
    assert "The network has seen the class" in shown
    assert "at home" in shown and "dim" in shown


def test_without_pictures_damage_is_left_out_and_the_rest_is_asked_of_the_embeddings(drawn):
    found = stress(Run(drawn).config(), drawn, [], quiet(), quick=False)
    assert found["damage"] is None and found["shift"] == []
    assert any(note.startswith("damage was left out: data.path") for note in found["notes"])
    assert found["repeats"] == ["seed-0", "seed-3"] and found["synthetic"]
    assert [few["cells"] for few in found["few_cells"]] == [5, 10, 20]
    assert f"few cells: {FEW[-1]} a class were left out" in " ".join(found["notes"])
    assert [each["label"] for each in found["unknown"]] == found["home"]["classes"]
    again = stress(Run(drawn).config(), drawn, [], quiet(), quick=False)
    assert again == found == formats.STRESS.read(drawn.path / "stress.json")


def test_a_network_without_five_units_is_asked_what_it_can_be_asked(drawn, monkeypatch):
    monkeypatch.setattr(Embeddings, "has_features", False)
    found = stress(Run(drawn).config(), drawn, [], quiet(), quick=True)
    assert found["few_cells"] == [] == found["unknown"]
    assert "no embedding layer" in found["notes"][0]
    assert found["home"]["certainty"]["cnn"]["answered"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", r"--on: .*nowhere not found"),
        ("home", r"home: given as training set and to --on; name two sets"),
        ("copy", r"copy holds files that the run has seen"),
        ("one", r"one shares 1 of the two or more classes needed with the run: it has basophil"),
    ],
)
def test_a_set_that_says_nothing_is_refused_in_one_line(asked, sets, given, said):
    folder, _, _ = asked
    if given == "copy" and not (sets / "copy").exists():
        shutil.copytree(sets / "home", sets / "copy")
    if given == "one" and not (sets / "one").exists():
        write_set(sets / "one", ["basophil"], 2, light=240, seed=5)
    with pytest.raises(InputError, match=said) as error:
        stress(Run(folder).config(), folder, [sets / given], quiet(), quick=True)
    assert "\n" not in str(error.value)


def test_what_is_no_finished_run_is_refused(drawn, tmp_path):
    kept = tmp_path / "model.hybrid"
    kept.touch()
    told = call("stress", kept)
    assert told.exit_code == 2 and "not a .hybrid file; give one that" in told.stderr
    shutil.copytree(drawn.path, tmp_path / "run")
    for repeat in ("seed-0", "seed-3"):
        (tmp_path / "run" / repeat / "predictions.csv").unlink()
    told = call("stress", tmp_path / "run")
    assert told.exit_code == 2 and "nothing is classified yet" in told.stderr
