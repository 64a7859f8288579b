"""The one reader of a run: what is written is read back, and nobody else opens its files."""

from __future__ import annotations

import ast
import json
import runpy
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

import hybrid_wbc
from hybrid_wbc.cli.main import main
from hybrid_wbc.cli.views.run import show_ablation, show_results
from hybrid_wbc.config import load
from hybrid_wbc.errors import InputError
from hybrid_wbc.progress import Reporter
from hybrid_wbc.runs import folder as names
from hybrid_wbc.runs import results
from hybrid_wbc.runs.folder import RunFolder
from hybrid_wbc.runs.formats import FORMATS
from hybrid_wbc.runs.results import Run
from hybrid_wbc.stages import run as stages

pytestmark = pytest.mark.usefixtures("undrawn")

PACKAGE = Path(hybrid_wbc.__file__).parent
# The tests are no package: what several files need is read by its path.
PAGE_INPUT = runpy.run_path(str(Path(__file__).parents[1] / "report" / "page_input.py"))


def quiet() -> Reporter:
    return Reporter(Console(file=StringIO()))


@pytest.fixture(scope="module")
def scored(tmp_path_factory, make_run) -> Run:
    return Run(make_run(tmp_path_factory.mktemp("runs") / "00000-drawn", seeds=(0, 3), copies=2))


@pytest.fixture
def copied(tmp_path, scored) -> Run:
    shutil.copytree(scored.folder.path, tmp_path / "00000-drawn")
    return Run(RunFolder.open(tmp_path / "00000-drawn"))


def test_a_run_gives_its_settings_facts_scores_and_repeats(scored):
    config = scored.config()
    assert config.evaluation.seeds == 2 and scored.is_of(config)
    assert not scored.is_of(config.model_copy(update={"seed": 9}))
    assert scored.provenance()["data"]["layout"] == "folder"
    assert scored.metrics()["repeats"] == ["seed-0", "seed-3"]
    assert [(repeat.name, repeat.seed) for repeat in scored.repeats()] == [
        ("seed-0", 0),
        ("seed-3", 3),
    ]
    assert {row["id"] for row in scored.manifest()} == set(scored.repeats()[0].embeddings().ids)


def test_a_repeat_gives_its_embeddings_history_predictions_and_classifiers(scored):
    repeat = scored.repeat("seed-3")
    assert repeat.is_extracted and repeat.is_classified
    assert repeat.history() == {"loss": [1.0, 0.5], "accuracy": [0.5, 0.9]}
    embeddings, table = repeat.embeddings(), repeat.predictions()
    fitted = repeat.classifiers()
    assert list(fitted) == ["knn", "svm", "forest", "vote"]
    for key, classifier in fitted.items():
        said = embeddings.classes[classifier.predict(embeddings.X)]
        assert said.tolist() == table.said[key].tolist()
    assert [member.name for member in repeat.members(2)] == ["member-0", "member-1"]
    assert not repeat.is_trained


def test_naming_a_repeat_makes_no_folder_and_beginning_it_does(copied):
    assert not copied.repeat("seed-9").is_extracted
    assert not copied.repeat("seed-9").path.exists()
    assert copied.begin_repeat("seed-9").path.is_dir()


def test_the_ensembles_softmax_is_read_as_written(copied):
    repeat = copied.repeat("seed-0")
    assert repeat.ensemble() is None
    softmax = np.random.default_rng(0).random((120, 3)).astype(np.float32)
    repeat.write_ensemble(softmax)
    assert np.array_equal(repeat.ensemble(), softmax)
    (repeat.path / "ensemble.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(InputError, match=r"ensemble\.npy: damaged; run the extract stage"):
        repeat.ensemble()


def test_predictions_of_classifiers_are_those_of_the_side_with_their_sources(scored):
    repeats = scored.repeats()
    given = [repeat.predictions() for repeat in repeats]
    embedded = [repeat.embeddings() for repeat in repeats]
    tested = results.of_classifiers(given, embedded)
    assert list(tested) == ["knn", "svm", "forest", "cnn", "vote"]
    softmax = results.of_softmax(embedded)
    for number, e in enumerate(embedded):
        on = e.split == "test"
        assert tested["knn"][number].true.tolist() == e.classes[e.y[on]].tolist()
        assert tested["knn"][number].sources.tolist() == e.sources[on].tolist()
        said = e.classes[softmax[number].probabilities.argmax(axis=1)]
        assert said.tolist() == tested["cnn"][number].predicted.tolist()
    trained = results.of_classifiers(given, embedded, ["train"])["knn"][0]
    assert len(trained.true) == (embedded[0].split == "train").sum()
    assert (trained.true == trained.predicted).all()  # its nearest neighbour is the cell itself


@pytest.fixture(scope="module")
def reported(tmp_path_factory, scored) -> Run:
    """A run that the version before there were formats scored, and this one reported."""
    path = tmp_path_factory.mktemp("earlier") / "00000-earlier"
    shutil.copytree(scored.folder.path, path)
    for file in path.rglob("*.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        assert content.pop("format") == 1
        file.write_text(json.dumps(content), encoding="utf-8")
    run = Run(RunFolder.open(path))
    assert run.metrics() == scored.metrics()
    assert list(run.repeat("seed-0").classifiers()) == ["knn", "svm", "forest", "vote"]
    stages.report(run.config(), run.folder, quiet())
    return run


def test_a_run_of_the_previous_version_is_reported_shown_and_compared(reported, scored, capsys):
    assert reported.folder.is_complete and reported.is_ablated and reported.is_examined
    show_results(reported.folder)
    show_ablation(reported.folder, "by source")
    assert "Shapley" in capsys.readouterr().out
    paths = [str(run.folder.path) for run in (reported, scored)]
    compared = CliRunner().invoke(main, ["compare", *paths])
    assert compared.exit_code == 0, compared.output
    # What is made again is of this version; what made the run stays as it was written.
    assert json.loads((reported.folder.path / "metrics.json").read_text())["format"] == 1
    assert "format" not in json.loads((reported.folder.path / "provenance.json").read_text())


def conforms(value: Any, schema: dict, whole: dict) -> bool:
    """Hold a value against as much of JSON Schema as the shipped ones use."""
    if "$ref" in schema:
        return conforms(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return any(conforms(value, each, whole) for each in schema["anyOf"])
    if "const" in schema:
        return value == schema["const"]
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    if schema["type"] in ("number", "integer"):
        number = int if schema["type"] == "integer" else (int, float)
        return isinstance(value, number) and not isinstance(value, bool)
    if not isinstance(value, kinds[schema["type"]]):
        return False
    if isinstance(value, list):
        return all(conforms(each, schema["items"], whole) for each in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        others = schema.get("additionalProperties")
        return set(schema.get("required", ())) <= set(value) and all(
            conforms(each, known[key], whole)
            if key in known
            else others is not None and conforms(each, others, whole)
            for key, each in value.items()
        )
    return True


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, scored) -> Run:
    """The same run, classified again with a search."""
    path = tmp_path_factory.mktemp("tuned") / "00000-drawn"
    shutil.copytree(scored.folder.path, path)
    config = load.load(path / "config.yaml", ["classifiers.tune=[knn]"])
    stages.classify(config, RunFolder.open(path), quiet())
    return Run(RunFolder.open(path))


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_what_a_run_writes_is_what_the_schema_says(reported, scored, tuned, each):
    made = {"provenance": scored, "classifiers": scored, "tuning": tuned}
    run = made.get(each.name, reported)
    # These three no run makes by itself.
    if each.name == "approaches":
        interval = {"mean": 0.9, "low": 0.8, "high": 0.95}
        score = {"balanced_accuracy": interval, "by_classifier": {"knn": interval}}
        run.repeats()[0].write_approaches(
            {"chosen": "new embedding", "reason": "the best on folds", "cells": 9, "folds": 3,
             "scores": {"new embedding": score}}
        )  # fmt: skip
    if each.name == "stress":
        run.write_stress(PAGE_INPUT["a_stress"](), [])
    if each.name == "attributes":
        run.write_attributes(PAGE_INPUT["a_run"]()["attributes"])
    path = next(run.folder.path.rglob(f"{each.name}.json"))
    schema, written = json.loads(each.schema()), json.loads(path.read_text(encoding="utf-8"))
    assert conforms(written, schema, schema)
    assert not conforms({**written, "format": 0}, schema, schema)
    assert not conforms({k: v for k, v in written.items() if k != "format"}, schema, schema)


@pytest.mark.parametrize(
    ("command", "name"), [("classify", "provenance.json"), ("compare", "metrics.json")]
)
def test_a_run_of_a_newer_version_is_refused_with_one_line(copied, scored, command, name):
    path = copied.folder.path / name
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    others = [str(scored.folder.path)] if command == "compare" else []
    given = [command, str(copied.folder.path.rename(copied.folder.path.with_name("00001-newer")))]
    refused = CliRunner().invoke(main, [*given, *others])
    assert refused.exit_code == 2
    assert isinstance(refused.exception, SystemExit)
    (line,) = refused.output.splitlines()
    assert f"{name}: of format 2, this version reads" in line


def test_a_damaged_list_of_classifiers_is_refused(copied):
    path = copied.folder.path / "seed-0" / "classifiers.json"
    path.write_text('{"format": 1, "knn": ["not", "a", "checksum"]}')
    with pytest.raises(InputError, match=r"classifiers\.json: knn: .* run `hybrid-wbc classify`"):
        copied.repeat("seed-0").classifiers()


def test_only_the_room_of_runs_names_a_runs_files():
    """Who cannot name a run's files cannot open them."""
    constants = {name for name in vars(names) if name.isupper()}
    # Some names are others' too: a config, an estimator's network, a manifest of a user's own set.
    shared = {names.CONFIG, names.NETWORK, names.MANIFEST, names.FIGURES}
    files = {getattr(names, name) for name in constants} - shared
    named = {}
    for module in PACKAGE.rglob("*.py"):
        if module.is_relative_to(PACKAGE / "runs"):
            continue
        nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
        imported = {
            alias.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.module == "hybrid_wbc.runs.folder"
            for alias in node.names
        }
        written = {
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        if found := (imported & constants) | (written & files):
            named[module.relative_to(PACKAGE).as_posix()] = found
    assert not named
