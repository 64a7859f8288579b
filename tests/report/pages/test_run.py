"""Owns the tests of the page: its numbers say where they come from, and nothing needs a network."""

from __future__ import annotations

import base64
import copy
import functools
import html as entities
import io
import itertools
import re
import runpy
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pytest
from PIL import Image

from hybrid_wbc.report.figures.style import SYNTHETIC_TEXT
from hybrid_wbc.report.pages.numbers import format_number
from hybrid_wbc.report.pages.run import SECTIONS, render

# The tests are no package: what several files need is read by its path.
_shared = runpy.run_path(str(Path(__file__).parents[1] / "page_input.py"))
a_run, picture, read, text_of = (_shared[name] for name in ("a_run", "picture", "read", "text_of"))
FIGURES = {
    name: picture()
    for name in (
        "embedding_scatter",
        "pair_plot",
        "confusion_matrices",
        "classifier_comparison",
        "learning_curves",
        "feature_by_class",
        "feature_subsets",
        "augmentation_sheet",
        "prediction_sheet",
        "roc_curves",
        "precision_recall_curves",
        "calibration_curves",
        "stress_damage",
        "stress_few_cells",
        "stress_certainty",
    )
}


def at(run: dict[str, Any], source: str) -> Any:
    """Look up what a data-number names."""
    file, _, path = source.partition(":")
    steps = [int(step) if step.isdigit() else step for step in path.split(".") if path]
    return functools.reduce(lambda value, step: value[step], steps, run[file])


def numbers(html: str) -> list[tuple[str, str, str]]:
    found = re.findall(r'data-number="([^"]+)" data-kind="(\w+)">([^<]*)<', html)
    return [(source, kind, entities.unescape(text)) for source, kind, text in found]


def test_each_number_is_what_the_run_holds_where_it_says() -> None:
    run = a_run()
    found = numbers(render(run, {}))
    for source, kind, text in found:
        values = [at(run, part) for part in source.split(" + ")]
        assert text == format_number(None if None in values else sum(values), kind), source
    named = {source for source, _, _ in found}
    assert {
        "metrics:classifiers.knn.accuracy.mean",
        "metrics:classifiers.vote.kappa.raw.1",
        "metrics:classifiers.cnn.per_class.monocyte.f1.low",
        "metrics:classifiers.svm.confusion.1.0",
        "metrics:classifiers.vote.probability.log_loss.high",
        "metrics:classifiers.svm.probability.per_class.monocyte.roc_auc.mean",
        "metrics:comparison.pairs.3.p_holm",
        "metrics:evidence.test.effective_sources",
        "ablation:classifiers.forest.subsets.30.accuracy.high",
        "ablation:classifiers.svm.shapley.recall.monocyte.4.mean",
        "ablation:classifiers.knn.permutation.0.mean",
        "ablation:classifiers.knn.best.2.accuracy.mean",
        "health:repeats.1.features.2.drift",
        "mistakes:0.neighbours.1.distance",
        "paper:rows.0.ours.mean",
        "leakage:copies_dropped",
        "stress:home.classifiers.svm.macro_recall.low",
        "stress:shift.1.classifiers.vote.per_class.monocyte.recall.mean",
        "stress:few_cells.1.classifiers.forest.balanced_accuracy.high",
        "stress:unknown.0.nearest.mean",
        "stress:damage.kinds.blur.telling.knn",
        "stress:shift.0.certainty.cnn.answered.4.accuracy.mean",
        "n_mistakes:",
        "n_suspects:",
        " + ".join(f"ablation:classifiers.svm.shapley.accuracy.{i}.mean" for i in range(5)),
    } <= named


def test_no_score_stands_on_the_page_without_its_source() -> None:
    html = re.sub(r"(?s)<(style|script).*?</\1>", "", render(a_run(), {}))
    bare = re.sub(r'<span data-number="[^"]+" data-kind="\w+">[^<]*</span>', "", html)
    assert not re.search(r"\d\.\d{2,3}\b", re.sub(r"<[^>]+>", " ", bare).replace("+0.12", ""))


def test_page_puts_the_sections_in_reading_order_and_its_contents_lead_to_each() -> None:
    outline = read(render(a_run(), FIGURES))
    assert outline.titles == ["00007-lisc", "In short", *SECTIONS.values()]
    links = [address[1:] for address in outline.addresses if address.startswith("#")]
    assert links[1 : len(SECTIONS) + 1] == list(SECTIONS)
    assert set(links) <= set(outline.ids) and len(outline.ids) == len(set(outline.ids))


def test_headings_never_skip_a_level() -> None:
    levels = read(render(a_run(), FIGURES)).levels
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_picture_says_what_it_shows() -> None:
    alternatives = read(render(a_run(), FIGURES)).alternatives
    assert len(alternatives) == len(FIGURES) + 5
    assert all(alternatives) and len(set(alternatives)) == len(alternatives)


def test_page_says_synthetic_only_of_drawn_cells_and_always_research_use() -> None:
    real = render(a_run(), FIGURES)
    drawn = render({**a_run(), "synthetic": True}, FIGURES)
    assert "SYNTHETIC" not in text_of(real)
    # In the banner and under each figure; the title has its own wording.
    assert text_of(drawn).count(SYNTHETIC_TEXT) == 1 + len(FIGURES)
    assert "<title>SYNTHETIC: 00007-lisc</title>" in drawn
    for html in (real, drawn):
        assert "Research use only, not a medical device." in text_of(html)


def test_page_says_what_was_run_how_to_run_it_again_and_that_it_is_private() -> None:
    run = a_run()
    assert "Not to be passed on" not in text_of(render(run, {}))
    run["private"] = "LISC's terms keep its cells with those who fetch them."
    text = text_of(render(run, {}))
    assert run["sentence"] in text and run["command"] in text and run["private"] in text


def test_page_is_one_file_that_asks_for_nothing() -> None:
    html = render(a_run(), FIGURES)
    outline = read(html)
    assert all(re.match("data:image/webp;base64,|#", each) for each in outline.addresses)
    assert not outline.tags & {"link", "iframe", "object", "embed"}
    assert not re.search(r"https?://|url\(|@import", html)
    assert "default-src 'none'" in html


def test_charts_lose_nothing_and_photographs_little_on_the_way_into_the_page() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize((160, 120), Image.Resampling.BICUBIC).save(file, "PNG")
    before = np.asarray(Image.open(file))
    html = render(a_run(), {"pair_plot": file.getvalue(), "prediction_sheet": file.getvalue()})
    embedded = re.findall(r'base64,([^"]+)" width="160" height="120"', html)
    chart, photograph = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), float)
        for data in embedded
    )
    assert np.array_equal(chart, before)
    assert 0 < np.abs(photograph - before).mean() < 12


def test_page_escapes_what_it_is_given() -> None:
    run = a_run(classes=("<b>", "monocyte"), repeats=("<u>", "seed-1"))
    run |= {"name": "<i>run</i>", "sentence": "<q>", "command": "<s>", "private": "<em>"}
    run["metrics"]["notes"] = ["<b>alert(1)</b>"]
    run["settings"] = {"<u>": "<u>"}
    run["provenance"] = {"argv": ["<s>"]}
    run["dropped"] = [{"id": "<em>", "reason": "<q>"}]
    run["mistakes"][0] |= {"id": '"><b>', "true": "<b>"}
    run["scatter"]["cells"]["ids"][0] = "</script><b>"
    assert not read(render(run, FIGURES)).tags & {"b", "i", "u", "s", "em", "q"}


@pytest.mark.parametrize("synthetic", [True, False])
def test_page_of_the_least_that_a_run_can_have(synthetic: bool) -> None:
    run = a_run(keys=("knn",), repeats=("seed-0",))
    run |= {"ablation": None, "health": None, "paper": None, "scatter": None, "stress": None}
    run |= {"mistakes": [], "n_mistakes": 0, "suspects": [], "n_suspects": 0}
    run["synthetic"] = synthetic
    run["metrics"]["notes"] = []
    html = render(run, {})
    outline = read(html)
    assert {"Paper against ours", "The embedding", "Learning curves"} & set(outline.titles) == set()
    assert "img" not in outline.tags
    text = text_of(html)
    assert "hybrid-wbc ablate" in text
    assert "was not examined" in text
    assert "No classifier got any test cell of seed-0 wrong." in text
    assert "there is no pair to compare" in text
    assert "Nothing was dropped." in text


def test_page_leaves_out_an_interval_and_dashes_a_number_that_do_not_exist() -> None:
    run = a_run(repeats=("seed-0",))
    nothing = {"mean": None, "low": None, "high": None, "raw": [None]}
    run["metrics"]["classifiers"]["knn"]["kappa"] = nothing
    run["metrics"]["comparison"]["pairs"][0] |= {"odds_ratio": None, "cohens_g": None}
    found = {source: text for source, _, text in numbers(render(run, {}))}
    assert found["metrics:classifiers.knn.kappa.mean"] == "–"
    assert "metrics:classifiers.knn.kappa.low" not in found
    assert found["metrics:comparison.pairs.0.odds_ratio"] == "–"
    assert found["health:repeats.0.all.drift"] == "–"


def test_page_says_how_far_sources_are_known_and_warns_of_shared_ones() -> None:
    run = a_run()
    assert "0 sources lie on more than one side: every file" in text_of(render(run, {}))
    run["leakage"]["sources_found"] = True
    found = text_of(render(run, {}))
    assert "found from the pictures, and are kept together" in found
    assert "patients cannot be, so the intervals may be too narrow" in found
    run["leakage"] |= {"sources_known": False, "sources_found": False}
    unknown = text_of(render(run, {}))
    assert "as far as can be known" in unknown and "intervals may be too narrow" in unknown
    run["leakage"]["shared_sources"] = 3
    shared = text_of(render(run, {}))
    assert "3 sources lie on more than one side." in shared
    assert "these numbers are too good" in shared


def test_page_of_an_as_published_split_says_so_first() -> None:
    run = a_run()
    assert "AS PUBLISHED" not in render(run, {})
    run["metrics"]["protocol"] = "as published"
    run["metrics"]["overlap"]["shared_test_cells"] = 2391
    page = render(run, {})
    assert "<title>AS PUBLISHED: 00007-lisc</title>" in page
    said = "AS PUBLISHED: 2,391 of 2,487 test cells over the 2 repeats show a photograph"
    assert text_of(page).index(said) < text_of(page).index("In short")
    run["metrics"]["overlap"]["shared_test_cells"] = 0
    assert "0 of 2,487 test cells" in text_of(render(run, {}))
    assert "do not tell how" not in text_of(render(run, {}))


def test_page_says_what_was_asked_under_stress_and_where_nothing_was() -> None:
    run = a_run()
    text = text_of(render(run, {}))
    assert "QUICK: fewer repeats, draws, steps and cells" in text
    assert "The network itself was trained on all training cells" in text
    assert "The network has seen the class" in text
    # Two sets that are named alike are told apart.
    assert "bcisc : 1,234 cells of 56 sources" in text and "bcisc 2 : 1,234 cells" in text
    assert "not by 2" in text
    run["stress"] |= {"shift": [], "few_cells": [], "unknown": [], "damage": None, "notes": []}
    text = text_of(render(run, {}))
    assert "No other set was named" in text
    assert "Few cells" not in text and "five points" not in text


def test_page_tells_health_warnings_and_in_which_repeats() -> None:
    run = a_run()
    assert "feature 2 is constant: train longer (every repeat)" in text_of(render(run, {}))
    run["health"]["warnings"][0]["repeats"] = ["seed-1"]
    assert "feature 2 is constant: train longer (seed-1)" in text_of(render(run, {}))
    run["health"]["warnings"] = []
    text = text_of(render(run, {}))
    assert "health gives no warning" in text and "No warning: no feature is constant" in text


def test_mistakes_show_who_was_wrong_and_where_the_neighbours_lie() -> None:
    run = a_run()
    html = render(run, {})
    text = text_of(html)
    assert "1,234 of the test cells of seed-0 wrong. Here are 1 of them" in text
    assert "basophil taken for monocyte" in text
    assert "KNN ✗ wrong: monocyte cubic SVM basophil" in text
    distance = format_number(run["mistakes"][0]["neighbours"][1]["distance"], "decimal")
    assert f"monocyte at {distance}" in text
    run["mistakes"][0]["image"] = None
    assert len(read(render(run, {})).alternatives) == len(read(html).alternatives) - 1


def test_drops_are_counted_by_kind_and_the_first_few_are_shown() -> None:
    run = a_run()
    run["dropped"] = [
        {
            "id": f"cell-{index}",
            "reason": f"byte-identical copy of cell-{index + 1}" if index % 4 else "unreadable: x",
        }
        for index in range(4000)
    ]
    text = text_of(render(run, {}))
    assert "byte-identical copy 3,000 unreadable 1,000" in text
    assert "The first 10 of 4,000" in text
    assert "cell-9 byte" in text and "cell-10 byte" not in text


def test_page_names_settings_by_their_dotted_path() -> None:
    text = text_of(render(a_run(), {}))
    assert "training.optimizer.name adam" in text
    assert "seeds [0, 1]" in text and "dirty false" in text


def test_page_is_the_same_each_time_and_leaves_the_run_as_it_was() -> None:
    run = a_run()
    before = copy.deepcopy(run)
    assert render(run, FIGURES) == render(run, FIGURES)
    assert run == before


def test_page_refuses_a_run_without_its_numbers() -> None:
    run = a_run()
    del run["metrics"]["classifiers"]["svm"]["kappa"]
    with pytest.raises((KeyError, jinja2.UndefinedError), match="kappa"):
        render(run, {})


def test_a_run_of_an_earlier_version_has_no_section_of_probabilities() -> None:
    run = a_run()
    for scores in run["metrics"]["classifiers"].values():
        del scores["probability"]
    outline = read(render(run, {}))
    assert "Probabilities" not in outline.titles and "Confusion" in outline.titles


def test_suspected_labels_are_shown_with_their_reason_and_what_to_do() -> None:
    text = text_of(render(a_run(), {}))
    assert "labelled basophil; 9 of 10 predictions say monocyte" in text
    assert "Here are the 1 most suspected" in text and "--labels corrections.csv" in text
    run = a_run()
    run["suspects"], run["n_suspects"] = [], 0
    assert "No test cell is called otherwise" in text_of(render(run, {}))
