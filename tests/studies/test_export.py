"""One ONNX file says what the run says, and is not written where it would not."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner
from PIL import Image

from hybrid_wbc.cli.main import main
from hybrid_wbc.errors import InputError
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.results import Run
from hybrid_wbc.studies import asking, export

pytestmark = pytest.mark.usefixtures("undrawn")

CLASSES = ["basophil", "monocyte", "neutrophil"]


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(run_of_three_colours) -> Path:
    return run_of_three_colours


@pytest.fixture(scope="module")
def exported(run):
    """The file, and what the command says."""
    path = run.parent / "cells.onnx"
    done = call("export", run, "--onnx", path)
    assert done.exit_code == 0, done.output
    return path, done.output


def test_the_file_says_of_the_test_cells_what_the_run_has_kept(run, exported):
    path, said = exported
    repeat = Run(RunFolder(run)).repeats()[0]
    table = repeat.predictions().of_sides(["test"])
    images = np.stack(
        [np.asarray(Image.open(run.parent / "cells" / cell).resize((24, 24))) for cell in table.ids]
    )
    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    given = dict(zip(names, session.run(None, {"pixels": images}), strict=True))
    embeddings = repeat.embeddings()
    assert given["embedding"].shape == (len(table.ids), embeddings.X.shape[1])
    assert f"every class is the run's on {len(table.ids)} test cells" in said
    for key in ("knn", "svm", "forest", "lda", "vote"):
        assert given[f"class_{key}"].dtype == np.int64
    for key in ("cnn", "knn", "svm", "forest", "vote"):
        assert given[f"probabilities_{key}"].sum(axis=1) == pytest.approx(1, abs=1e-4)
    one = session.run(["class_knn"], {"pixels": images[:1]})[0]
    assert one.shape == (1,)


def test_the_file_names_its_classes_and_what_is_done_to_the_pixels(exported):
    session = onnxruntime.InferenceSession(exported[0])
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["classes"]) == CLASSES
    assert json.loads(said["preparation"])["size"] == 24
    assert "Not a medical device" in session.get_modelmeta().description


def test_a_file_that_answers_otherwise_is_refused_and_not_written(run, tmp_path, monkeypatch):
    say = asking.Asked.say

    def otherwise(self, images, progress=None):
        answers = say(self, images, progress=progress)
        other = {name: next(each for each in CLASSES if each != name) for name in CLASSES}
        svm = np.array([other[name] for name in answers.said["svm"]])
        return replace(answers, said={**answers.said, "svm": svm})

    monkeypatch.setattr(asking.Asked, "say", otherwise)
    done = call("export", run, "--onnx", tmp_path / "cells.onnx")
    assert done.exit_code == 2
    assert "cubic SVM of the file and of the run differ on" in done.output
    assert not (tmp_path / "cells.onnx").exists()


def test_without_the_runs_pictures_it_is_held_against_the_cells_that_come_along(
    run, tmp_path, monkeypatch
):
    def gone(*_):
        raise InputError("data.path: cells not found")

    monkeypatch.setattr(export, "samples_of", gone)
    done = call("export", run, "--onnx", tmp_path / "cells.onnx")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "every class is the run's on 225 cells of BCISC that come with the program" in said
    assert onnxruntime.InferenceSession(tmp_path / "cells.onnx").get_outputs()


def test_probabilities_that_drift_are_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_PROBABILITY", 0.0)
    done = call("export", run, "--onnx", tmp_path / "cells.onnx")
    assert done.exit_code == 2 and "nothing was written" in done.output
    assert not list(tmp_path.iterdir())


def test_a_classifier_that_cannot_be_converted_is_left_out_by_name(run, tmp_path, monkeypatch):
    to_onnx = export.of_classifier.to_onnx

    def not_lda(classifier, **named):
        if named["label"] == "class_lda":
            raise NotImplementedError("no converter for it")
        return to_onnx(classifier, **named)

    monkeypatch.setattr(export.of_classifier, "to_onnx", not_lda)
    done = call("export", run, "--onnx", tmp_path / "cells.onnx")
    assert done.exit_code == 0, done.output
    assert "left out: lda: no converter for it" in done.output


def test_without_the_extra_the_way_to_it_is_told(run, tmp_path, monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    done = call("export", run, "--onnx", tmp_path / "cells.onnx")
    assert done.exit_code == 2 and 'pip install "hybrid-wbc[onnx]"' in done.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("network.statistics", "makes an answer depend on the other pictures"),
        ("network.precision", "export a run with network.precision: float32"),
        ("classifiers.features", "which a graph cannot measure"),
    ],
)
def test_what_one_graph_cannot_say_is_refused(run, tmp_path, change, message):
    config = Run(RunFolder(run)).config()
    values = {"statistics": "target", "precision": "mixed bfloat16", "features": "both"}
    section, key = change.split(".")
    part = getattr(config, section).model_copy(update={key: values[key]})
    changed = config.model_copy(update={section: part})
    with pytest.raises(export.InputError, match=message):
        export.export(changed, RunFolder(run), tmp_path / "cells.onnx", export.Reporter())
