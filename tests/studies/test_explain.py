"""A finished run explains pictures whose class a square in one corner decides."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from rich.console import Console

from hybrid_wbc.cli.main import main
from hybrid_wbc.cnn import networks
from hybrid_wbc.data.cells.shape import NAMES
from hybrid_wbc.errors import InputError
from hybrid_wbc.evaluation.explained import Explanation
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies.explain import explain

COLOURS = {"neutrophil": (250, 20, 20), "monocyte": (20, 250, 20), "basophil": (20, 20, 250)}
SETTINGS = (
    "data.size=64", "data.middle=1", "training.epochs=12", "training.batch_size=8",
    "training.learning_rate=0.005", "network.views=1", "split.test=0.4",
    "augmentation.enabled=false", "data.stain=as is",
)  # fmt: skip


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


def write_cell(path: Path, name: str, generator: np.random.Generator) -> Path:
    """Write grey noise with a square in the upper right corner, whose colour is the class's."""
    pixels = generator.normal(127, 12, (64, 64, 3))
    pixels[:16, 48:] = COLOURS[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    out = tmp_path_factory.mktemp("explained")
    generator = np.random.default_rng(0)
    for name in COLOURS:
        for number in range(14):
            write_cell(out / "cells" / name / f"{number}.png", name, generator)
    changes = [f"--set={change}" for change in SETTINGS]
    folder = out / "00000-pbc"
    for command in (
        ("train", "pbc", "--data", out / "cells", "--out", out, "--seeds", 1, *changes),
        ("extract", folder),
        ("classify", folder),
    ):
        done = call(*command)
        assert done.exit_code == 0, done.output
    return RunFolder(folder)


@pytest.fixture(scope="module")
def new(run) -> list[Path]:
    generator = np.random.default_rng(1)
    return [
        write_cell(run.path.parent / "new" / f"{name}.png", name, generator) for name in COLOURS
    ]


@pytest.fixture(scope="module")
def found(run, new) -> Explanation:
    return explain(Run(run).config(), run, new, quiet())


def strongest(places: np.ndarray) -> tuple[int, ...]:
    return tuple(int(place) for place in np.unravel_index(places.argmax(), places.shape))


def test_both_maps_of_the_named_class_point_at_the_corner_that_decides(found):
    for picture, name in zip(found.pictures, COLOURS, strict=True):
        named = picture.maps[0]
        assert (named.name, named.role) == (name, "named")
        for places in (named.gradient, named.occlusion):
            row, column = strongest(places)
            assert places.shape == (8, 8) and row < 2 and column >= 6  # where the square lies
        assert named.is_readable


def test_every_number_is_explained_and_every_classifier_is_heard(found):
    picture = found.pictures[0]
    assert [each.role for each in picture.maps] == ["named", "runner-up", *["unit"] * 5]
    assert [each.name for each in picture.maps[2:]] == [f"feature {n}" for n in range(1, 6)]
    said = {each.classifier: each for each in picture.said}
    assert {"KNN", "cubic SVM", "random forest", "CNN softmax", "soft vote"} <= set(said)
    network = said["CNN softmax"]
    assert network.label == "neutrophil" and network.other == picture.maps[1].name
    assert network.probability > network.other_probability > 0


def test_training_cells_come_with_the_pixels_that_the_network_saw(run, found):
    embedded = Run(run).repeats()[0].embeddings()
    trained = set(embedded.ids[embedded.split == "train"].tolist())
    assert len(found.units) == 5 and set(found.named_cells) <= trained
    assert set(found.training) == set(found.named_cells)
    for picture, name in zip(found.pictures, COLOURS, strict=True):
        distances = [cell.number for cell in picture.neighbours]
        assert picture.neighbours[0].label == name and distances == sorted(distances)
    cell = found.named_cells[0]
    with Image.open(run.path.parent / "cells" / cell) as kept:
        assert (found.training[cell] == np.asarray(kept)).all()


def test_a_training_cell_is_told_from_others(run):
    cell = Run(run).repeats()[0].embeddings()
    known = run.path.parent / "cells" / str(cell.ids[cell.split == "train"][0])
    (note,) = explain(Run(run).config(), run, [known], quiet()).notes
    assert str(known) in note and "at distance 0 from a training cell" in note


def test_a_picture_that_predict_takes_for_a_smear_is_named(run, new, tmp_path):
    smear = tmp_path / "smear.png"
    Image.new("RGB", (900, 600), (230, 220, 215)).save(smear)
    one = write_cell(tmp_path / "one.png", "monocyte", np.random.default_rng(2))
    (note,) = explain(Run(run).config(), run, [smear, one], quiet()).notes
    assert note.startswith(f"{smear}: taken for a whole smear by `predict`") and "`serve`" in note


def test_the_command_writes_a_page_and_a_figure_of_each_picture(run, new, tmp_path):
    page, png = tmp_path / "page.html", tmp_path / "png"
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    done = call("explain", run.path, *new[:2], broken, "--page", page, "--png", png)
    assert done.exit_code == 0, done.output
    html = page.read_text(encoding="utf-8")
    assert new[0].name in html and f"--page {page}" in html
    assert not re.search(r"https?://", html)
    assert sorted(path.name for path in png.iterdir()) == ["monocyte.png", "neutrophil.png"]
    with Image.open(png / "monocyte.png") as drawn:
        assert drawn.format == "PNG" and drawn.width == 1080
    assert str(new[1]) in done.stdout and "of 7" in done.stdout
    assert f"skipped {broken}" in done.stderr and str(page) in done.stderr


def test_the_statistics_that_were_asked_for_are_said_and_in_the_command_of_the_page(
    run, new, tmp_path
):
    page = tmp_path / "page.html"
    done = call("explain", run.path, *new[:2], "--statistics", "target", "--page", page)
    assert done.exit_code == 0, done.output
    told = "batch normalisation takes its statistics from these 2 pictures, without labels"
    assert told in " ".join(done.stderr.split())
    assert "hybrid-wbc explain --statistics target" in page.read_text(encoding="utf-8")


def test_without_the_data_the_training_cells_are_named_without_pictures(run, new):
    cells = run.path.parent / "cells"
    cells.rename(run.path.parent / "moved")
    try:
        found = explain(Run(run).config(), run, new[:1], quiet())
    finally:
        (run.path.parent / "moved").rename(cells)
    assert found.training == {} and len(found.pictures[0].neighbours) == 5
    (note,) = found.notes
    assert note.startswith("the training cells are named without their pictures:")
    assert str(cells) in note


def test_of_a_mean_over_views_the_untouched_view_is_explained(run, new, found):
    config = Run(run).config()
    network = config.network.model_copy(update={"views": 8})
    turned = explain(config.model_copy(update={"network": network}), run, new[:1], quiet())
    assert "means over 8 views" in turned.notes[0] and "untouched" in turned.notes[0]
    same = {each.name: each.value for each in found.pictures[0].maps}
    for each in turned.pictures[0].maps:
        if each.role == "unit":
            assert each.value == pytest.approx(same[each.name], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.png",), "nowhere.png: not found; give image files or folders"),
        (("{broken}",), "no image can be read: {broken}: "),
        (("{new}", "--page", "{folder}"), "--page: {folder} is a folder; name a file"),
        (("{new}", "--png", "{broken}"), "--png: {broken} is a file; name a folder"),
    ],
)
def test_what_cannot_be_explained_or_written_is_one_line(run, new, tmp_path, arguments, message):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    places = {"broken": broken, "new": new[0], "folder": tmp_path}
    done = call("explain", run.path, *(each.format(**places) for each in arguments))
    assert done.exit_code == 2
    assert done.output.startswith("error: ") and done.output.count("\n") == 1
    assert message.format(**places) in done.output


def test_statistics_of_the_pictures_asked_about_change_answers_and_maps_alike(run, new):
    config = Run(run).config()
    network = config.network.model_copy(update={"statistics": "target"})
    found = explain(config.model_copy(update={"network": network}), run, new, quiet())
    assert "every number and map depends on the other pictures" in found.notes[0]
    for picture in found.pictures:
        (said,) = [each for each in picture.said if each.classifier == "CNN softmax"]
        logits = picture.maps[0].value - picture.maps[1].value
        odds = np.log(said.probability / said.other_probability)
        assert logits == pytest.approx(odds, rel=1e-3, abs=1e-3)


def test_hand_made_features_tell_neighbours_but_are_no_units(run, new, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    repeat = Run(folder).repeats()[0]
    e = repeat.embeddings()
    numbers = np.random.default_rng(0).normal(size=(len(e.X), len(NAMES))).astype(np.float32)
    with_shape = replace(
        e,
        X=np.hstack([e.X, numbers]),
        hand_made=np.array(NAMES),
        missing=np.zeros(numbers.shape, bool),
    )
    repeat.write_embeddings(with_shape)
    assert call("classify", folder.path).exit_code == 0
    config = Run(folder).config()
    both = config.classifiers.model_copy(update={"features": "both"})
    found = explain(config.model_copy(update={"classifiers": both}), folder, new[:1], quiet())
    assert [unit.name for unit in found.units] == [f"feature {n}" for n in range(1, 6)]
    assert len(found.pictures[0].neighbours) == 5 and len(found.pictures[0].maps) == 7
    assert any(str(new[0]) in note for note in found.notes)  # no cell could be measured in it


def test_of_a_network_without_an_embedding_layer_the_classes_alone_are_explained(
    run, new, tmp_path
):
    shutil.copytree(run.path, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    model = networks.build("wbc23", input_size=(64, 64), classes=3, embedding="none")
    Run(folder).repeats()[0].write_network(model)
    for command in ("extract", "classify"):
        done = call(command, folder.path)
        assert done.exit_code == 0, done.output
    found = explain(Run(folder).config(), folder, new[:1], quiet())
    (picture,) = found.pictures
    assert [each.role for each in picture.maps] == ["named", "runner-up"]
    assert (found.units, picture.neighbours, found.training) == ([], [], {})
    assert [said.classifier for said in picture.said] == ["CNN softmax"]
    (note,) = found.notes
    assert "no embedding layer: the classes alone are explained" in note
    told = call("explain", folder.path, new[0], "--page", tmp_path / "page.html")
    assert told.exit_code == 0, told.output
    assert 'id="units"' not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_run_without_a_network_is_refused(run, new):
    config = Run(run).config()
    classifiers = config.classifiers.model_copy(update={"features": "shape"})
    with pytest.raises(InputError, match=r"classifiers\.features: shape trains no network"):
        explain(config.model_copy(update={"classifiers": classifiers}), run, new, quiet())


def test_a_run_that_is_not_classified_is_refused(run, new, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "seed-0" / "predictions.csv").unlink()
    done = call("explain", tmp_path / "run", new[0])
    assert done.exit_code == 2 and "nothing is classified yet" in done.output
