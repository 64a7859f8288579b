"""Every published system runs on drawn cells, from its recipe to the figures beside its paper's."""

from __future__ import annotations

import html
import json
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import keras
import pytest
import tensorflow as tf
from click.testing import CliRunner
from keras.src.backend.common import global_state
from PIL import Image
from rich.console import Console

from hybrid_wbc.cli.main import main
from hybrid_wbc.cnn import applications, networks, storage
from hybrid_wbc.config import systems
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.words import reproduction as findings
from hybrid_wbc.studies import deduce, formats, recipe, reproduce

CLASSES = {"eosi": "EOSINOPHIL", "lymp": "LYMPHOCYTE", "mono": "MONOCYTE", "neut": "NEUTROPHIL"}
SIZES = {"s1-inceptionv3": 75, "s1-own-cnn": 32, "s3-sequential": 40}


@pytest.fixture(scope="module")
def kaggle(tmp_path_factory, smears) -> Path:
    """Drawn smears of four classes in Kaggle's layout, three to train and three to test of each."""
    root = tmp_path_factory.mktemp("data") / "drawn"
    for name, label in CLASSES.items():
        for number in range(1, 7):
            folder = root / "images" / ("TRAIN" if number < 4 else "TEST") / label
            folder.mkdir(parents=True, exist_ok=True)
            with Image.open(smears / "Main Dataset" / name / f"{number}.bmp") as smear:
                smear.convert("RGB").resize((180, 144)).save(folder / f"_{number}_1.png")
    return root


@pytest.fixture
def eagerly():
    """Take steps without compiling them first, which takes longer than the steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def unweighted(monkeypatch):
    """Leave Keras' own copy of a backbone without weights: what is cloned draws its own."""
    build = applications.Application.build

    def without_weights(application, *given):
        with keras.StatelessScope(initialize_variables=False):
            model = build(application, *given)
        global_state.set_global_attribute("uninitialized_variables", [])
        return model

    monkeypatch.setattr(applications.Application, "build", without_weights)


def quiet(_folder) -> Reporter:
    return Reporter(Console(file=StringIO()))


def quick(name: str, *others: str, head: bool = False) -> recipe.Changes:
    """One epoch at a small size; a backbone of drawn weights is not trained."""
    small = [f"data.size={SIZES.get(name, 32)}", "data.through=null", "training.batch_size=4"]
    if name.startswith(("s1-", "s2-")) and name != "s1-own-cnn":
        small.append("network.backbone=frozen")
    return recipe.Changes(1, 1, "none", head, (*small, "split.test=0.34", *others))


@pytest.mark.parametrize("name", systems.names())
def test_every_recipe_runs_from_pictures_to_the_papers_figures(
    name, kaggle, tmp_path, eagerly, unweighted, undrawn_here, monkeypatch
):
    # What a run does beside is tested elsewhere: states to go on from (some are a gigabyte),
    # ablation and figures.
    monkeypatch.setattr("hybrid_wbc.cnn.training.keep", lambda *_: None)
    monkeypatch.setattr("hybrid_wbc.stages.ablate.ablate", lambda *_: None)
    system = systems.load(name)
    changes = quick(name, "split.validation=0", "training.best_weights=false")
    settings = {
        "by source": recipe.configure(system, "by source", kaggle, changes),
    }
    path, result = reproduce.reproduce(system, settings, tmp_path, quiet)
    assert formats.REPRODUCTION.read(path.with_suffix(".json")) == result
    assert system.citation.split(",")[0] in path.read_text()
    assert result["other_data"] == (system.dataset.name != "kaggle-blood-cells")
    papers = [row["paper"] for row in result["rows"] if row["paper"]]
    assert [paper["place"] for paper in papers] == [figure.place for figure in system.figures]
    found = [row["by source"] for row in result["rows"] if row["by source"]]
    assert any(row["metric"] == "accuracy" and row["by source"] for row in result["rows"])
    assert all(score["mean"] is not None for score in found)
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="module")
def both(kaggle, tmp_path_factory):
    """A small network under both protocols, by the command."""
    out = tmp_path_factory.mktemp("runs")
    arguments = ["reproduce", "s4-cnn", "--data", str(kaggle), "--out", str(out), "--epochs", "1",
                 "--seeds", "2", "--set", "data.through=null", "--set", "split.test=0.34",
                 "--set", "data.size=24"]  # fmt: skip
    return out, arguments, CliRunner().invoke(main, arguments)


def test_three_columns_stand_side_by_side(both):
    out, _, shown = both
    assert shown.exit_code == 0, shown.output
    heads = next(
        line for line in shown.stdout.splitlines() if "as published" in line and "paper" in line
    )
    assert heads.split("  ")[0] == ""
    for column in ("paper", "as published", "by source", "published − by source"):
        assert column in heads
    result = json.loads((out / "reproductions" / "s4-cnn.json").read_text())
    assert set(result["runs"]) == {"as published", "by source"}
    first = result["rows"][0]
    assert first["paper"]["words"] == "99.4% average accuracy"
    gap = first["as published"]["mean"] - first["by source"]["mean"]
    assert first["difference"]["mean"] == pytest.approx(gap)


def test_element_wise_accuracy_stands_beside_the_share_of_right_images(both):
    out, _, shown = both
    rows = json.loads((out / "reproductions" / "s4-cnn.json").read_text())["rows"]
    assert [row["metric"] for row in rows[:2]] == ["element-wise accuracy", "accuracy"]
    assert rows[1]["paper"] is None
    assert "of the images are right" in shown.stdout
    metrics = json.loads(next(out.glob("*-by-source/metrics.json")).read_text())
    softmax = metrics["classifiers"]["cnn"]
    assert softmax["element_wise_accuracy"]["mean"] == rows[0]["by source"]["mean"]
    assert softmax["accuracy"]["mean"] == rows[1]["by source"]["mean"]


def test_what_was_changed_and_what_the_paper_says_of_itself_is_told(both):
    _, _, shown = both
    assert "changed: training.epochs: 1 instead of 5" in shown.stdout
    cut = (
        "SHORTENED, by source: 1 of 5 epochs, 2 of 10 trainings, 24 of 50 pixels, "
        "12 of 2,487 images"
    )
    assert cut in " ".join(shown.stdout.split())
    assert "the paper against itself" in shown.stdout


@pytest.mark.parametrize(
    ("name", "changes", "cut"),
    [
        ("s4-cnn", recipe.Changes(), []),
        # More than the recipe's, and what makes no run smaller, is no cut.
        ("s4-cnn", recipe.Changes(50, others=("seed=3", "training.batch_size=4")), []),
        ("s4-cnn", recipe.Changes(4, 3), [("epochs", 4, 5), ("trainings", 3, 10)]),
        ("s1-vgg16", recipe.Changes(others=("data.size=64",)), [("pixels", 64, 100)]),
        (
            "s1-vgg16",
            recipe.Changes(others=("data.draw={basophil: 30, monocyte: 20}",)),
            [("images", 50, 17092)],
        ),
        # Kaggle's TEST alone; of PBC as many of each class as the smallest has.
        (
            "s4-cnn",
            recipe.Changes(others=("data.draw={monocyte: 100, neutrophil: 100}",)),
            [("images", 200, 2487)],
        ),
        (
            "s2-vgg19",
            recipe.Changes(others=("data.balance=false", "data.draw={Baso: 40, IG: 40}")),
            [("images", 80, 8 * 1214)],
        ),
        ("s2-vgg19", recipe.Changes(others=("data.balance=false",)), []),
        (
            "s1-vgg16",
            recipe.Changes(others=("data.classes=[Baso, IG]",)),
            [("images", 1218 + 2895, 17092)],
        ),
        ("s1-vgg16", recipe.Changes(weights="none"), [("weights", "none", "imagenet")]),
        # As many as LISC has is no cut, on whichever set they are drawn.
        ("s0-wbc23", recipe.Changes(others=("data.draw={basophil: 121, monocyte: 121}",)), []),
    ],
)
def test_what_a_run_has_less_of_than_its_recipe_is_a_cut(name, changes, cut):
    system = systems.load(name)
    config = recipe.configure(system, "as published", Path("cells"), changes)
    found = recipe.cuts(system, "as published", config)
    assert [(each["of"], each["here"], each["recipe"]) for each in found] == cut


def test_a_part_of_the_papers_set_is_a_cut_and_more_files_than_it_has_are_none():
    system = systems.load("s4-cnn")
    config = recipe.configure(system, "as published", Path("cells"), recipe.Changes())
    whole = {"eosinophil": 623, "lymphocyte": 620, "monocyte": 620, "neutrophil": 624}
    assert recipe.cuts(system, "as published", config, whole | {"neutrophil": 900}) == []
    (cut,) = recipe.cuts(system, "as published", config, whole | {"monocyte": 20})
    assert cut == {"of": "images", "here": 1887, "recipe": 2487}


def test_the_page_holds_what_the_terminal_shows(both):
    out, _, shown = both
    page = html.unescape((out / "reproductions" / "s4-cnn.html").read_text())
    result = json.loads((out / "reproductions" / "s4-cnn.json").read_text())
    for row in result["rows"]:
        for cell in (findings.name_of(row), *findings.score(row["by source"], row["metric"])):
            assert cell in page and cell in shown.stdout
    assert all(each["says"] in page for each in result["contradictions"])
    assert "training.epochs: 1 instead of 5" in page


def test_a_reproduction_asked_for_again_trains_nothing_again(both, monkeypatch):
    _, arguments, shown = both
    monkeypatch.setattr("hybrid_wbc.cnn.training.fit", pytest.fail)
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 0, again.output
    assert again.stdout == shown.stdout


def test_a_page_of_a_network_without_features_leaves_their_sections_out(both):
    out, _, _ = both
    page = next(out.glob("*-as-published/report.html")).read_text()
    assert "element-wise accuracy" in page
    for section in ("features", "health", "embedding", "differences"):
        assert f'id="{section}"' not in page
        assert f'href="#{section}"' not in page


def test_a_run_without_features_has_nothing_to_ablate(both):
    out, _, _ = both
    run = next(out.glob("*-by-source"))
    shown = CliRunner().invoke(main, ["ablate", str(run)])
    assert shown.exit_code == 2
    assert "no embedding layer" in shown.stderr


def test_a_run_without_features_predicts_by_its_softmax(both, kaggle):
    out, _, _ = both
    run = next(out.glob("*-by-source"))
    shown = CliRunner().invoke(main, ["predict", str(run), str(kaggle)])
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.splitlines()[0].startswith("image,cnn,taken_for,")
    assert len(shown.stdout.splitlines()) == 25


def test_a_head_gives_any_network_five_features_and_the_classifiers(
    kaggle, tmp_path, eagerly, undrawn_here, monkeypatch
):
    monkeypatch.setattr("hybrid_wbc.stages.ablate.ablate", lambda *_: None)
    system = systems.load("s4-cnn")
    config = recipe.configure(system, "by source", kaggle, quick("s4-cnn", head=True))
    path, result = reproduce.reproduce(system, {"by source": config}, tmp_path, quiet)
    assert path.name == "s4-cnn-by-source-with-head.html"
    classifiers = {row["classifier"] for row in result["rows"] if row["metric"] == "accuracy"}
    assert {"cnn", "knn", "svm", "forest"} <= classifiers


def test_a_longer_reproduction_is_found_again_after_a_short_trial(both, undrawn_here, monkeypatch):
    out, arguments, _ = both
    short = [*arguments, "--protocol", "by-source", "--set", "training.learning_rate=0.01"]
    assert CliRunner().invoke(main, short).exit_code == 0
    monkeypatch.setattr("hybrid_wbc.cnn.training.fit", pytest.fail)
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 0, again.output
    assert (out / "reproductions" / "s4-cnn-by-source.json").is_file()
    kept = json.loads((out / "reproductions" / "s4-cnn.json").read_text())
    assert set(kept["runs"]) == {"as published", "by source"}


@pytest.fixture(scope="module")
def deduced(both, without_figures):
    """The same with two of the values that its paper leaves open, and one that cannot be run."""
    out, arguments, _ = both
    found, build = deduce.alternatives, networks.build

    def three(*given) -> list[deduce.Otherwise]:
        tried = (("training.batch_size", 128), ("network.width", 0.5), ("network.width", 2.0))
        return [each for each in found(*given) if (each.key, each.instead) in tried]

    def refuse(*given, width: float, **others):
        if width == 2.0:
            raise InputError("network.width: too wide for this test")
        return build(*given, width=width, **others)

    with without_figures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(deduce, "alternatives", three)
        patch.setattr(networks, "build", refuse)
        shown = CliRunner().invoke(main, [*arguments, "--deductions"])
        assert shown.exit_code == 0, shown.output
        patch.setattr("hybrid_wbc.cnn.training.fit", pytest.fail)
        again = CliRunner().invoke(main, [*arguments, "--deductions"])
    result = json.loads((out / "reproductions" / "s4-cnn.json").read_text())
    page = html.unescape((out / "reproductions" / "s4-cnn.html").read_text())
    return result, shown, again, page, out


def test_each_other_value_of_a_deduced_setting_is_set_beside_the_recipes(deduced):
    result, _, _, _, out = deduced
    found = {(each["key"], each["value"], each["instead"]): each for each in result["deductions"]}
    assert set(found) == {
        ("training.batch_size", 32, 128), ("network.width", 1.0, 0.5), ("network.width", 1.0, 2.0),
    }  # fmt: skip
    for each in result["deductions"]:
        names = [score["metric"] for score in each["scores"]]
        assert names == ([] if each["failed"] else ["element-wise accuracy", "accuracy"])
        for row, score in zip(result["rows"], each["scores"], strict=False):
            assert score["recipe"]["mean"] == pytest.approx(row["as published"]["mean"])
            away = score["score"]["mean"] - score["recipe"]["mean"]
            assert score["difference"]["mean"] == pytest.approx(away)
            assert score["difference"]["low"] <= away <= score["difference"]["high"]
    narrow = out / found["network.width", 1.0, 0.5]["folder"] / "seed-0" / "cnn.keras"
    assert storage.load(narrow).get_layer("block1_convolution").filters == 16


def test_a_value_that_cannot_be_run_is_told_and_the_others_stand(deduced):
    result, shown, _, page, _ = deduced
    (failed,) = [each for each in result["deductions"] if each["failed"]]
    assert failed["instead"] == 2.0
    for text in (shown.stdout, page):
        assert "did not run: network.width: too wide for this test" in text


def test_what_the_paper_leaves_open_is_told_on_the_page_and_the_terminal(deduced):
    result, shown, _, page, _ = deduced
    assert "what the paper leaves open" in shown.stdout
    assert 'href="#deductions"' in page
    for text in (shown.stdout, page):
        assert "s published, 2 trainings each, the same seeds and test images" in text
        for each in result["deductions"]:
            assert all(cell in text for cell in findings.deduced(each))
            for _, *cells in findings.moved(each).values():
                assert all(cell in text for cell in cells)
    assert all(each["reason"] in page for each in result["deductions"])


def test_deductions_asked_for_again_train_nothing_again(deduced):
    _, shown, again, _, _ = deduced
    assert again.exit_code == 0, again.output
    assert again.stdout == shown.stdout


def test_one_training_each_is_said_to_leave_its_seeds_luck_in():
    each = {"failed": None, "repeats": 1, "at_chance": 0, "scores": [{}]}
    result = {"runs": {"by source": {}}, "deductions": [each]}
    assert "another seed may move a figure as far" in findings.how_deduced(result)


def test_a_recipe_without_other_values_says_so(kaggle, tmp_path):
    shown = CliRunner().invoke(
        main,
        ["reproduce", "s2-vgg19", "--data", str(kaggle), "--out", str(tmp_path), "--weights",
         "none", "--deductions", "--dry-run"],
    )  # fmt: skip
    assert shown.exit_code == 0
    assert "s2-vgg19: its recipe names no other values" in shown.stderr


def test_a_dry_run_shows_the_deductions_that_would_be_trained(kaggle, tmp_path):
    arguments = ["reproduce", "s4-cnn", "--data", str(kaggle), "--out", str(tmp_path / "runs")]
    shown = CliRunner().invoke(main, [*arguments, "--deductions", "--dry-run"])
    assert "# s4-cnn-as-published-width-0.5" in shown.stdout


def test_a_run_of_another_version_is_not_taken_for_one_of_these_settings(
    kaggle, tmp_path, eagerly, undrawn_here
):
    system = systems.load("s4-cnn")
    settings = {"by source": recipe.configure(system, "by source", kaggle, quick("s4-cnn"))}
    reproduce.reproduce(system, settings, tmp_path, quiet)
    (begun,) = tmp_path.glob("0*")
    written = (begun / "config.yaml").read_text()
    (begun / "config.yaml").write_text(written.replace("  width: 1.0\n", ""))
    reproduce.reproduce(system, settings, tmp_path, quiet)
    assert len(list(tmp_path.glob("0*-s4-cnn-by-source"))) == 2


def test_nothing_is_said_of_deductions_that_were_not_asked_for(both):
    _, _, shown = both
    assert "leaves open" not in shown.stdout


def test_changed_data_are_trained_on_anew(kaggle, tmp_path, eagerly, undrawn_here):
    data = tmp_path / "cells"
    shutil.copytree(kaggle, data)
    system = systems.load("s4-cnn")
    settings = {"by source": recipe.configure(system, "by source", data, quick("s4-cnn"))}
    out = tmp_path / "runs"
    reproduce.reproduce(system, settings, out, quiet)
    next(data.rglob("*.png")).unlink()
    reproduce.reproduce(system, settings, out, quiet)
    assert len(list(out.glob("0*-s4-cnn-by-source"))) == 2


def test_a_protocol_that_cannot_run_is_found_out_before_the_other_is_trained(
    smears, tmp_path, monkeypatch
):
    monkeypatch.setattr("hybrid_wbc.cnn.training.fit", pytest.fail)
    system = systems.load("s3-sequential")
    settings = {
        protocol: recipe.configure(system, protocol, smears, quick("s3-sequential"))
        for protocol in systems.PROTOCOLS
    }
    with pytest.raises(InputError, match="needs samples marked train and test"):
        reproduce.reproduce(system, settings, tmp_path, quiet)
    assert not list(tmp_path.glob("0*"))


def test_a_set_without_sides_cannot_stand_for_one_of_them(smears, tmp_path):
    system = systems.load("s4-cnn")
    config = recipe.configure(system, "by source", smears, quick("s4-cnn"))
    wanted = (
        "s4-cnn, by source: its recipe takes the sides of the set it is for, kaggle-blood-cells: "
        r"data\.part: .* no cell on a side named 'test'; its sides: none; .* data\.part=null"
    )
    with pytest.raises(InputError, match=wanted):
        reproduce.reproduce(system, {"by source": config}, tmp_path, quiet)
    assert not list(tmp_path.glob("0*"))


def test_all_runs_what_can_run_and_names_the_rest(kaggle, tmp_path, undrawn_here, monkeypatch):
    monkeypatch.setattr(systems, "names", lambda: ["s1-vgg16", "s4-cnn"])
    without = replace(
        networks.NETWORKS["vgg16"],
        load_imagenet=lambda *_: (_ for _ in ()).throw(
            InputError("network.weights: not to be had")
        ),
    )
    monkeypatch.setitem(networks.NETWORKS, "vgg16", without)
    shown = CliRunner().invoke(
        main,
        ["reproduce", "all", "--data", str(kaggle), "--out", str(tmp_path), "--epochs", "1",
         "--seeds", "1", "--protocol", "by-source", "--set", "data.size=32",
         "--set", "data.through=null", "--set", "split.test=0.34"],
    )  # fmt: skip
    assert shown.exit_code == 2
    assert "s1-vgg16: left out: network.weights: not to be had" in shown.stderr
    assert "1 of 2 systems did not run: s1-vgg16" in shown.stderr
    assert (tmp_path / "reproductions" / "s4-cnn-by-source.json").is_file()


def test_a_dry_run_prints_each_protocols_settings(kaggle, tmp_path):
    shown = CliRunner().invoke(
        main,
        ["reproduce", "s3-sequential", "--data", str(kaggle), "--out", str(tmp_path / "runs"),
         "--dry-run"],
    )  # fmt: skip
    assert shown.exit_code == 0
    assert "# s3-sequential-as-published" in shown.stdout
    assert "# s3-sequential-by-source" in shown.stdout
    assert not (tmp_path / "runs").exists()
