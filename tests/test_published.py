"""The tables of results are what the published files say; those follow from the predictions."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from hybrid_wbc.config import systems

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "artifacts" / "published"

spec = importlib.util.spec_from_file_location("tables", PUBLISHED / "tables.py")
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)

RUNS = [entry["run"] for entry in json.loads((PUBLISHED / "runs.json").read_text())]


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_that_the_published_files_make(page):
    text = page.read_text()
    assert text.count("<!-- results: ") == len(tables._MARKED.findall(text)) >= 1
    assert tables.rewrite(text) == text, "run `make results`"


def test_every_table_stands_in_the_results_of_the_site():
    marked = re.findall(r"<!-- results: (.+?) -->", (ROOT / "docs" / "results.md").read_text())
    assert sorted(marked) == sorted(tables.TABLES)


def test_a_changed_figure_in_the_readme_is_noticed():
    readme = (ROOT / "README.md").read_text()
    figure = re.search(r"<!-- results: runs -->.*?(0\.\d{3} \()", readme, re.DOTALL)
    changed = readme[: figure.start(1)] + "0.123 (" + readme[figure.end(1) :]
    assert tables.rewrite(changed) == readme != changed


def test_a_mark_that_names_no_table_is_an_error():
    with pytest.raises(KeyError, match="wishes"):
        tables.rewrite("<!-- results: wishes -->\n<!-- end -->\n")


@pytest.mark.parametrize("run", RUNS)
def test_published_accuracies_follow_from_the_published_predictions(run):
    metrics = json.loads((PUBLISHED / run / "metrics.json").read_text())
    right = defaultdict(list)
    for name in metrics["repeats"]:
        for row in predictions(PUBLISHED / run, name):
            for key in metrics["classifiers"]:
                right[key, name].append(row[key] == row["label"])
    for key, scores in metrics["classifiers"].items():
        raw = [np.mean(right[key, name]) for name in metrics["repeats"]]
        assert scores["accuracy"]["raw"] == pytest.approx(raw)


def predictions(folder: Path, repeat: str) -> list[dict[str, str]]:
    """Give a repeat's answers on its test side, from its own table or that of all folds."""
    pooled = folder / "out_of_fold.csv"
    with (pooled if pooled.exists() else folder / repeat / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    if pooled.exists():
        return [row for row in rows if f"seed-{row['seed']}-fold-{row['fold']}" == repeat]
    return [row for row in rows if row["split"] == "test"]


def reproduction(**changes) -> dict:
    """Give a reproduction as an earlier version kept it: no format, no deductions."""
    counts = {"test_cells": 100, "shared_test_cells": 0, "shared_sources": 0}
    evidence = {"files": 100, "cells": 100, "sources": 71, "effective_sources": 31.5}
    run = {
        "folder": "00000-s9-by-source", "data": "cells", "repeats": 1, "epochs": 5,
        "evidence": {"test": evidence}, "overlap": counts | {"repeats": [counts]}, "notes": [],
    }  # fmt: skip
    told = {
        "system": "s9", "title": "A title", "citation": "An author", "about": "a network",
        "data": {"name": "lisc", "says": "LISC"}, "synthetic": False, "other_data": False,
        "changed": {"by source": []}, "runs": {"by source": run}, "rows": [], "contradictions": [],
    }  # fmt: skip
    return told | changes


def test_reproductions_show_the_accuracies_over_all_classes_in_three_columns(tmp_path):
    score = {"mean": 0.97, "low": 0.96, "high": 0.98, "raw": [0.97]}
    both = {"as published": score, "by source": score, "difference": None}
    row = {"metric": "accuracy", "class": None, "classifier": "cnn", "scored_on": "test"} | both
    said = {"words": "98.3%", "basis": "stated", "place": "Table I"}
    stated = {"lowest": 0.983, "highest": 0.983, "epochs": None} | said
    rows = [
        row | {"paper": stated},
        row | {"paper": stated, "class": "monocyte"},
        row | {"paper": stated | {"epochs": 3}, "as published": None, "by source": None},
        row | {"paper": stated | {"lowest": 0.9, "highest": 1.0}, "classifier": "knn"},
        row | {"paper": None, "scored_on": "all"},
        row | {"paper": stated, "metric": "loss"},
    ]
    (tmp_path / "reproductions").mkdir()
    result = reproduction(synthetic=True, rows=rows)
    (tmp_path / "reproductions" / "s9.json").write_text(json.dumps(result))
    written = tables.rewrite("<!-- results: reproductions -->\nold\n<!-- end -->\n", tmp_path)
    ours = "0.970 (0.960–0.980) | 0.970 (0.960–0.980)"
    assert written.splitlines()[-4:-2] == [
        f"| SYNTHETIC `s9` | measured | cells | 71 | accuracy | 0.983 | {ours} |",
        f"| SYNTHETIC `s9` | measured | cells | 71 | accuracy, KNN | 0.9–1 | {ours} |",
    ]


def accuracy(protocol: str) -> dict:
    """Give an accuracy under one protocol, which the paper does not have."""
    score = {"mean": 0.97, "low": 0.96, "high": 0.98, "raw": [0.97]}
    row = {"metric": "accuracy", "class": None, "classifier": "cnn", "scored_on": "test"}
    ours = dict.fromkeys(tables.PROTOCOLS) | {protocol: score}
    return row | ours | {"paper": None, "difference": None}


def test_a_shortened_system_says_beside_its_figure_what_was_cut(tmp_path):
    (tmp_path / "reproductions").mkdir()
    cuts = [
        {"of": "epochs", "here": 4, "recipe": 150},
        {"of": "images", "here": 400, "recipe": 17092},
        {"of": "weights", "here": "none", "recipe": "imagenet"},
    ]
    both = dict.fromkeys(tables.PROTOCOLS, reproduction()["runs"]["by source"])
    rows = [accuracy("by source")]
    for system, changes in (
        ("s4-cnn", {"cuts": {"by source": cuts}}),
        ("s3-sequential", {"runs": both, "cuts": {"as published": cuts[:1], "by source": []}}),
        ("s0-wbc23", {"runs": both}),
    ):
        result = reproduction(system=system, rows=rows, **changes)
        (tmp_path / "reproductions" / f"{system}.json").write_text(json.dumps(result))
    said = {row[0]: row[1] for row in tables.reproductions(tmp_path)[1:]}
    told = "4 of 150 epochs, 400 of 17,092 images, weights drawn by the seed, not imagenet"
    assert said["`s4-cnn`"] == f"measured shortened: {told}"
    told = "as published 4 of 150 epochs; by source in full"
    assert said["`s3-sequential`"] == f"measured shortened: {told}"
    assert said["`s0-wbc23`"] == "measured"
    assert said["`s2-vgg19`"] == "runs, not measured"
    commands = {row[0]: row[1] for row in tables.commands(tmp_path)[1:]}
    assert set(commands) == set(said) - {"`s0-wbc23`"}
    assert commands["`s2-vgg19`"] == "`hybrid-wbc reproduce s2-vgg19 --data pbc`"
    assert commands["`s3-sequential`"].endswith("kaggle-blood-cells --protocol as-published`")


def test_every_published_system_has_a_row_that_says_whether_it_was_measured():
    _, *rows = tables.reproductions(PUBLISHED)
    assert {row[0].split("`")[1] for row in rows} == set(systems.names())
    assert len(systems.names()) == 17
    for row in rows:
        assert row[1].split(":")[0] in ("measured", "measured shortened", "runs, not measured")
        assert any(re.match(r"\d", ours) for ours in row[-2:]) != (row[1] == "runs, not measured")


def test_deductions_show_each_other_value_and_its_distance(tmp_path):
    (tmp_path / "reproductions").mkdir()
    score = {"mean": 0.9, "low": 0.8, "high": 0.95, "raw": [0.9]}
    apart = {"mean": -0.05, "low": -0.1, "high": 0.0}
    reached = {"score": score, "recipe": score | {"mean": 0.95}, "difference": apart}
    tried = {"key": "network.width", "value": 1.0, "instead": 0.5, "reason": "not stated"}
    said = tried | {"failed": None, "folder": "00002-s9-width-0.5", "repeats": 3, "at_chance": 0}
    metrics = (("accuracy", "cnn"), ("accuracy", "knn"), ("element-wise accuracy", "cnn"))
    each = said | {"scores": [{"metric": m, "classifier": key} | reached for m, key in metrics]}
    failed = tried | {"failed": "too wide", "scores": []}
    older = reproduction(system="s3")
    published = {"as published": older["runs"]["by source"]}
    newer = older | {"system": "s4", "runs": published, "deductions": [each, failed]}
    for result in (older, newer, newer | {"system": "s5", "synthetic": True}):
        path = tmp_path / "reproductions" / f"{result['system']}.json"
        path.write_text(json.dumps(result))
    _, *rows = tables.deductions(tmp_path)
    found = ["3", "0.950", "0.900", "-0.050 (-0.100 to +0.000)"]
    assert rows == [
        [f"{drawn}`{system}`, as published", "network.width", "1.0", "0.5", figure, *found]
        for drawn, system in (("", "s4"), ("SYNTHETIC ", "s5"))
        for figure in ("accuracy", "accuracy, KNN")
    ]
