"""Every number on a run's page follows from its predictions, probabilities and embeddings alone."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from io import StringIO
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from sklearn import metrics as theirs

from hybrid_wbc.classical.classifiers import build
from hybrid_wbc.classical.embeddings import Embeddings
from hybrid_wbc.config import load, systems
from hybrid_wbc.evaluation.shapley import subsets
from hybrid_wbc.files import read_table
from hybrid_wbc.progress import Reporter
from hybrid_wbc.report.pages import mistakes
from hybrid_wbc.report.pages.numbers import format_number
from hybrid_wbc.report.words.paper import Reported, against_paper
from hybrid_wbc.runs.folder import CONFIG, MANIFEST, PROVENANCE, RunFolder
from hybrid_wbc.runs.results import Run, suspected
from hybrid_wbc.stages import run

THEIR_SCORES = {
    "accuracy": theirs.accuracy_score,
    "balanced_accuracy": theirs.balanced_accuracy_score,
    "macro_precision": lambda t, p: theirs.precision_score(t, p, average="macro", zero_division=0),
    "macro_recall": lambda t, p: theirs.recall_score(t, p, average="macro"),
    "macro_f1": lambda t, p: theirs.f1_score(t, p, average="macro"),
    "kappa": theirs.cohen_kappa_score,
}
SEEDS = (0, 1)


class Results(HTMLParser):
    """Collects the marked numbers of a page, and the text of its results outside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: list[tuple[str, str, str]] = []
        self.unmarked: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img", "link", "br", "hr", "input"}:
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or not data.strip():
            return
        _, attributes = self._open[-1]
        if attributes.get("data-number"):
            source, kind = attributes["data-number"], attributes["data-kind"]
            self.marked.append((source or "", kind or "", data))
            return
        tags = {tag for tag, _ in self._open}
        of_no_result = {"settings", "provenance", "data"}
        sections = {attributes.get("id") for _, attributes in self._open}
        if not tags & {"style", "script", "title"} and not sections & of_no_result:
            self.unmarked.append(data)


def finish(folder: RunFolder) -> RunFolder:
    run.report(load.load(folder.path / CONFIG), folder, Reporter(Console(file=StringIO())))
    return folder


@pytest.fixture(scope="module")
def reported(tmp_path_factory, make_run):
    return finish(make_run(tmp_path_factory.mktemp("runs") / "00000-drawn", seeds=SEEDS, copies=3))


@pytest.fixture(scope="module")
def results(reported):
    parser = Results()
    parser.feed((reported.path / "report.html").read_text())
    return parser


@pytest.fixture(scope="module")
def recomputed(reported, tmp_path_factory, without_figures) -> dict[str, Any]:
    """What the three files of each repeat say, in a folder that holds no other result."""
    bare = RunFolder(tmp_path_factory.mktemp("bare") / "00000-drawn")
    bare.path.mkdir()
    for name in (CONFIG, MANIFEST, PROVENANCE):
        shutil.copy(reported.path / name, bare.path)
    for place in reported.repeats():
        for name in ("predictions.csv", "probabilities.csv", "embeddings.npz", "history.csv"):
            bare.repeat(place.name)
            shutil.copy(place / name, bare.path / place.name)
    with without_figures():
        finish(bare)
    found = {name: getattr(Run(bare), name)() for name in ("metrics", "ablation", "health")}
    place = bare.path / f"seed-{SEEDS[0]}"
    e, rows = Embeddings.load(place / "embeddings.npz"), read_table(place / "predictions.csv")
    answers = {key: [row[key] for row in rows] for key in found["metrics"]["classifiers"]}
    found["mistakes"], found["n_mistakes"] = mistakes.nearest(
        e.X, e.y, e.split, e.ids, e.classes, answers, None
    )
    found["n_suspects"] = len(
        suspected([Run(bare).repeat(name) for name in found["metrics"]["repeats"]])
    )
    figures = [
        Reported(figure.classifier, figure.words, *figure.span, figure.place)
        for figure in systems.load("s0-wbc23").figures
    ]
    found["paper"] = against_paper(
        found["metrics"]["classifiers"], figures, layout="folder", synthetic=True, epochs=50
    )
    return found


def value_at(values: dict[str, Any], source: str) -> float | None:
    """Follow a number's path, or add up those of a sum."""
    found = []
    for path in source.split(" + "):
        name, _, keys = path.partition(":")
        value: Any = values[name]
        for key in keys.split(".") if keys else ():
            value = value[int(key)] if isinstance(value, list) else value[key]
        found.append(value)
    return None if None in found else sum(found)


def test_every_number_on_the_page_is_what_the_files_give(results, recomputed, reported):
    checked = 0
    for source, kind, text in results.marked:
        if source.startswith("leakage:"):  # counted from the manifest, not from the files
            continue
        assert text == format_number(value_at(recomputed, source), kind), source
        checked += 1
    assert checked > 1000


def test_no_result_on_the_page_is_without_its_source(results):
    # Three decimals are the page's way of writing a result; thresholds and levels have fewer.
    assert not [text for text in results.unmarked if re.search(r"\d\.\d{3}|p [=<]", text)]


def side_that_was_tested(folder: RunFolder, seed: int) -> tuple[Embeddings, list[dict[str, str]]]:
    place = folder.path / f"seed-{seed}"
    rows = [row for row in read_table(place / "predictions.csv") if row["split"] == "test"]
    return Embeddings.load(place / "embeddings.npz"), rows


def test_scores_are_those_that_scikit_learn_computes(recomputed, reported):
    for key, scores in recomputed["metrics"]["classifiers"].items():
        of_seeds = []
        for seed in SEEDS:
            _, rows = side_that_was_tested(reported, seed)
            of_seeds.append(([row["label"] for row in rows], [row[key] for row in rows]))
        for name, score in THEIR_SCORES.items():
            expected = [score(true, said) for true, said in of_seeds]
            assert scores[name]["raw"] == pytest.approx(expected)
            assert scores[name]["mean"] == pytest.approx(np.mean(expected))
        classes = recomputed["metrics"]["classes"]
        confusion = sum(theirs.confusion_matrix(*pair, labels=classes) for pair in of_seeds)
        assert scores["confusion"] == confusion.tolist()
        recalls = np.mean(
            [theirs.recall_score(*pair, labels=classes, average=None) for pair in of_seeds], axis=0
        )
        for name, recall in zip(classes, recalls, strict=True):
            assert scores["per_class"][name]["recall"]["mean"] == pytest.approx(recall)


def test_scores_of_probabilities_are_those_that_scikit_learn_computes(recomputed, reported):
    classes = recomputed["metrics"]["classes"]
    for key, scores in recomputed["metrics"]["classifiers"].items():
        expected = {"roc_auc": [], "log_loss": []}
        for seed in SEEDS:
            rows = read_table(reported.path / f"seed-{seed}" / "probabilities.csv")
            given = {row["id"]: row for row in rows if row["classifier"] == key}
            tested = side_that_was_tested(reported, seed)[1]
            true = [row["label"] for row in tested]
            p = np.array(
                [
                    [float(given[row["id"]][f"probability {name}"]) for name in classes]
                    for row in tested
                ]
            )
            p /= p.sum(axis=1, keepdims=True)  # of rounding
            areas = theirs.roc_auc_score(true, p, multi_class="ovr", labels=classes)
            expected["roc_auc"].append(areas)
            expected["log_loss"].append(theirs.log_loss(true, p, labels=classes))
        for name, values in expected.items():
            assert scores["probability"][name]["raw"] == pytest.approx(values, rel=1e-4)


def test_feature_values_are_those_of_refits_in_every_order(recomputed, reported):
    gained = np.zeros((len(SEEDS), 5))
    for row, seed in zip(gained, SEEDS, strict=True):
        embeddings, _ = side_that_was_tested(reported, seed)
        (X, y), (test_X, test_y) = embeddings.side("train"), embeddings.side("test")
        shares = np.bincount(y) / len(y)
        worth = {(): shares[test_y].mean()}
        for columns in subsets(5):
            svm = build(seed=seed)["svm"].fit(X[:, columns], y)
            worth[columns] = svm.score(test_X[:, columns], test_y)
        for order in permutations(range(5)):
            for place, feature in enumerate(order):
                before, after = order[:place], order[: place + 1]
                row[feature] += worth[tuple(sorted(after))] - worth[tuple(sorted(before))]
    gained /= 120
    values = recomputed["ablation"]["classifiers"]["svm"]["shapley"]["accuracy"]
    for feature, value in enumerate(values):
        assert value["raw"] == pytest.approx(gained[:, feature], abs=1e-9)
        assert value["mean"] == pytest.approx(gained[:, feature].mean(), abs=1e-9)


def test_counts_of_the_paired_tests_come_from_one_prediction_a_source(recomputed, reported):
    sources = set()
    for seed in SEEDS:
        embeddings, _ = side_that_was_tested(reported, seed)
        sources |= set(embeddings.sources[embeddings.split == "test"].tolist())
    comparison = recomputed["metrics"]["comparison"]
    assert comparison["n_sources"] == len(sources) and comparison["drawn"]
    for pair in comparison["pairs"]:
        counts = [pair[name] for name in ("both", "only_first", "only_second", "neither")]
        assert sum(counts) == len(sources)
        apart = pair["only_first"] + pair["only_second"]
        assert (pair["p"] == 1) or apart > 0
